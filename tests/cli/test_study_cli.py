"""``gossamer study``: every command once on a small real study."""

import json
import shutil
from pathlib import Path

import pytest

from gossamer.cli import console
from gossamer.cli.app import run
from gossamer.study import study_preset

TOML = """
name = "small"
question = "Does it work?"
replicates = 2
seed = 5

[run]
hidden = [40, 40, 40]
batch_size = 20
epochs = 12
epsilon = 5.0
data.validation_samples = 100

[analysis]
draws = 100
laws = ["exponential"]

[[axes]]
field = "zeta"
values = [0.0, 0.4, 0.8, 0.95, 1.0]
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folder in which a small study was run."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "small.toml").write_text(TOML)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(console, "data_dir", None)
        assert run(["study", "run", "small.toml", "--workers", "1", "--json"]) == 0
    return folder


@pytest.fixture
def call(trained, capsys, monkeypatch):
    monkeypatch.chdir(trained)

    def result(*arguments):
        code = run(["study", *(str(argument) for argument in arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return result


def test_running_again_trains_nothing_and_tells_the_findings(call):
    code, out, _ = call("run", "small.toml", "--workers", "1")
    assert code == 0
    assert "10 of 10 done" in out
    assert "for 0 runs" in out
    assert "accuracy `selected` along zeta" in out
    assert "2 of 2" in out


def test_status(call):
    assert "10 of 10 done" in call("status", "small.toml")[1]
    found = json.loads(call("status", "studies/small", "--json")[1])
    assert (found["planned"], found["done"], found["driver"]) == (10, 10, None)


def test_table(call):
    rows = json.loads(call("table", "small.toml", "--json")[1])
    assert len(rows) == 10
    assert {row["zeta"] for row in rows} == {0.0, 0.4, 0.8, 0.95, 1.0}
    assert all(row["state"] == "finished" and 0 < row["accuracy_selected"] <= 1 for row in rows)
    assert all(row["nnz"] > 0 and row["epochs"] == 12 for row in rows)
    csv = call("table", "small.toml", "--csv")[1].splitlines()
    assert len(csv) == 11
    assert csv[0].startswith("zeta,block,replicate")
    assert "finished" in call("table", "small.toml")[1]


def test_analyse(call):
    found = json.loads(call("analyse", "small.toml", "--json")[1])
    assert [curve["where"] for curve in found] == [{}]
    assert len(found[0]["everything"]["levels"]) == 5
    last = json.loads(call("analyse", "small.toml", "--reading", "last", "--json")[1])
    assert last[0]["reading"] == "last"


def test_predict(call, tmp_path):
    code, out, err = call("predict", "small.toml", "--share", "0.4", "--out", tmp_path)
    assert code == 0
    assert "From 9 of 12 epochs of one run at each of 5 levels" in out
    assert "The same from each of 2 sets of runs" in out
    assert out == (tmp_path / "prediction.md").read_text()
    assert err.count("wrote") == 3
    found = json.loads(call("predict", "small.toml", "--share", "0.4", "--json")[1])
    # Two sets of runs, four quantities, three methods.
    assert len(found["rows"]) == 12
    assert {row["quantity"] for row in found["rows"]} == {"plateau", "contour"}
    assert len((tmp_path / "prediction.csv").read_text().splitlines()) == 13


def test_coverage(call, tmp_path):
    words = ["--simulations", 3, "--draws", 100, "--cases", "no fall,coarse: steps"]
    _, out, err = call("coverage", *words, "--out", tmp_path)
    assert out == (tmp_path / "coverage.md").read_text()
    assert "no fall: 3 of 3" in err
    assert "3 of 3 kinds of studies done" in err
    rows = json.loads((tmp_path / "coverage.json").read_text())["rows"]
    assert {"plateau", "fall", "contour", "half", "level mean", "last safe level"} == {
        row["quantity"] for row in rows
    }
    again = call("coverage", *words, "--against", tmp_path / "coverage.json")[1]
    assert "100 → 100" in again


def test_digest_export_and_import(call, tmp_path):
    value = json.loads(call("digest", "small.toml", "--json")[1])["value"]
    assert value in call("digest", "small.toml")[1]
    assert "10 runs exported" in call("export", "small.toml", tmp_path / "e")[1]
    _, out, _ = call("import", "small.toml", tmp_path / "e", "--folder", tmp_path / "s")
    assert "10 runs imported" in out
    again = json.loads(call("digest", tmp_path / "s", "--json")[1])
    assert (again["value"], again["compact"]) == (value, 10)
    assert "for 0 runs" in call("run", tmp_path / "s", "--workers", "1", "--no-report")[1]


def test_list(call):
    _, out, _ = call("list")
    assert "studies/small" in out
    listed = json.loads(call("list", "--json")[1])
    assert {"digits", "paper", "density", "persistence"} <= {entry["name"] for entry in listed["presets"]}


def test_dry_run_trains_nothing(call, trained):
    code, out, _ = call("run", "small.toml", "--dry-run", "zeta=0.1,0.2", "replicates=3", "--folder", "new")
    assert code == 0
    assert "6 runs at 2 levels" in out
    assert not (trained / "new" / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["run", "absent"], "neither a study file"),
        (["run", "small.toml", "word"], "KEY=VALUE"),
        (["run", "small.toml", "epoch=3", "--folder", "x"], "epochs"),
        (["run", "small.toml", "zeta=2", "--folder", "x"], "zeta"),
        (["run", "small.toml", "replicates=0"], "replicates"),
        (["run", "small.toml", "--workers", "0"], "workers"),
        (["analyse", "small.toml", "--axis", "epsilon"], "epsilon"),
        (["import", "small.toml", "nowhere"], "no exported runs"),
        (["predict", "small.toml"], "needs prefixes of 8 epochs"),
        (["predict", "small.toml", "--share", "2"], "share is 2"),
        (["coverage", "--cases", "guess"], "No kind of study"),
        (["coverage", "--against", "small.toml"], "no coverage.json"),
        (["coverage", "--simulations", "0"], "simulations is 0"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(call, arguments, part):
    code, out, err = call(*arguments)
    assert code == 2
    assert part in err
    assert err.count("\n") == 1
    assert out == ""


def test_digest_names_runs_outside_the_plan(call, trained, tmp_path):
    shutil.copytree(trained / "studies" / "small", tmp_path / "other")
    whole = json.loads(call("digest", tmp_path / "other", "--json")[1])
    assert (whole["runs"], whole["outside"]) == (10, [])
    command = ("run", "small.toml", "replicates=1", "--folder", tmp_path / "other", "--no-report", "--json")
    assert call(*command)[0] == 0
    _, out, _ = call("digest", tmp_path / "other")
    assert "5 runs\n" in out
    assert out.count("outside the plan: ") == 5


READERS = [
    *(("table",), ("table", "--csv"), ("table", "--json"), ("analyse",), ("analyse", "--json"), ("predict",)),
    *(("status",), ("status", "--json"), ("digest",), ("digest", "--json"), ("report",), ("config",)),
    ("export", "copy"),
]


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_a_folder_without_a_study_and_a_study_without_runs_are_a_sentence(
    words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    assert run(["study", words[0], "empty", *words[1:]]) == 2
    assert "is neither a study file, nor a study's folder" in " ".join(capsys.readouterr().err.split())
    Path("planned").mkdir()
    Path("planned/study.json").write_text(json.dumps(study_preset("digits").as_json()))
    code = run(["study", words[0], "planned", *words[1:]])
    captured = capsys.readouterr()
    assert code == (2 if words[0] in ("predict", "report") else 0)
    assert captured.out + captured.err
    assert "Traceback" not in captured.err
    if "--json" in words:
        json.loads(captured.out)
