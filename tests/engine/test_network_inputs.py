"""Inputs take exactly what the kernels can read, and hand on the numbers that were meant."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from network_helpers import make_inputs, make_network
from scipy.sparse import csr_array
from strange_values import anything, assert_one_sentence

from gossamer.engine.inputs import Inputs
from gossamer.errors import DataError

D = 4
whole = st.integers(-2, 8) | st.integers(-(2**63), 2**63 - 1)


def accepted(make):
    """The inputs, or None where they are refused in one sentence."""
    try:
        return make()
    except DataError as error:
        assert_one_sentence(error)
        return None


@st.composite
def sparse_arrays(draw):
    """Offsets, columns and number of values of three rows, often sound."""
    counts = draw(st.lists(st.integers(0, 3), min_size=3, max_size=3))
    indptr = np.cumsum([0, *counts]).tolist()
    indices = [k for count in counts for k in sorted(draw(st.permutations(range(D)))[:count])]
    stored = len(indices)
    match draw(st.sampled_from(["sound", "offset", "offsets", "column", "columns", "values"])):
        case "offset":
            indptr[draw(st.integers(0, 3))] = draw(whole)
        case "offsets":
            indptr = draw(st.lists(whole, min_size=2, max_size=5))
        case "column" if indices:
            indices[draw(st.integers(0, stored - 1))] = draw(st.integers(-2, 6))
        case "columns":
            indices = draw(st.lists(st.integers(0, D - 1), max_size=9))
        case "values":
            stored = draw(st.integers(0, 9))
    return indptr, indices, stored


@given(arrays=sparse_arrays())
def test_damaged_sparse_samples(arrays):
    """What is accepted is read as rows of the stored values, and has no column twice."""
    indptr, indices, stored = arrays
    sparse = csr_array((3, D), dtype=np.float32)
    sparse.indptr, sparse.indices = np.array(indptr, np.int64), np.array(indices, np.int32)
    sparse.data = np.arange(1, stored + 1, dtype=np.float32)
    inputs = accepted(lambda: Inputs(sparse, np.ones(D), np.zeros(D)))
    if inputs is not None:
        network = make_network((D, 3), density=0.5)
        dense = np.zeros((3, D), np.float32)
        for row, (first, last) in enumerate(pairwise(indptr)):
            dense[row, indices[first:last]] = sparse.data[first:last]
        assert np.count_nonzero(dense) == stored
        np.testing.assert_array_equal(network.scores(inputs), network.scores(Inputs.plain(dense)))


def test_row_offsets_that_wrap_around_are_refused():
    """Each difference of these offsets is positive in 64-bit arithmetic, which they overflow."""
    sparse = csr_array((3, D), dtype=np.float32)
    sparse.indptr = np.array([0, 2**63 - 1, -2, 2], np.int64)
    sparse.indices, sparse.data = np.array([0, 1], np.int32), np.ones(2, np.float32)
    with pytest.raises(DataError, match="do not ascend"):
        Inputs(sparse, np.ones(D), np.zeros(D))


@given(values=anything)
def test_values_of_any_kind(values):
    inputs = accepted(lambda: Inputs.plain(values))
    if inputs is not None:
        assert inputs.values.dtype in (np.uint8, np.float32)
        assert inputs.n_features == values.shape[1]


@pytest.mark.parametrize("name", ["scale", "shift"])
@pytest.mark.parametrize(
    "vector",
    [np.ones(3), np.ones((D, 1)), np.full(D, np.nan), np.full(D, np.inf), np.float32(1)],
)
def test_scale_and_shift_are_finite_and_one_for_each_feature(name, vector):
    good = {"scale": np.ones(D), "shift": np.zeros(D)}
    with pytest.raises(DataError, match=name):
        Inputs(np.ones((2, D), np.float32), **good | {name: vector})


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("kind", ["uint8", "float32", "csr"])
def test_few_samples(kind, n):
    inputs = make_inputs(n, kind=kind)
    assert (inputs.n_samples, inputs.n_features) == (n, 37)
    assert make_network().scores(inputs).shape == (n, 5)
