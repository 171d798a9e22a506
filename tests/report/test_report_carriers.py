"""Which variable carries the fall: by the runs of a made-up table with a known answer."""

from types import SimpleNamespace

import numpy as np
import pytest

from gossamer.errors import AnalysisError
from gossamer.report.carriers import KEPT, KEPT_STEPS, LINKS, LINKS_STEPS, carriers
from gossamer.report.figures.carrier_panels import carrier_panels
from gossamer.report.material import Curve, Material
from gossamer.report.structure import Structure
from gossamer.report.tables.carriers import carriers_table
from gossamer.study import Table

ZETA = (0.3, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
PLATEAU = {2.0: 0.80, 5.0: 0.85, 13.0: 0.88}


def made_up(*, every: tuple[int, ...] = (125,), variable=LINKS) -> Material:
    """Three values of epsilon; accuracy falls with one variable, on a plateau of each epsilon."""
    cells = [(e, z, n, r) for e in PLATEAU for z in ZETA for n in every for r in (0, 1)]
    epsilon, zeta, steps, replicate = (
        np.array(column, dtype=np.float64) for column in zip(*cells, strict=True)
    )
    links = (1 - zeta) * 6000 * epsilon
    amount = {LINKS: links / 1000, KEPT_STEPS: (1 - zeta) * steps / 5}[variable]
    noise = 1e-3 * np.random.default_rng(1).standard_normal(zeta.size)
    accuracy = np.array([PLATEAU[e] for e in epsilon]) - 0.3 * np.exp(-amount) + noise
    columns = {
        "epsilon": epsilon,
        "zeta": zeta,
        "replicate": replicate.astype(np.int64),
        "identity": np.array([f"{k:064x}" for k in range(zeta.size)]),
        "state": np.full(zeta.size, "finished"),
        "persisting_links": links,
        "accuracy_last": accuracy,
    }
    if len(every) > 1:
        columns["method.when.every"] = steps
    curves = [Curve(f"ε = {e:g}", None, np.flatnonzero(epsilon == e), {"last": None}, {}) for e in PLATEAU]
    axes = ["epsilon", "zeta", *(["method.when.every"] if len(every) > 1 else [])]
    study = SimpleNamespace(axes=lambda: axes, config=SimpleNamespace(analysis={}))
    return Material(study, Table(columns), "zeta", tuple(curves), (), ("last",), "last", Structure(None))


def test_the_variable_that_made_the_fall_is_found():
    found = carriers(made_up(), "last").found
    assert [one.variable for one in found] == [LINKS, KEPT]
    assert found[0].s == pytest.approx(1000, rel=0.05)
    assert found[0].a == pytest.approx(0.3, abs=0.01)
    assert found[0].plateaus["ε = 5"] == pytest.approx(0.85, abs=2e-3)


def test_steps_between_updates_count_where_they_vary():
    compared = carriers(made_up(every=(62, 250), variable=KEPT_STEPS), "last")
    assert {one.variable for one in compared.found} == {KEPT, LINKS, KEPT_STEPS, LINKS_STEPS}
    assert compared.found[0].variable == KEPT_STEPS


def test_figure_and_table_name_every_run():
    material = made_up()
    figure, table = carrier_panels(material), carriers_table(material)
    assert set(figure.runs) == set(material.table["identity"].tolist())
    assert [row["variable"] for row in table.rows] == [LINKS, KEPT]
    below = [
        row["below"] for row in figure.data["runs"].rows() if (row["zeta"], row["variable"]) == (1.0, LINKS)
    ]
    assert np.allclose(below, -30, atol=1.5)
    assert figure.specification["datasets"].keys() >= {"runs", "curves"}


def test_one_curve_has_nothing_to_compare(material):
    with pytest.raises(AnalysisError, match="curves"):
        carriers(material, "last")
