"""Figures are data first: their numbers are those of the store, and they name the runs they came from."""

import csv
import io
import json

import altair as alt
import numpy as np
import pytest

from gossamer.analysis.laws.paper_law import paper_accuracy
from gossamer.analysis.structure import input_maps
from gossamer.report import FigureData
from gossamer.report.figure import Figure, pictures
from gossamer.report.figures.accuracy_data import contour_data, control_data, law_data, level_data, run_data
from gossamer.report.figures.contour_data import estimate_data
from gossamer.report.figures.learning import learning_data
from gossamer.report.figures.maps_data import WEIGHT_UNIT, level_maps, map_data
from gossamer.report.figures.mse_surface import surface_data
from gossamer.report.figures.paper_maps import paper_map_data
from gossamer.report.figures.parts import extent, few_epochs, few_levels, thinned, zooms


def rows_of(data, **wanted):
    return [row for row in data.rows() if all(row[name] == value for name, value in wanted.items())]


def test_every_figure_names_runs_of_the_study_alone(material, sections):
    known = set(material.table["identity"].tolist())
    figures = [figure for section in sections for figure in section.figures]
    assert len(figures) == 11
    for figure in figures:
        assert figure.runs, figure.name
        assert set(figure.runs) <= known, figure.name


def test_every_part_that_is_drawn_is_in_the_figures_data(sections):
    for figure in (figure for section in sections for figure in section.figures):
        names = set()

        def look(node, names=names):
            if isinstance(node, dict):
                if set(node) == {"name"} and isinstance(node["name"], str):
                    names.add(node["name"])
                for key, value in node.items():
                    if key != "datasets":
                        look(value)
            elif isinstance(node, list):
                for value in node:
                    look(value)

        tables = figure.specification
        look([tables])
        assert names & set(tables["datasets"]), figure.name
        assert set(figure.data) <= set(tables["datasets"])


def test_means_and_runs_are_those_of_the_table(material):
    table, levels, runs = material.table, level_data(material), run_data(material)
    for reading in material.readings:
        for level in material.levels.tolist():
            here = (table["zeta"] == level) & np.isfinite(table["zeta"])
            found = table[f"accuracy_{reading}"][here]
            (row,) = rows_of(levels, reading=reading, level=level)
            assert row["mean"] == pytest.approx(found.mean())
            assert row["runs"] == found.size
            assert row["low"] < row["mean"] < row["high"]
            dots = rows_of(runs, reading=reading, level=level)
            assert sorted(dot["accuracy"] for dot in dots) == sorted(found.tolist())
            assert {dot["run"] for dot in dots} == set(table["identity"][here].tolist())


def test_controls_are_apart_from_the_curve(material):
    static = material.table["block"] == "static"
    (row,) = rows_of(control_data(material), reading="last")
    assert row["control"] == "static"
    assert row["mean"] == pytest.approx(material.table["accuracy_last"][static].mean())
    on_curve = {row["run"] for row in run_data(material).rows()}
    assert not on_curve & set(material.table["identity"][static].tolist())


def test_the_law_is_the_fitted_one(material):
    law = next(law for law in material.first.findings["last"].everything.paper if law.esc_from == "contour")
    for row in rows_of(law_data(material), reading="last"):
        expected = paper_accuracy(np.array(row["level"]), law.plateau, law.a, law.b)
        assert row["accuracy"] == pytest.approx(float(expected))


def test_contours_are_those_found_and_open_ends_lie_at_the_edge(material):
    low, high = extent(material)
    for row in contour_data(material, low, high).rows():
        found = material.first.findings[row["reading"]].everything.curve
        assert row["contour"] == found.contour.value
        assert low <= row["from"] <= row["contour"] <= row["to"] <= high


def test_all_ways_to_the_contour_are_there(material):
    rows = rows_of(estimate_data(material), reading="selected")
    kinds = {row["source"]: row["kind"] for row in rows}
    assert "monotone interpolation" in kinds
    assert "law: exponential" in kinds
    assert kinds["the paper's ESC, by eye"] == "the paper"


