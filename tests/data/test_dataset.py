from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from gossamer.data import Dataset, Split, from_arrays
from gossamer.errors import DataError

LABELS = np.array([0, 1, 0], np.uint32)


@pytest.fixture
def data() -> Dataset:
    inputs = np.arange(6, dtype=np.uint8).reshape(3, 2)
    return from_arrays((inputs, LABELS), (inputs, LABELS), (inputs, LABELS), class_names=("a", "b"))


@pytest.mark.parametrize("kind", [np.uint8, np.float32, "sparse"])
def test_nothing_of_a_split_can_be_written(kind):
    inputs = np.eye(3, dtype=np.float32 if kind == "sparse" else kind)
    split = Split(sparse.csr_array(inputs) if kind == "sparse" else inputs, LABELS)
    arrays = [split.labels]
    arrays += (
        [split.inputs.data, split.inputs.indices, split.inputs.indptr] if kind == "sparse" else [split.inputs]
    )
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(FrozenInstanceError):
        split.labels = LABELS
    np.testing.assert_array_equal(split.inputs[np.array([2, 0])].sum(axis=1), [1, 1])


def test_nothing_of_a_data_set_can_be_written(data):
    for array in (data.input_scale, data.input_shift, data.scaling.scale, data.scaling.shift):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(FrozenInstanceError):
        data.name = "other"


@pytest.mark.parametrize(
    ("inputs", "labels", "message"),
    [
        ([[1.0]], LABELS, "list"),
        (np.zeros(3, np.float32), LABELS, "2-D array"),
        (np.zeros((3, 2)), LABELS, "dtype float64; uint8 or float32"),
        (sparse.csr_array(np.eye(3)), LABELS, "dtype float64; float32"),
        (sparse.csc_array(np.eye(3, dtype=np.float32)), LABELS, "csc_array"),
        (np.zeros((3, 2), np.uint8), [0, 1, 0], "uint32"),
        (np.zeros((3, 2), np.uint8), LABELS.astype(int), "uint32"),
        (np.zeros((3, 2), np.uint8), LABELS[:2], "3 samples but 2 labels"),
        (np.zeros((0, 2), np.uint8), LABELS[:0], r"shape \(0, 2\)"),
        (np.zeros((3, 0), np.uint8), LABELS, r"shape \(3, 0\)"),
        (np.full((3, 2), np.nan, np.float32), LABELS, "NaN"),
        (sparse.csr_array(np.full((3, 2), np.inf, np.float32)), LABELS, "infinity"),
    ],
)
def test_a_split_of_anything_else_is_refused(inputs, labels, message):
    with pytest.raises(DataError, match=message):
        Split(inputs, labels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class_names": ("only",)}, "label 1; labels below 1"),
        ({"class_names": ()}, "0 classes"),
        (
            {"test": Split(np.zeros((3, 5), np.uint8), LABELS)},
            "test part has 5 uint8 features but the train part has 2",
        ),
        ({"validation": Split(np.zeros((3, 2), np.float32), LABELS)}, "validation part has 2 float32"),
        ({"image_shape": (2, 2)}, "Image shape"),
        ({"input_scale": np.ones(3, np.float32)}, "input_scale is not 2 finite"),
        ({"input_shift": np.full(2, np.nan, np.float32)}, "input_shift is not 2 finite"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(data, changes, message):
    with pytest.raises(DataError, match=message):
        replace(data, **changes)


def test_parts_are_named_in_order(data):
    assert list(data.parts()) == ["train", "validation", "test"]
    assert list(replace(data, validation=None).parts()) == ["train", "test"]
    assert (data.n_features, data.n_classes, len(data.train)) == (2, 2, 3)


ANY = hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))


@given(inputs=ANY, other=ANY, labels=st.lists(st.integers(0, 2), max_size=4))
def test_any_arrays_give_a_data_set_or_a_data_error(inputs, other, labels):
    try:
        data = from_arrays((inputs, labels), (other, labels), scaling="unit")
    except DataError:
        return
    assert data.train.inputs.shape == (len(labels), data.n_features)
    assert data.test.inputs.dtype == data.train.inputs.dtype
