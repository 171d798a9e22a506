import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from gossamer.data.config import DataConfig
from gossamer.data.load import load_dataset
from gossamer.data.npy import Archive, read_npy
from gossamer.data.npz import read_npz
from gossamer.errors import DataError

DTYPES = st.sampled_from(["?", "u1", "<i4", ">i8", "<u2", "<f2", ">f4", "<f8", "<U3", "S2"])
ARRAYS = DTYPES.flatmap(
    lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=0, max_dims=3, max_side=4, min_side=0))
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("npz") / "file.npz"


@given(array=ARRAYS, fortran=st.booleans(), compress=st.booleans())
def test_reading_gives_back_what_numpy_wrote(path, array, fortran, compress):
    array = np.asfortranarray(array) if fortran else array
    (np.savez_compressed if compress else np.savez)(path, some=array)
    with Archive(path) as archive:
        read = archive.read("some")
    assert archive.names == ("some",)
    assert read.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(read, array)
    np.save(path.with_suffix(".npy"), array)
    np.testing.assert_array_equal(read_npy(path.with_suffix(".npy")), array)


@given(data=st.data(), array=ARRAYS, compress=st.booleans())
def test_every_truncation_is_refused(path, data, array, compress):
    memory = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(memory, x=array, y=array)
    content = memory.getvalue()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(DataError):
        read_npz(path, DataConfig())


@given(data=st.data(), compress=st.booleans())
def test_changed_bytes_give_the_same_arrays_or_a_data_error(path, data, compress):
    inputs, labels = np.arange(12.0).reshape(4, 3), np.array([0, 1, 1, 0])
    memory = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(memory, x=inputs, y=labels)
    content = bytearray(memory.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        source = read_npz(path, DataConfig())
    except DataError:
        return
    np.testing.assert_array_equal(source.train.inputs, inputs)
    np.testing.assert_array_equal(source.train.labels, labels)


@given(header=st.binary(max_size=80), version=st.sampled_from([b"\1\0", b"\2\0", b"\3\0"]))
def test_any_npy_header_gives_an_array_or_a_data_error(path, header, version):
    size = len(header).to_bytes(2 if version == b"\1\0" else 4, "little")
    place = path.with_suffix(".npy")
    for content in (b"\x93NUMPY" + version + header, b"\x93NUMPY" + version + size + header):
        place.write_bytes(content)
        with pytest.raises(DataError):
            read_npy(place)


def npy(header: str, body: bytes = b"", version: bytes = b"\1\0") -> bytes:
    return b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header.encode() + body


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 99999999999999999999), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 0), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }",
        "{'descr': '<U999999999', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f5', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f8', 'fortran_order': __import__('os'), 'shape': (1,), }",
        "{'descr': '<f8', 'shape': (1,), }",
    ],
)
def test_hostile_npy_headers_are_refused(path, header):
    place = path.with_suffix(".npy")
    place.write_bytes(npy(header, bytes(8)))
    with pytest.raises(DataError):
        read_npy(place)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", npy(header, bytes(8)))
        archive.writestr("y.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", bytes(8)))
    with pytest.raises(DataError):
        read_npz(path, DataConfig())


class Trap:
    def __reduce__(self):
        return pytest.fail, ("a pickle was executed",)


def test_pickled_objects_are_never_loaded(path):
    np.savez(path, x=np.array([[Trap(), Trap()]], dtype=object), y=np.array([0]))
    with pytest.raises(DataError, match="Python objects are not read"):
        read_npz(path, DataConfig())


def test_a_member_larger_than_the_file_allows_is_refused(path):
    np.savez(path, x=np.zeros((4, 2)), y=np.arange(4))
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(DataError, match="more than its own size"):
        read_npz(path, DataConfig())


def test_unknown_compression_and_encryption_are_refused(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.npy", bytes(100))
        archive.writestr("y.npy", bytes(100))
    with pytest.raises(DataError, match="unknown method"):
        read_npz(path, DataConfig())
    np.savez(path, x=np.zeros((4, 2)), y=np.arange(4))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError):
        read_npz(path, DataConfig())


def test_the_papers_file_layout_is_read(path):
    labels = np.eye(3)[[0, 1, 2, 1]]
    np.savez(path, X_train=np.ones((4, 5)), Y_train=labels, X_test=np.zeros((4, 5)), Y_test=labels)
    data = load_dataset(DataConfig(name=str(path), scaling="none"))
    assert data.name == "file.npz"
    assert data.class_names == ("0", "1", "2")
    np.testing.assert_array_equal(data.test.labels, [0, 1, 2, 1])
    assert (data.train.inputs == 1).all()
    assert (data.test.inputs == 0).all()