def test_maps_are_sums_over_the_runs_of_the_store(material):
    levels = level_maps(material, material.first)
    data = map_data(levels)
    row = rows_of(data, level=0.6)[-1]
    stored = []
    for run in next(found for found in levels if found.level == 0.6).runs:
        maps = input_maps(material.study.store.arrays(run, "structure"))
        stored.append(next(found for found in maps if found.epoch == row["epoch"]))
    links = sum(found["survivor", "links"] for found in stored)
    weights = sum(found["grown", "abs_sum"] for found in stored) / len(stored)
    assert row["survivor_links"] == tuple(links.astype(int).tolist())
    assert np.allclose(np.array(row["grown_abs_sum"]) * WEIGHT_UNIT, weights, atol=WEIGHT_UNIT / 2)
    assert len(row["survivor_links"]) == 64


def test_shown_maps_are_of_updates_alone(material):
    epochs = list(level_maps(material, material.first)[0].by_epoch)
    assert epochs[0] == 0
    assert epochs[-1] == 11  # the last of 12 epochs ends without an update


def test_figure_4_counts_survivors_of_one_run(material):
    (row,) = rows_of(paper_map_data(level_maps(material, material.first)), level=0.9)
    nnz = material.table["nnz_0"][list(material.table["identity"]).index(row["run"])]
    # The drop leaves a tenth of the links of each sign.
    assert sum(row["links"]) == pytest.approx(0.1 * nnz, abs=2)


def test_figure_5_has_its_minimum_at_the_fit(material):
    law = next(
        law for law in material.first.findings["best_on_test"].everything.paper if law.esc_from == "given"
    )
    data = surface_data(material, law)
    best = min(data.rows(), key=lambda row: row["mse"])
    assert best["mse"] >= law.mse * (1 - 1e-3)
    a_cell = best["a_to"] - best["a_from"]
    assert best["a_from"] - a_cell <= law.a <= best["a_to"] + a_cell
    assert best["b_from"] / 1.2 <= law.b <= best["b_to"] * 1.2


def test_learning_curves_are_means_of_histories(material):
    data = learning_data(material, material.first)
    (row,) = rows_of(data, level=0.3, measure="test")
    table = material.table
    runs = table["identity"][table["zeta"] == 0.3].tolist()
    histories = [material.study.store.arrays(run, "history")["test_accuracy"] for run in runs]
    mean = np.mean(histories, axis=0)[np.array(row["epochs"]) - 1]
    assert row["runs"] == 2
    assert np.allclose(np.array(row["values"]) * 1e-4, mean, atol=0.51e-4)


def test_csv_says_units_and_leaves_missing_cells_empty():
    data = FigureData.of(
        [{"level": np.float64(0.5), "mean": float("nan")}, {"level": 1.0, "mean": 0.25}],
        units={"mean": "accuracy"},
        runs=["a", "b", "a"],
    )
    lines = list(csv.reader(io.StringIO(data.to_csv())))
    assert lines == [["level", "mean (accuracy)"], ["0.5", ""], ["1.0", "0.25"]]
    assert data.runs == ("a", "b")
    assert len(data) == 2


def test_specifications_are_plain_json(sections):
    for figure in (figure for section in sections for figure in section.figures):
        json.dumps(figure.specification, allow_nan=False)


def test_zooms_are_those_of_the_paper(material):
    shown = [zoom.label for zoom in zooms(material)]
    assert shown == ["ζ 0 to 1", "ζ 0.9 to 1"]  # two levels from 0.98 on are too few for a third


def test_few_of_many():
    levels = np.array([0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.96, 1.0])
    assert few_levels(levels, "zeta", 8) == [0.2, 0.4, 0.6, 0.8, 0.9, 0.96]
    assert few_levels(levels, "epsilon", 3)[0] == 0.0
    assert few_epochs(range(100), 4) == [0, 33, 66, 99]
    rows = thinned(1000, 100)
    assert rows[0] == 0
    assert rows[-1] == 999
    assert len(rows) <= 100
    assert (np.diff(rows) > 0).all()


def test_a_control_character_in_a_name_is_drawn_as_unknown():
    data = FigureData.of([{"name": "a\x01\x00\ud800b", "value": 1}], units={})
    chart = alt.Chart(alt.NamedData("bars")).mark_bar().encode(x="name:N", y="value:Q")
    figure = Figure("bars", "Bars", "One bar.", {"bars": data}, chart)
    svg = pictures(figure)["svg"].decode()
    assert "a\ufffd\ufffd\ufffdb" in svg
