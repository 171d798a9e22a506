import json
import os
import re
import shutil
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gossamer.errors import StoreError
from gossamer.files import DiskFullError, write_bytes
from gossamer.train import checkpoint
from gossamer.train.arrays import read_arrays, write_arrays
from gossamer.train.checkpoint import FILE, CheckpointError, read_checkpoint
from gossamer.train.resume import resume
from gossamer.train.session import train

ARRAYS = {
    "b": np.arange(6, dtype=np.uint16).reshape(2, 3),
    "a": np.array([1.5, -0.0, np.nan]),
    "empty": np.zeros((0, 4), np.int32),
    "scalar": np.array(True),
}


def test_arrays_survive_and_equal_content_gives_equal_bytes(tmp_path):
    write_arrays(tmp_path / "x", ARRAYS, {"b": 1.0, "a": [None, "ü"]}, "test")
    write_arrays(tmp_path / "y", dict(reversed(ARRAYS.items())), {"a": [None, "ü"], "b": 1}, "test")
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
    found, metadata = read_arrays(tmp_path / "x", "test")
    assert metadata == {"a": [None, "ü"], "b": 1}
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array, equal_nan=name == "a")


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_torn_or_changed_file_is_one_clear_sentence(tmp_path, data):
    path = tmp_path / "x"
    write_arrays(path, ARRAYS, {"a": 1}, "test")
    content = path.read_bytes()
    if data.draw(st.booleans()):
        path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    else:
        place, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
    message = ""
    try:
        found, metadata = read_arrays(path, "test")
    except StoreError as error:
        message = str(error)
    if not message:
        # Spaces that pad the header may change into other white space without meaning.
        assert metadata == {"a": 1}
        assert all(found[name].tobytes() == array.tobytes() for name, array in ARRAYS.items())
    assert not message or "is not a whole test file of gossamer" in message


