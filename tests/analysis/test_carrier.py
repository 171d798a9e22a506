import numpy as np
import pytest

from gossamer.analysis.laws.carrier import compare_carriers
from gossamer.errors import AnalysisError

ZETAS = np.array([0.3, 0.9, 0.97, 0.98, 0.985, 0.99, 0.995, 1.0])
NNZ = {"5": 29_000.0, "13": 75_192.0, "30": 170_000.0}
PLATEAU = {"5": 0.85, "13": 0.868, "30": 0.872}


def rows(law, sd=0.003, replicates=2, seed=0):
    """Runs of 3 epsilon x 8 zeta; `law` gives the fall from (1 - zeta, persisting links)."""
    random = np.random.default_rng(seed)
    series, cell, rest, links, accuracy = [], [], [], [], []
    for epsilon, nnz in NNZ.items():
        for zeta in ZETAS.tolist():
            for _ in range(replicates):
                series.append(epsilon)
                cell.append(f"{epsilon} {zeta}")
                rest.append(1 - zeta)
                links.append((1 - zeta) * nnz * random.uniform(0.998, 1.002))
                fall = law(1 - zeta, (1 - zeta) * nnz)
                accuracy.append(PLATEAU[epsilon] - fall + sd * random.standard_normal())
    names = tuple(f"run {k}" for k in range(len(series)))
    variables = {"1 - zeta": np.array(rest), "persisting links": np.array(links)}
    return names, tuple(series), tuple(cell), variables, np.array(accuracy)


def by_links(_, links):
    return 0.2 * np.exp(-links / 411)


def by_zeta(rest, _):
    return 0.2 * np.exp(-rest * 183)


@pytest.mark.parametrize(("law", "name"), [(by_links, "persisting links"), (by_zeta, "1 - zeta")])
def test_the_variable_that_made_the_fall_is_found(law, name):
    best, other = compare_carriers(*rows(law))
    assert best.variable == name
    assert best.weight > 0.99
    assert best.left_out < other.left_out
    assert best.chi2 < 4 * best.freedom < other.chi2


def test_scale_fall_and_plateaus_are_recovered_without_noise():
    best = compare_carriers(*rows(by_links, sd=1e-7))[0]
    assert best.s == pytest.approx(411, rel=2e-3)
    assert best.a == pytest.approx(0.2, rel=2e-3)
    assert best.plateaus == pytest.approx(PLATEAU, abs=1e-4)
    assert len(best.runs) == 48


def test_the_order_of_runs_and_a_shift_of_one_series_do_not_matter():
    names, series, cell, variables, accuracy = rows(by_links)
    before = compare_carriers(names, series, cell, variables, accuracy)[0]
    order = np.random.default_rng(1).permutation(len(names))
    shifted = accuracy - 0.1 * (np.array(series) == "13")
    after = compare_carriers(
        tuple(names[k] for k in order),
        tuple(series[k] for k in order),
        tuple(cell[k] for k in order),
        {name: values[order] for name, values in variables.items()},
        shifted[order],
    )[0]
    assert (after.s, after.a) == pytest.approx((before.s, before.a), rel=1e-3)
    assert after.plateaus["13"] == pytest.approx(before.plateaus["13"] - 0.1, abs=1e-4)


def test_missing_runs_are_left_out():
    names, series, cell, variables, accuracy = rows(by_links)
    accuracy[5] = np.nan
    assert names[5] not in compare_carriers(names, series, cell, variables, accuracy)[0].runs


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"replicates": 1}, "add a replicate"),
        ({"variables": {"x": np.full(48, -1.0)}}, "below 0"),
        ({"variables": {"x": np.zeros(48)}}, "0 everywhere"),
        ({"cell": ("a",) * 48}, "two series"),
        ({"cell": tuple(f"{k // 16}" for k in range(48))}, "more than 5 cells, but there are 3"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, sentence):
    names, series, cell, variables, accuracy = rows(by_links, replicates=change.get("replicates", 2))
    cell = change.get("cell", cell)
    with pytest.raises(AnalysisError, match=sentence):
        compare_carriers(names, series, cell, change.get("variables", variables), accuracy)
