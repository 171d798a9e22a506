"""``gossamer oracle``."""

import json

import pytest

from gossamer.cli.app import run

SMALL = ["hidden=[12,10]", "epsilon=4", "epochs=2", "data.train_samples=100"]


def test_agreement_is_a_table_and_exit_code_0(capsys):
    assert run(["oracle", *SMALL, "--steps"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "weights" in lines[0]
    assert len([line for line in lines if line.endswith("masked dense")]) == 2
    assert lines[-1].startswith("Agrees to rounding")


def test_disagreement_is_exit_code_1(capsys):
    assert run(["oracle", *SMALL, "--epochs", "1", "--tolerance", "1e-30", "--follow"]) == 1
    assert "Does not agree: largest relative difference" in capsys.readouterr().out


def test_json(capsys):
    assert run(["oracle", *SMALL, "--epochs", "1", "--json", "--dtype", "float32"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["agrees"] is True
    assert [epoch["epoch"] for epoch in found["epochs"]] == [1]
    assert found["dtype"] == "float32"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["hidden=[4000,4000]"], "smaller network"), (["--epochs", "0"], "at least 1")],
)
def test_refusals_are_one_line(capsys, words, sentence):
    assert run(["oracle", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert sentence in captured.err
