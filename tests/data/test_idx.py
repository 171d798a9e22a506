import gzip
import hashlib
import struct
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from idx_writer import CODES, idx_bytes

from gossamer.data.idx import read_idx
from gossamer.errors import DataError

ARRAYS = st.sampled_from(sorted(CODES)).flatmap(
    lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=1, max_dims=4, max_side=5))
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("idx") / "file"


@contextmanager
def little_memory():
    """Fail if more than 4 MB are taken at any moment, counted by what Python and NumPy ask for."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 4e6
    finally:
        tracemalloc.stop()


@given(array=ARRAYS, compress=st.booleans())
def test_reading_gives_back_what_was_written(path, array, compress):
    content = idx_bytes(array)
    path.write_bytes(gzip.compress(content) if compress else content)
    read = read_idx(path, sha256=hashlib.sha256(content).hexdigest())
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


@given(array=ARRAYS, data=st.data(), compress=st.booleans())
def test_every_truncation_is_refused(path, array, data, compress):
    content = gzip.compress(idx_bytes(array)) if compress else idx_bytes(array)
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(DataError):
        read_idx(path)


@given(array=ARRAYS, extra=st.binary(min_size=1, max_size=20), compress=st.booleans())
def test_bytes_beyond_the_array_are_refused(path, array, extra, compress):
    content = idx_bytes(array) + extra
    path.write_bytes(gzip.compress(content) if compress else content)
    with pytest.raises(DataError, match="goes on"):
        read_idx(path)


@given(
    content=st.binary(max_size=60),
    start=st.sampled_from([b"", b"\0\0\x08\1", b"\0\0\x0d\3", b"\x1f\x8b\x08"]),
)
def test_any_bytes_give_an_array_or_a_data_error(path, content, start):
    path.write_bytes(start + content)
    try:
        array = read_idx(path)
    except DataError:
        return
    assert idx_bytes(array) == start + content


@given(array=ARRAYS, data=st.data())
def test_a_changed_byte_of_a_gzip_file_never_changes_the_array(path, array, data):
    content = bytearray(gzip.compress(idx_bytes(array), mtime=0))
    content[data.draw(st.integers(2, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        read = read_idx(path)
    except DataError:
        return
    # Some bits of the format (time, system, padding) mean nothing.
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("sides", [(2**32 - 1,) * 3, (2**31, 2**31), (10**6, 10**6), (1001,)])
@pytest.mark.parametrize("compress", [False, True])
def test_a_header_that_promises_too_much_allocates_nothing(path, sides, compress):
    content = struct.pack(f">BBBB{len(sides)}I", 0, 0, 0x0E, len(sides), *sides) + bytes(64)
    path.write_bytes(gzip.compress(content) if compress else content)
    with little_memory(), pytest.raises(DataError, match=r"can hold|cut off"):
        read_idx(path)


def test_a_gzip_bomb_is_not_unpacked_beyond_its_header(path):
    path.write_bytes(gzip.compress(idx_bytes(np.zeros(4, np.uint8)) + bytes(1 << 26)))
    with little_memory(), pytest.raises(DataError, match="goes on"):
        read_idx(path)


def test_an_array_of_nothing_is_refused(path):
    path.write_bytes(idx_bytes(np.zeros((0, 3), np.uint8)))
    with pytest.raises(DataError, match="nothing"):
        read_idx(path)


def test_other_content_than_the_published_one_is_refused(path):
    path.write_bytes(idx_bytes(np.arange(4, dtype=np.uint8)))
    with pytest.raises(DataError, match="is not the published file"):
        read_idx(path, sha256="0" * 64)


def test_missing_files_and_folders_are_named(path, tmp_path):
    for place in (tmp_path / "none", tmp_path):
        with pytest.raises(DataError, match=r"cannot be read \("):
            read_idx(place)