def test_images_and_class_names_are_kept(path):
    np.savez(
        path, x=np.full((8, 4, 3), 9, np.uint8), y=np.arange(8) % 2, class_names=np.array(["cat", "dog"])
    )
    data = load_dataset(DataConfig(name=str(path)))
    assert data.image_shape == (4, 3)
    assert data.class_names == ("cat", "dog")
    assert data.train.inputs.dtype == np.uint8


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "x_train and y_train"),
        ({"x": np.zeros((2, 2))}, "x_train and y_train"),
        ({"x": np.zeros((2, 2)), "y": np.arange(3)}, "2 samples but 3 labels"),
        ({"x": np.zeros((2, 2)), "y": np.arange(2), "x_test": np.zeros((1, 2))}, "only one of x_test"),
        ({"x": np.zeros(2), "y": np.arange(2)}, "one row a sample"),
        ({"x": np.zeros((2, 0)), "y": np.arange(2)}, "0 features"),
        ({"x": np.zeros((0, 2)), "y": np.arange(0)}, "0 different labels"),
        ({"x": np.full((2, 2), np.nan), "y": np.arange(2)}, "holds nan at position"),
        (
            {"x": np.array([[1.0, 2.0], [3.0, -np.inf]]), "y": np.arange(2)},
            r"holds -inf at position \(1, 1\)",
        ),
        ({"x": np.full((2, 2), 1e39), "y": np.arange(2)}, "holds 1e\\+39 at position"),
        ({"x": np.array([["a"], ["b"]]), "y": np.arange(2)}, "real numbers are expected"),
        ({"x": np.zeros((2, 2)), "y": np.array([0.5, 1.0])}, "not whole numbers"),
        ({"x": np.zeros((2, 2)), "y": np.array([0.0, np.nan])}, "not whole numbers"),
        ({"x": np.zeros((2, 2)), "y": np.ones((2, 2))}, "one-hot"),
        ({"x": np.zeros((2, 2)), "y": np.zeros(2)}, "only the label"),
        ({"x": np.zeros((2, 2)), "y": np.array([0, 2]), "class_names": np.array(["a", "b"])}, "has label 2"),
        (
            {"x": np.zeros((2, 2)), "y": np.array([0, -1]), "class_names": np.array(["a", "b"])},
            "has label -1",
        ),
        ({"x": np.zeros((2, 2)), "y": np.arange(2), "class_names": np.zeros(2)}, "class names"),
        ({"x": np.zeros((2, 2)), "y": np.arange(2), "class_names": np.array(["a", "a"])}, "same name"),
    ],
)
def test_unusable_arrays_give_one_clear_sentence(path, arrays, message):
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=message):
        load_dataset(DataConfig(name=str(path)))


SPARSE = hnp.arrays(
    "f4", st.tuples(st.integers(4, 8), st.integers(1, 6)), elements=st.sampled_from([0.0, 0.0, 1.5, -2.0])
)


@given(dense=SPARSE, inside=st.booleans())
def test_a_sparse_file_gives_the_same_numbers_as_a_dense_one(tmp_path_factory, dense, inside):
    path = tmp_path_factory.mktemp("sparse") / "set.npz"
    labels = np.arange(len(dense)) % 2
    matrix = sparse.csr_array(dense)
    if inside:
        np.savez(
            path,
            format=np.array("csr"),
            shape=matrix.shape,
            data=matrix.data,
            indices=matrix.indices,
            indptr=matrix.indptr,
            labels=labels,
        )
    else:
        sparse.save_npz(path, matrix)
        np.save(path.with_name("set.labels.npy"), labels)
    for scaling in ("none", "unit"):
        read = load_dataset(DataConfig(name=str(path), scaling=scaling))
        np.savez(path.with_name("dense.npz"), x=dense, y=labels)
        plain = load_dataset(DataConfig(name=str(path.with_name("dense.npz")), scaling=scaling))
        np.testing.assert_array_equal(read.train.inputs.toarray(), plain.train.inputs)
        np.testing.assert_array_equal(read.test.inputs.toarray(), plain.test.inputs)
        assert (read.input_shift == 0).all()
        assert (read.input_scale == 1).all()


def sparse_file(path, **changes):
    matrix = sparse.csr_array(np.array([[0, 1.0], [2.0, 0], [0, 0], [3.0, 4.0]]))
    arrays = {
        "format": np.array("csr"),
        "shape": np.array(matrix.shape),
        "data": matrix.data,
        "indices": matrix.indices,
        "indptr": matrix.indptr,
        "labels": np.array([0, 1, 0, 1]),
    }
    arrays.update(changes)
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": np.array("bsr")}, "tocsr"),
        ({"format": np.array(3)}, "tocsr"),
        ({"format": np.array(["csr", "csr"])}, "tocsr"),
        ({"labels": None}, "has no labels"),
        ({"labels": np.array([0, 1])}, "4 samples but 2 labels"),
        ({"shape": np.array([4])}, "not integers"),
        ({"shape": np.array([4.0, 2.0])}, "not integers"),
        ({"shape": np.array([4, 10**15])}, "does not fit"),
        ({"shape": np.array([-1, 2])}, "does not fit"),
        ({"shape": np.array([10**12, 2])}, "does not fit"),
        ({"indices": np.array([1, 0, 0, 2])}, "column numbers outside 0 to 1"),
        ({"indices": np.array([1, 0, 0, -1])}, "column numbers outside"),
        ({"indices": np.array([1, 0])}, "does not fit"),
        ({"indptr": np.array([0, 1, 2, 2, 5])}, "row offsets"),
        ({"indptr": np.array([0, 3, 2, 2, 4])}, "row offsets"),
        ({"indptr": np.array([1, 1, 2, 2, 4])}, "row offsets"),
        ({"data": np.array([1.0, np.nan, 3.0, 4.0])}, "nan"),
        ({"data": np.array([1.0, 2.0, 3.0])}, "does not fit"),
        ({"data": np.array([1j, 2.0, 3.0, 4.0])}, "plain numbers"),
    ],
)
def test_hostile_sparse_files_give_one_clear_sentence(path, changes, message):
    sparse_file(path)
    load_dataset(DataConfig(name=str(path)))
    sparse_file(path, **changes)
    with pytest.raises(DataError, match=message):
        load_dataset(DataConfig(name=str(path)))


def test_duplicates_and_stored_zeros_of_a_sparse_file_are_merged(path):
    sparse_file(path)
    plain = load_dataset(DataConfig(name=str(path)))
    changed = {
        "data": [1.0, 1.0, 1.0, 3.0, 0.0, 4.0],
        "indices": [1, 0, 0, 0, 0, 1],
        "indptr": [0, 1, 3, 3, 6],
    }
    sparse_file(path, **{name: np.array(values) for name, values in changed.items()})
    assert load_dataset(DataConfig(name=str(path))).checksum == plain.checksum
