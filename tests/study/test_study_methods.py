"""Methods as the axis of a study that has no file of its own."""

import json

import pytest

from gossamer.cli.app import run
from gossamer.errors import ConfigError
from gossamer.lab import Study
from gossamer.study import with_values
from gossamer.train.config_file import parse_value


@pytest.fixture
def digits(tmp_path):
    def of(**values):
        study = Study.load("digits", folder=tmp_path / "study")
        return Study(with_values(study.config, values), study.folder)

    return of


def test_each_method_has_the_axes_that_mean_something_to_it(digits):
    study = digits(method=["set", "rigl", "static"], zeta=[0.1, 0.3], replicates=2)
    blocks = {block.name: [(a.name, a.levels()) for a in block.axes] for block in study.config.blocks}
    assert blocks == {
        "set": [("method", ["set"]), ("zeta", [0.1, 0.3])],
        "rigl": [("method", ["rigl"]), ("zeta", [0.1, 0.3])],
        "static": [("method", ["static"])],
    }
    assert study.config.seeds == "common"
    assert digits(method=["set", "static"], seeds="independent").config.seeds == "independent"


def test_a_list_for_another_field_of_runs_is_an_axis_too(digits):
    study = digits(method=["set", "snip"], density=[0.1, 0.05], zeta=[0.3], hidden=[20, 10], epochs=3)
    set_block, snip = study.config.blocks
    assert [a.field for a in set_block.axes] == ["method", "zeta", "density"]
    assert [a.field for a in snip.axes] == ["method", "density"]
    assert study.config.run["hidden"] == [20, 10]


def test_runs_of_methods_are_compared_on_common_seeds(digits):
    study = digits(method=["set", "static"], zeta=[0.3], replicates=2, epochs=1, hidden=[12, 10])
    study.run(workers=1)
    table = study.table()
    assert sorted(table["method"].tolist()) == ["set", "set", "static", "static"]
    seeds = {name: set(table["seed"][table["method"] == name].tolist()) for name in ("set", "static")}
    assert seeds["set"] == seeds["static"]
    assert (table["flop_training"] > 0).all()
    assert (table["exploration"] >= table["density"]).all()


def test_words_of_a_command_line_are_lists_of_names():
    assert parse_value("set,rigl, static") == ["set", "rigl", "static"]
    assert parse_value("0.1,0.3") == [0.1, 0.3]
    assert parse_value("a,b.csv") == "a,b.csv"


def test_an_unknown_method_gets_a_sentence(digits):
    with pytest.raises(ConfigError, match="no method 'rgl'"):
        digits(method=["set", "rgl"])


def test_no_method_at_all_is_refused(digits):
    with pytest.raises(ConfigError, match="at least one method"):
        digits(method=[])


def test_methods_alone_are_compared_in_terminal_json_and_report(tmp_path, monkeypatch, capsys):
    """One finding, the same sentence everywhere."""
    monkeypatch.chdir(tmp_path)
    lines = [
        'name = "methods"',
        "replicates = 2",
        'seeds = "common"',
        "[run]",
        "epochs = 2",
        "hidden = [12, 10]",
    ]
    lines += ["[[axes]]", 'field = "method"', 'values = ["set", "static"]']
    (tmp_path / "methods.toml").write_text("\n".join(lines))
    assert run(["study", "run", "methods.toml", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    study = Study.load("studies/methods")
    found = study.compare()
    assert found.differences[0].paired
    assert found.sentence in out
    assert run(["study", "analyse", "methods", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["answer"] == found.sentence
    done = study.report()
    assert done.answer == found.sentence
    page = done.page.read_text()
    assert page.index("has the best mean") < page.index("Cost and topology")
    names = {path.name for path in done.files}
    assert {"groups-best-on-test.csv", "differences-last.csv", "costs.csv", "runs.csv", "groups.svg"} <= names


def test_two_levels_beside_methods_are_groups_and_three_are_curves(digits):
    few = digits(method=["set", "static"], zeta=[0.1, 0.3], replicates=2, epochs=1, hidden=[12, 10])
    few.run(workers=1)
    found = few.compare()
    assert sorted(group.label for group in found.groups) == [
        "method set, zeta 0.1",
        "method set, zeta 0.3",
        "method static",
    ]
    assert all(each.paired for each in found.differences)
    three = digits(method=["set", "static"], zeta=[0.1, 0.3, 0.5], replicates=2, epochs=1, hidden=[12, 10])
    three.run(workers=1)
    assert three.compare() is None
