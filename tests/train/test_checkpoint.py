import json
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gossamer.errors import StoreError
from gossamer.files import DiskFullError, write_bytes
from gossamer.train import checkpoint
from gossamer.train.arrays import read_arrays, write_arrays
from gossamer.train.checkpoint import FILE, read_checkpoint
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


def test_checkpoint_holds_all_that_the_rest_of_the_run_depends_on(small, tmp_path):
    pieces = iter(range(100))
    run = train(small(), folder=tmp_path, stop=lambda: next(pieces) == 7)
    assert run.state == "interrupted"
    found = resume(tmp_path, small(), run.data.checksum)
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


def test_checkpoint_with_missing_or_hostile_content_is_refused(small, tmp_path):
    config = small()
    pieces = iter(range(100))
    run = train(config, folder=tmp_path, stop=lambda: next(pieces) == 7)
    content, metadata = read_arrays(tmp_path / FILE, "checkpoint")
    for name in content:
        rest = {other: array for other, array in content.items() if other != name}
        write_arrays(tmp_path / FILE, rest, metadata, "checkpoint")
        try:
            resume(tmp_path, config, run.data.checksum)
        except StoreError:
            continue
        assert "validation" in name, f"{name} is missing and nobody noticed"
    hostile = content | {"network.layer0.targets": content["network.layer0.targets"] + np.uint32(10**6)}
    write_arrays(tmp_path / FILE, hostile, metadata, "checkpoint")
    with pytest.raises(StoreError, match="damaged"):
        resume(tmp_path, config, run.data.checksum)
    write_arrays(tmp_path / FILE, content, {"header": {}}, "checkpoint")
    with pytest.raises(StoreError, match="not a checkpoint of this version"):
        read_checkpoint(tmp_path)


def test_metadata_is_canonical_json_under_one_key(small, tmp_path):
    train(small(), folder=tmp_path, stop=lambda: True)
    raw = (tmp_path / checkpoint.FILE).read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert list(header["__metadata__"]) == ["gossamer"]
    assert json.loads(header["__metadata__"]["gossamer"])["metadata"]["counters"]["epoch"] == 0
