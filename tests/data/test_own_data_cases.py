"""Inputs on which similar tools go wrong without a word: each gives the right value or a refusal."""

import json

import numpy as np
import pytest

import gossamer
from gossamer.cli import console
from gossamer.cli.app import run as run_words
from gossamer.data import DataConfig, from_arrays, load_dataset, understood
from gossamer.errors import ConfigError, DataError
from gossamer.train.config import NetworkConfig, OptimizerConfig, RunConfig, TrainingConfig
from gossamer.train.config_file import read_config, write_config
from gossamer.train.overrides import with_overrides
from gossamer.train.presets import preset
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


def sizes(data):
    return {part: len(split) for part, split in data.parts().items()}


def test_own_files_are_split_by_fractions_and_named_sets_keep_their_samples(tmp_path, call):
    path = str(write(tmp_path / "r5.csv", "a,b,label", A[:150], B[:150], Y[:150]))
    for config in (DataConfig(name=path), with_overrides(preset("digits"), {"dataset": path}).data):
        assert sizes(load_dataset(config)) == {"train": 96, "validation": 24, "test": 30}
    for name in ("digits", "paper"):
        own = with_overrides(preset(name), {"dataset": path})
        assert with_overrides(own, {"dataset": "digits"}).data == DataConfig()
        fixed = with_overrides(own, {"data.validation_samples": 7, "data.test_samples": 10})
        assert sizes(load_dataset(fixed.data)) == {"train": 133, "validation": 7, "test": 10}
        assert sizes(load_dataset(with_overrides(fixed, {"data.validation_fraction": 0.5}).data)) == {
            "train": 70,
            "validation": 70,
            "test": 10,
        }
    assert preset("digits").data.validation_samples == 200
    assert DataConfig().test_fraction == 0.5
    none = with_overrides(preset("digits"), {"data.validation_samples": 0, "dataset": path})
    assert sizes(load_dataset(none.data)) == {"train": 120, "test": 30}
    with pytest.raises(ConfigError, match="give one of them"):
        with_overrides(none, {"data.validation_samples": 5, "data.validation_fraction": 0.2})
    write_config(own, tmp_path / "own.toml")
    assert read_config(tmp_path / "own.toml") == own
    code, out, _ = call("train", path, *QUICK)
    assert (code, "120 train, 30 test" in out) == (0, True)


def test_the_split_of_own_files_holds_every_class_in_proportion(tmp_path):
    classes = np.repeat(["x", "y", "z"], (100, 60, 40))
    data = load_dataset(DataConfig(name=str(write(tmp_path / "t.csv", "a,b,label", A, B, classes))))
    for part, share in (("train", 0.64), ("validation", 0.16), ("test", 0.2)):
        counts = np.bincount(data.parts()[part].labels)
        np.testing.assert_allclose(counts, share * np.array([100, 60, 40]), atol=1)
    assert understood(data).notes == ()


def test_test_classes_that_training_never_saw_are_refused(tmp_path):
    write(tmp_path / "r7" / "train.csv", "a,b,label", A, B, np.array(["no", "yes"])[Y])
    write(tmp_path / "r7" / "test.csv", "a,b,label", A, B, np.array(["no.", "yes."])[Y])
    with pytest.raises(DataError, match=r"'no.', 'yes.' for test and 'no', 'yes' for training"):
        load_dataset(DataConfig(name=str(tmp_path / "r7")))
    write(tmp_path / "r7" / "test.csv", "a,b,label", A, B, np.array(["no", "yes."])[Y])
    assert understood(load_dataset(DataConfig(name=str(tmp_path / "r7")))).notes == (
        "No train sample of class 'yes.': it is never learned.",
        "No test sample of class 'yes': it is never tested.",
    )


def test_a_class_with_fewer_samples_than_parts_is_named(tmp_path):
    path = str(write(tmp_path / "r13.csv", "a,b,label", [*A, 9], [*B, 9], [*Y, 7]))
    notes = understood(load_dataset(DataConfig(name=path))).notes
    assert notes == (
        "Fewer samples than the 3 parts (train, validation, test): class '7' (1).",
        "No test sample of class '7': it is never tested.",
    )
    with pytest.warns(UserWarning, match="class '7'"):
        gossamer.train(path, epochs=1, hidden=[4])


def test_labels_that_are_values_are_told_from_classes(tmp_path):
    price = A * 137 + B * 31 + np.arange(N) * 7
    path = str(write(tmp_path / "r12.csv", "a,b,price", A, B, price))
    with pytest.raises(DataError, match=r"Nearly every sample has its own class .*: regression\?"):
        load_dataset(DataConfig(name=path))
    x, y = np.zeros((N, 2)), price
    repeated = from_arrays((x, y), (x[:20], y[:20]))
    assert any("own class (196 classes for 220 samples)" in note for note in understood(repeated).notes)
    values = load_dataset(DataConfig(name=path, task="regression"))
    assert (values.task, understood(values).notes) == ("regression", ())


def test_a_pair_of_arrays_is_split_and_scaled_like_a_file(tmp_path):
    x = np.stack([A, B], axis=1)
    path = str(write(tmp_path / "r5.csv", "a,b,label", A, B, Y))
    settings = {"epochs": 5, "hidden": [10], "seed": 3}
    run, filed = gossamer.train("digits", (x, Y), **settings), gossamer.train(path, **settings)
    assert run.data.samples == {"train": 128, "validation": 32, "test": 40}
    assert run.data.checksum == filed.data.checksum
    np.testing.assert_array_equal(run.history.test["loss"], filed.history.test["loss"])
    np.testing.assert_array_equal(run.predict(x), filed.predict(x))
    third = gossamer.train(data=(x, Y), **settings, **{"data.test_fraction": 0.3})
    assert third.data.samples["test"] == 60
    with pytest.raises(DataError, match=r"tuple of 3; a pair .X, y. is expected"):
        gossamer.train("digits", (x, Y, Y))
    with pytest.raises(DataError, match="masked value"):
        gossamer.train("digits", (np.ma.masked_less(x, 1), Y))
