"""``gossamer show`` and ``predict --labels``: what they say is what the run and the file hold."""

import json
import random
import re

import numpy as np
import pytest

from gossamer.cli import console
from gossamer.cli.app import run
from gossamer.train.record import load


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "data_dir", None)


@pytest.fixture
def call(capsys):
    def result(*arguments):
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return result


def write_table(path, count=200, seed=1, names=("down", "up")):
    draw = random.Random(seed)
    lines = ["a,b,kind"]
    for _ in range(count):
        a, b = draw.gauss(0, 1), draw.gauss(0, 1)
        lines.append(f"{a:.3f},{b:.3f},{names[a > b]}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def trained(call, tmp_path):
    table = write_table(tmp_path / "table.csv")
    assert call("train", table, "epochs=20", "--out", "run")[0] == 0
    return table


def test_a_run_on_one_screen(trained, call):
    code, out, err = call("show", "run")
    assert (code, err) == (0, "")
    found = load("run")
    for part in (f"test accuracy  {found.accuracy.last.value:.4f} last", "validation accuracy", "said to be"):
        assert part in out
    assert re.search(rf"2 to 200 +{found.network.nnz[0]} ", out)
    assert max(map(len, out.splitlines())) < 130


def test_json_has_the_classes_that_the_predictions_make(trained, call):
    found, facts = load("run"), json.loads(call("show", "run", "--json", "--reading", "best_on_test")[1])
    classes = facts["classes"]
    confusion = np.array(classes["confusion"])
    assert classes["names"] == ["down", "up"]
    assert confusion.sum() == sum(classes["samples"]) == found.data.samples["test"]
    assert np.trace(confusion) / confusion.sum() == pytest.approx(found.accuracy.best_on_test.value)
    assert facts["history"]["train_loss"][3] is None
    assert facts["history"]["train_loss"][0] > 0


def test_without_its_data_a_run_still_shows_itself(trained, call):
    trained.unlink()
    code, out, err = call("show", "run")
    assert code == 0
    assert "test accuracy" in out
    assert "without accuracies by class" in err
    write_table(trained, seed=2)
    assert "is not the one of the run" in call("show", "run")[2]


def test_predictions_are_scored_by_the_labels_of_the_file(trained, call, tmp_path):
    other = write_table(tmp_path / "other.csv", seed=5)
    code, out, err = call("predict", "run", other, "--labels", "--json")
    facts = json.loads(out)
    truth = [line.rsplit(",", 1)[1] for line in other.read_text().splitlines()[1:]]
    right = np.mean([name == said for name, said in zip(truth, facts["names"], strict=True)])
    assert facts["scores"] == {"accuracy": pytest.approx(right)}
    assert f"accuracy {right:.4f} of 200 samples" in err
    assert code == 0
    # A class alone is scored too, though it would not do for training.
    rows = [line for line in other.read_text().splitlines() if not line.endswith("up")]
    other.write_text("\n".join(rows) + "\n")
    assert f"of {len(rows) - 1} samples" in call("predict", "run", other, "--labels")[2]


def test_labels_that_do_not_fit_are_refused(trained, call, tmp_path):
    strange = write_table(tmp_path / "strange.csv", names=("down", "sideways"))
    code, _, err = call("predict", "run", strange, "--labels")
    assert code == 2
    assert "has the class 'sideways', which the run does not know" in err


def test_values_are_scored_by_r2(call, tmp_path):
    draw = random.Random(3)
    lines = ["a,b,y", *(f"{(a := draw.random()):.4f},{draw.random():.4f},{3 * a:.4f}" for _ in range(200))]
    (tmp_path / "values.csv").write_text("\n".join(lines) + "\n")
    words = ["data.task=regression", "epochs=30", "hidden=20", "learning_rate=0.01", "--out", "run"]
    assert call("train", "values.csv", *words)[0] == 0
    facts = json.loads(call("predict", "run", "values.csv", "--labels", "--json")[1])
    assert set(facts["scores"]) == {"r2", "mse"}
    assert facts["scores"]["r2"] > 0.5
