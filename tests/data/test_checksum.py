import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from gossamer.data import from_arrays
from gossamer.data.checksum import checksum

SHAPES = st.tuples(st.integers(2, 6), st.integers(1, 4))


def parts(train, test):
    labels = np.zeros(train.shape[0], np.uint32), np.zeros(test.shape[0], np.uint32)
    return {"train": (train, labels[0]), "test": (test, labels[1])}


@given(data=st.data(), train=hnp.arrays("u1", SHAPES))
def test_every_changed_value_label_type_shape_or_part_changes_the_checksum(data, train):
    original = checksum(parts(train, train), 3)
    assert checksum(parts(train.copy(order="F"), train), 3) == original
    changed = train.copy()
    changed.flat[data.draw(st.integers(0, train.size - 1))] ^= 1
    labels = np.eye(1, len(train), data.draw(st.integers(0, len(train) - 1)), dtype=np.uint32)[0]
    others = [
        checksum(parts(changed, train), 3),
        checksum(parts(train, changed), 3),
        checksum({**parts(train, train), "test": (train, labels)}, 3),
        checksum(parts(train.astype(np.float32), train), 3),
        checksum(parts(train, train), 4),
        checksum({"train": (train, np.zeros(len(train), np.uint32))}, 3),
        checksum({"validation" if k == "train" else k: v for k, v in parts(train, train).items()}, 3),
    ]
    if train.shape[0] != train.shape[1]:
        turned = np.ascontiguousarray(train.reshape(train.shape[::-1]))
        others.append(
            checksum({**parts(train, train), "train": (turned, np.zeros(len(train), np.uint32))}, 3)
        )
    assert len({original, *others}) == len(others) + 1


@given(dense=hnp.arrays("f4", SHAPES, elements=st.sampled_from([0.0, 1.0, 2.0])))
def test_the_width_of_sparse_indices_does_not_matter(dense):
    narrow = sparse.csr_array(dense)
    wide = sparse.csr_array(dense)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    assert checksum(parts(narrow, dense), 2) == checksum(parts(wide, dense), 2)


def test_scaling_names_and_formats_do_not_matter():
    inputs, labels = np.arange(12, dtype=np.float64).reshape(4, 3), np.array([0, 1, 1, 0])
    sums = {
        from_arrays((inputs, labels), (inputs.astype("f4"), labels), name=scaling, scaling=scaling).checksum
        for scaling in ("none", "unit", "standardise")
    }
    named = from_arrays((inputs, labels), (inputs, labels), class_names=("a", "b")).checksum
    assert sums == {named}


def test_the_checksum_of_a_small_set_written_out_by_hand():
    inputs, labels = np.arange(4, dtype=np.uint8).reshape(2, 2), np.array([0, 1])
    head = b"gossamer data 1\nclasses 2\n"
    train, test = (
        f"{part}.inputs uint8 [2, 2]\n".encode()
        + bytes([0, 1, 2, 3])
        + f"{part}.labels uint32 [2]\n".encode()
        + bytes([0, 0, 0, 0, 1, 0, 0, 0])
        for part in ("train", "test")
    )
    expected = hashlib.sha256(head + train + test).hexdigest()
    assert from_arrays((inputs, labels), (inputs, labels)).checksum == expected