@pytest.mark.parametrize("content", [b"", b"not a file of ours", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}"])
def test_foreign_file_is_refused(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(StoreError, match="is not a whole test file"):
        read_arrays(tmp_path / "x", "test")


def test_missing_file_and_file_of_another_kind_are_refused(tmp_path):
    with pytest.raises(StoreError, match="does not exist"):
        read_arrays(tmp_path / "x", "test")
    write_arrays(tmp_path / "x", ARRAYS, {}, "history")
    with pytest.raises(StoreError, match="is not a whole test file"):
        read_arrays(tmp_path / "x", "test")


def test_failed_write_leaves_the_old_content(tmp_path, monkeypatch):
    path = tmp_path / "x"
    write_bytes(path, b"old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFullError, match="is full"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x"]


def test_checkpoint_holds_all_that_the_rest_of_the_run_depends_on(small, small_data, tmp_path):
    pieces = iter(range(100))
    run = train(small(), folder=tmp_path, stop=lambda: next(pieces) == 7)
    assert run.state == "interrupted"
    found = resume(tmp_path, small(), run.data.checksum, small_data)
    network, state = found.network, found.state
    assert state.epoch == len(run.history)
    assert state.records == run.history.records()
    for layer in range(network.n_layers):
        assert network.patterns[layer].same_as(run.network.patterns[layer])
        for name in network.column_names(layer):
            assert np.array_equal(network.column(layer, name), run.network.column(layer, name)), name
        for name in ("weight", "velocity"):
            assert np.array_equal(network.bias_column(layer, name), run.network.bias_column(layer, name))
    assert network.column(0, "velocity").any()
    assert network.column(0, "birth").any()


def test_checkpoint_with_missing_or_hostile_content_is_refused(small, small_data, tmp_path):
    config = small()
    pieces = iter(range(100))
    run = train(config, folder=tmp_path, stop=lambda: next(pieces) == 7)
    content, metadata = read_arrays(tmp_path / FILE, "checkpoint")
    for name in content:
        rest = {other: array for other, array in content.items() if other != name}
        write_arrays(tmp_path / FILE, rest, metadata, "checkpoint")
        try:
            resume(tmp_path, config, run.data.checksum, small_data)
        except StoreError:
            continue
        assert "validation" in name, f"{name} is missing and nobody noticed"
    hostile = content | {"network.layer0.targets": content["network.layer0.targets"] + np.uint32(10**6)}
    write_arrays(tmp_path / FILE, hostile, metadata, "checkpoint")
    with pytest.raises(StoreError, match="damaged"):
        resume(tmp_path, config, run.data.checksum, small_data)
    write_arrays(tmp_path / FILE, content, {"header": {}}, "checkpoint")
    with pytest.raises(StoreError, match="not a checkpoint of this version"):
        read_checkpoint(tmp_path)


def other_shapes(array):
    """Arrays of another shape or type."""
    if array.ndim:
        yield np.concatenate([array, array[:1], array[:1]]) if array.size else np.zeros(3, array.dtype)
        yield array[:-1] if array.size else np.zeros(3, array.dtype)
    yield array[None]
    yield np.zeros(array.shape, np.complex64)


def other_values(array):
    """Arrays of the same shape and type."""
    if array.dtype.kind == "f":
        yield np.full_like(array, np.nan)
        yield np.full_like(array, np.finfo(array.dtype).max)
    else:
        yield np.full_like(array, np.iinfo(array.dtype).max)
        yield np.full_like(array, np.iinfo(array.dtype).min)
    yield array[::-1] if array.ndim else array + 1


@pytest.fixture
def half_way(small, tmp_path):
    """Config, folder, arrays and metadata of a run that remembers batches and was stopped in its middle."""
    config = small(method="snfs", method__start="erdos_renyi", method__grow__window=2, training__epochs=2)
    pieces = iter(range(100))
    run = train(config, folder=tmp_path, stop=lambda: next(pieces) == 7)
    assert len(run.history) == 1
    return config, tmp_path, *read_arrays(tmp_path / FILE, "checkpoint")


def test_valid_checkpoint_with_arrays_of_another_shape_is_refused(half_way, small_data):
    config, folder, content, metadata = half_way
    for name, array in content.items():
        for other in other_shapes(array):
            write_arrays(folder / FILE, content | {name: other}, metadata, "checkpoint")
            with pytest.raises(StoreError) as caught:
                resume(folder, config, small_data.checksum, small_data)
            assert "cannot be gone on with" in str(caught.value), name
            assert "\n" not in str(caught.value)


def test_valid_checkpoint_with_other_numbers_ends_in_a_sentence_or_as_any_run(half_way):
    config, folder, content, metadata = half_way
    kept = (folder / FILE).read_bytes()
    for name, array in content.items():
        if re.search(r"layer[12]|explored\.[12]|kept\.(1|0\.1)", name):
            continue  # like the first
        for other in other_values(array):
            write_arrays(folder / FILE, content | {name: other}, metadata, "checkpoint")
            with suppress(StoreError):
                train(config, folder=folder)
            shutil.rmtree(folder / "result", ignore_errors=True)
            (folder / FILE).write_bytes(kept)


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": 2},
        {"epoch": -1},
        {"epoch": 10**9},
        {"epoch": None},
        {"position": 10**6},
        {"position": -1},
        {"position": 1.5},
        {"update_due": True, "position": 3},
        {"update_due": 1},
        {"selected": None},
        {"selected": [0.5, 0.5]},
        {"best_on_test": [0.5, 0.5, 99]},
        {"best_on_test": [0.5, 0.5, 0]},
        {"best_on_test": "x"},
    ],
)
def test_valid_checkpoint_that_stands_elsewhere_is_refused(half_way, change):
    config, tmp_path, content, metadata = half_way
    counters = metadata["counters"] | change
    write_arrays(tmp_path / FILE, content, metadata | {"counters": counters}, "checkpoint")
    with pytest.raises(CheckpointError, match=r"cannot be gone on with|not a checkpoint of this version"):
        train(config, folder=tmp_path)


def test_metadata_is_canonical_json_under_one_key(small, tmp_path):
    train(small(), folder=tmp_path, stop=lambda: True)
    raw = (tmp_path / checkpoint.FILE).read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert list(header["__metadata__"]) == ["gossamer"]
    assert json.loads(header["__metadata__"]["gossamer"])["metadata"]["counters"]["epoch"] == 0
