"""Inputs on which similar tools go wrong without a word: each gives the right value or a refusal."""

import json

import numpy as np
import pytest

import gossamer
from gossamer.cli import console
from gossamer.cli.app import run as run_words
from gossamer.data import from_arrays
from gossamer.errors import DataError
from gossamer.train.config import NetworkConfig, OptimizerConfig, RunConfig, TrainingConfig
from gossamer.train.summary import summary_of

N = 200
Y = np.arange(N) % 2
A = 5 * Y + np.random.default_rng(0).integers(0, 3, N)
B = np.arange(N) // 2 % 4
QUICK = ("network.hidden=[10]", "epochs=5", "data.validation_samples=0")


def write(path, head, *columns):
    path.parent.mkdir(exist_ok=True)
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([head, *rows] if head else rows) + "\n")
    return path


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """The command line in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "data_dir", None)

    def called(*words):
        code = run_words(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return called


def test_a_sample_whose_outputs_are_not_finite_is_named(call, tmp_path):
    write(tmp_path / "r5.csv", "a,b,label", A, B, Y)
    assert call("train", "r5.csv", *QUICK, "--out", "o5")[0] == 0
    np.save("r10.npy", np.array([[0.0, 0.0], [3e38, -3e38]]))
    for more in ((), ("--probabilities", "--json"), ("--out", "p.csv")):
        code, out, err = call("predict", "o5", "r10.npy", *more)
        assert (code, out) == (2, "")
        assert "for sample 1, counted from 0" in err
    assert not (tmp_path / "p.csv").exists()
    np.save("fine.npy", np.array([[0.0, 0.0], [6.0, 1.0]]))
    code, out, _ = call("predict", "o5", "fine.npy", "--probabilities", "--json")
    assert code == 0
    np.testing.assert_allclose(np.sum(json.loads(out)["probabilities"], axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("task", ["classification", "regression", "multilabel"])
@pytest.mark.parametrize("engine", ["native", "reference"])
def test_a_diverged_run_says_where_and_what_to_try_and_predicts_nothing(task, engine):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 3)).astype(np.float32)
    y = {"classification": Y[:40], "regression": x[:, 0], "multilabel": (x[:, :2] > 0) * 1}[task]
    config = RunConfig(
        network=NetworkConfig(hidden=(8,)),
        optimizer=OptimizerConfig(learning_rate=1e6),
        training=TrainingConfig(epochs=30, batch_size=10),
        execution={"engine": engine},
    )
    with np.errstate(all="ignore"):
        run = gossamer.train(config, from_arrays((x, y), (x, y), task=task))
        assert run.state == "diverged"
        assert f"in epoch {run.diverged_epoch} of 30" in run.divergence
        assert summary_of(run)["divergence"] == run.divergence
        with pytest.raises(DataError, match=r"for sample \d+, counted from 0"):
            run.predict(x * np.float32(1e30))


@pytest.mark.parametrize(
    ("shape", "high", "dtypes"),
    [
        ((40,), 2, ("bool", "uint8", "int32", "float64")),
        ((40,), 9, ("uint8", "int8", "float32", "int64")),
        ((5, 8), 2, ("bool", "uint8", "int32")),
        ((5, 8), 256, ("uint8", "int16", "float64", ">f4")),
    ],
)
def test_the_same_numbers_are_the_same_run_whatever_their_type(tmp_path, shape, high, dtypes):
    rng = np.random.default_rng(0)
    x = rng.integers(0, high, (800, *shape))
    y = (x.reshape(800, -1)[:, :3].sum(axis=1) >= 1.5 * (high - 1)) * 1
    runs = []
    for dtype in dtypes:
        np.savez(tmp_path / f"{dtype.strip('>')}.npz", x=x.astype(dtype), y=y)
        name = str(tmp_path / f"{dtype.strip('>')}.npz")
        runs.append(gossamer.train(name, hidden=[10], epochs=60, **{"data.validation_samples": 0}))
    grey = len(shape) == 2 and high == 256
    for run, dtype in zip(runs, dtypes, strict=True):
        assert run.data.checksum == runs[0].data.checksum
        np.testing.assert_array_equal(run.history.test_accuracy, runs[0].history.test_accuracy)
        np.testing.assert_array_equal(run.history.test["loss"], runs[0].history.test["loss"])
        np.testing.assert_array_equal(run.predict(x.astype(dtype)), runs[0].predict(x.astype(dtypes[0])))
        np.testing.assert_allclose(run.scaling.scale, 1 / 255 if grey else 1 / (high - 1), rtol=1e-12)
    assert high > 2 or runs[0].accuracy.last.value >= 0.95
