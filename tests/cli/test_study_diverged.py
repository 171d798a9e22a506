"""A study in which runs really diverge: every command tells what it shows with and without them."""

import json

import pytest

from gossamer.cli import console
from gossamer.cli.app import run

TOML = """
name = "diverging"
question = "At which learning rate does training break?"
replicates = 2
seed = 5

[run]
hidden = [40, 40]
epochs = 6
data.validation_samples = 100

[run.network]
activation = "leaky_relu"

[analysis]
harder = "larger"
draws = 100
laws = ["exponential"]

[[axes]]
field = "optimizer.learning_rate"
values = [0.02, 0.05, 0.1, 0.2, 0.9]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("diverging")
    (folder / "diverging.toml").write_text(TOML)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(console, "data_dir", None)
        assert run(["study", "run", "diverging.toml", "--workers", "1", "--json", "--no-report"]) == 0
    return folder


@pytest.fixture
def call(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)

    def result(*arguments):
        code = run(["study", *arguments, "diverging.toml"])
        captured = capsys.readouterr()
        assert code == 0, captured.err
        return captured.out

    return result


def test_they_are_counted(call):
    rows = json.loads(call("table", "--json"))
    diverged = [row for row in rows if row["state"] == "diverged"]
    assert {row["learning_rate"] for row in diverged} == {0.9}
    assert f"{len(diverged)} diverged" in call("status")


def test_the_analysis_is_given_with_and_without_them(call):
    (found,) = json.loads(call("analyse", "--json"))
    assert found["diverged"]
    assert set(found["everything"]["runs"]) - set(found["without_diverged"]["runs"]) == set(found["diverged"])
    text = call("analyse")
    assert f"{len(found['diverged'])} runs diverged and count with their last finite accuracy" in text
    assert (
        text.index("falls 1 point") < text.index("without the runs that diverged:") < text.rindex("falls 1")
    )


def test_the_report_names_them(call, folder):
    call("report")
    page = (folder / "studies" / "diverging" / "report" / "report.html").read_text()
    assert "of 10 runs diverged and count with their last finite accuracy" in page
    assert "monotone, without diverged runs" in page
