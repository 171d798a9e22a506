"""A finished run is held to its identity and to models before anything of it is believed."""

import json
import shutil

import numpy as np
import pytest

from gossamer.cli.app import run as command
from gossamer.errors import StoreError
from gossamer.train.arrays import read_arrays, write_arrays
from gossamer.train.record import load
from gossamer.train.session import train


@pytest.fixture(scope="module")
def finished(small, tmp_path_factory):
    """Folder of a finished run; tests that harm it work on a copy."""
    folder = tmp_path_factory.mktemp("run")
    train(small(), folder=folder)
    return folder


@pytest.fixture
def folder(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def changed(folder, name, place, value):
    """Exchange one member of a JSON file of a result; `place` is a dotted path."""
    path = folder / "result" / name
    tree = node = json.loads(path.read_text())
    *parents, last = place.split(".")
    for parent in parents:
        node = node[int(parent)] if isinstance(node, list) else node[parent]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    path.write_text(json.dumps(tree))


FIELDS = [
    ("config.json", "optimizer.learning_rate", 0.123),
    ("config.json", "seed", 8),
    ("config.json", "network.hidden", [13, 10]),
    ("config.json", "method.fraction.zeta", 0.9),
    ("summary.json", "identity", "ab" * 32),
    ("summary.json", "data.checksum", "ab" * 32),
    ("summary.json", "numerics", 2),
    ("summary.json", "parts", {"mine.Rule": "ab" * 32}),
]
SHAPES = [
    *(
        (name, value)
        for name in ("state", "epochs", "layers", "data", "accuracy")
        for value in (None, "x", [], ...)
    ),
    ("accuracy.last", {"value": float("nan"), "epoch": 1}),
    ("accuracy.last", None),
    ("accuracy.last.epoch", 99),
    ("accuracy.selected.epoch", 0),
    ("layers.0.nnz", -1),
    ("layers.0.n_in", 3),
    ("paths.end.effective_sparsity", "x"),
    ("data.samples.test", 3),
    ("data.class_names", ["a"]),
    ("data.class_names", [1, 2, 3]),
    ("warnings", [1]),
    ("persisting_links", None),
]


@pytest.mark.parametrize(("name", "place", "value"), FIELDS)
def test_what_makes_another_identity_is_not_believed(folder, small, name, place, value):
    changed(folder, name, place, value)
    with pytest.raises(StoreError, match=r"not the run|of another run|different runs"):
        load(folder)
    with pytest.raises(StoreError):
        train(small(), folder=folder)


@pytest.mark.parametrize(("place", "value"), SHAPES)
def test_a_summary_of_another_shape_is_one_sentence(folder, place, value):
    changed(folder, "summary.json", place, value)
    with pytest.raises(StoreError) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_files_of_two_runs_are_no_run(folder, small, tmp_path):
    train(small(seed=8), folder=tmp_path / "other")
    for name in ("history", "network", "predictions", "structure"):
        mixed = shutil.copytree(folder, tmp_path / name)
        shutil.copy(tmp_path / "other" / "result" / f"{name}.safetensors", mixed / "result")
        with pytest.raises(StoreError, match="files of different runs"):
            load(mixed)


def other(array):
    yield np.concatenate([array, array]) if array.ndim else array[None]
    yield array[:-1] if array.ndim and len(array) else np.zeros(3, array.dtype)
    yield array[None]
    yield array.astype(np.bool_)


@pytest.mark.parametrize("kind", ["history", "network", "predictions", "structure"])
def test_arrays_of_another_shape_under_a_valid_checksum_are_one_sentence(folder, kind):
    path = folder / "result" / f"{kind}.safetensors"
    arrays, metadata = read_arrays(path, kind)
    for name, array in arrays.items():
        for value in other(array):
            write_arrays(path, arrays | {name: value}, metadata, kind)
            with pytest.raises(StoreError) as caught:
                load(folder)
            assert "\n" not in str(caught.value), name


@pytest.mark.parametrize("name", ["input.scale", "input.shift"])
def test_scaling_that_is_not_finite_is_refused(folder, name):
    path = folder / "result" / "network.safetensors"
    arrays, metadata = read_arrays(path, "network")
    write_arrays(path, arrays | {name: np.full_like(arrays[name], np.inf)}, metadata, "network")
    with pytest.raises(StoreError, match="not finite"):
        load(folder)


def test_a_command_that_reads_a_run_goes_through_that_door(folder, capsys):
    changed(folder, "config.json", "optimizer.learning_rate", 0.123)
    np.save(folder / "samples.npy", np.zeros((2, 20)))
    assert command(["predict", str(folder), str(folder / "samples.npy")]) == 2
    assert "not the run" in " ".join(capsys.readouterr().err.split())


def test_runs_on_arrays_in_memory_keep_their_identity(small, small_data, tmp_path):
    from gossamer import train as train_any

    x = np.random.default_rng(0).normal(size=(80, 5)).astype(np.float32)
    run = train_any(
        "digits", (x, np.arange(80) % 3), epochs=1, hidden=[6], batch_size=8, folder=tmp_path / "run"
    )
    assert load(tmp_path / "run").identity == run.identity
    changed(tmp_path / "run", "summary.json", "data.checksum", "ab" * 32)
    with pytest.raises(StoreError, match="not the run"):
        load(tmp_path / "run")
