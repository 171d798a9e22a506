"""Tables in three forms, and the words around them."""

import csv
import io
import re

import numpy as np
import pytest

from gossamer.analysis import Estimate, Interval
from gossamer.report.answer import answer, facts
from gossamer.report.table import Column, TableData, fixed
from gossamer.report.tables.costs import costs_table
from gossamer.report.tables.levels import levels_table
from gossamer.report.tables.paper import paper_comparison, paper_levels, paper_settings
from gossamer.report.tables.runs import runs_table
from gossamer.report.words import (
    axis_title,
    estimate_text,
    interval_name,
    interval_text,
    reading_name,
)
from gossamer.train.score import ACCURACY


def test_levels_are_written_unrounded_and_with_their_runs(material):
    table = levels_table(material, "selected")
    rows = list(csv.DictReader(io.StringIO(table.to_csv())))
    findings = material.first.findings["selected"].everything.levels
    assert [float(row["level"]) for row in rows] == [found.level for found in findings]
    for row, found in zip(rows, findings, strict=True):
        assert float(row["mean"]) == found.mean.value
        assert float(row["low"]) == found.mean.given_test_set.low
        assert row["run_ids"].split() == list(found.runs)


def test_markdown_has_a_line_a_row_and_as_many_cells_as_heads(material):
    table = levels_table(material, "last")
    lines = [line for line in table.to_markdown().splitlines() if line.startswith("|")]
    assert len(lines) == len(table.rows) + 2
    assert {line.count(" | ") for line in lines} == {len(table.columns) - 1}


def test_latex_is_balanced_and_its_own_characters_are_escaped():
    table = TableData(
        name="odd",
        title="5 % of a_b & ζ",
        caption="#1 {x}",
        columns=(Column("a", "a_b", text=True), Column("b", "χ²", fixed(1))),
        rows=({"a": "50 % & more", "b": 1.25}, {"a": None, "b": None}),
    )
    text = table.to_latex()
    body = re.sub(r"\\[%&_#{}$]", "", text)
    assert body.count("{") == body.count("}")
    assert r"50 \% \& more & 1.2 \\" in text
    assert r"-- & -- \\" in text
    assert r"$\chi^2$" in text
    assert r"$\zeta$" in text
    assert text.count(r"\begin") == text.count(r"\end") == 2


def test_markdown_bars_in_cells_do_not_split_them():
    table = TableData("t", "t", "c", (Column("a", "|w|", text=True),), ({"a": "x | y"},))
    assert table.to_markdown().splitlines()[-1] == r"| x \| y |"


def test_the_papers_tables_hold_its_numbers(material):
    rows = {row["what"]: row for row in paper_comparison(material).rows}
    assert rows["a"]["paper"] == "0.204"
    assert rows["b (1 / ζ)"]["paper"] == "183"
    settings = {row["what"]: (row["paper"], row["study"]) for row in paper_settings(material).rows}
    assert settings["batch"] == ("40", "20")
    assert settings["layers"] == ("784-1000-1000-1000-10", "64-30-30-10")
    last = paper_levels(material).rows[-1]
    assert last["zeta"] == 1.0
    assert last["paper_approximated"] == pytest.approx(0.664)


def test_the_table_of_runs_has_every_run(material):
    table = runs_table(material)
    assert [row["identity"] for row in table.rows] == material.table["identity"].tolist()
    assert "seed" in table.to_csv().splitlines()[0]


def test_zeta_is_never_called_sparsity():
    assert "sparsity" not in axis_title("zeta").lower()
    assert "links replaced" in axis_title("zeta")
    assert axis_title("epsilon", "smaller").endswith("harder to the right")
    assert axis_title("learning_rate") == "learning rate (per step)"
    assert axis_title("training.batch_size").endswith("(samples)")


def test_words_say_which_interval_and_which_accuracy():
    assert "95 %" in interval_name(Interval(0.0, 1.0, 0.95, "t"))
    assert "no replicates" in interval_name(None)
    assert "over all epochs" in reading_name(ACCURACY, "best_on_test")
    assert interval_text(Interval(0.5, None, 0.95, "bootstrap")) == "0.5 to open"
    assert estimate_text(Estimate(None)) == "–"
    assert ACCURACY.difference(0.01) == "1 point"
    assert ACCURACY.difference(0.005) == "0.5 points"


def test_the_answer_names_accuracy_plateau_contour_and_interval(material):
    found = material.first.findings["last"].everything.curve
    text = answer(material, "last")
    assert "last epoch" in text
    assert f"{found.plateau.value:.3f}" in text
    assert f"ζ = {found.contour.value:.3g}" in text
    assert "95 % interval" in text


def test_the_answer_of_two_curves_names_both(pair_material):
    text = answer(pair_material, "last")
    assert "dense output = no" in text
    assert "dense output = yes" in text
    assert "interval" not in text  # one replicate has none
    names = [fact.name for fact in facts(pair_material, "last")]
    assert len(names) == 3


def test_facts_are_those_of_the_findings(material):
    found = {fact.name: fact for fact in facts(material, "best_on_test")}
    curve = material.first.findings["best_on_test"].everything.curve
    assert found["contour (1 point)"].value == f"{curve.contour.value:.3g}"
    assert found["runs"].value == "16 of 16"


def test_the_table_of_costs_has_what_the_runs_account_for(material):
    table = costs_table(material)
    assert [row["level"] for row in table.rows] == [*sorted(set(material.levels.tolist())), None]
    for row in table.rows:
        found = [material.study.store.measured(run)["accounting"] for run in row["run_ids"]]
        assert row["runs"] == len(found)
        assert row["flop_training"] == pytest.approx(np.mean([each["flop"]["training"] for each in found]))
        assert 0 < row["of_dense"] < 1
        assert row["seconds"] > 0
    static = table.rows[-1]
    assert static["regrown"] is None
    assert static["exploration"] <= min(row["exploration"] for row in table.rows[:-1])
