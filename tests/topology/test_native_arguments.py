"""Whatever is passed to the native functions of patterns, they answer or refuse with one sentence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gossamer import _native
from gossamer._native import Pattern, sample_exact

PATTERN = sample_exact(3, 4, 5, 1, 0)
KEEP = np.array([1, 0, 1, 1, 0], dtype=np.uint8)
GOOD = {
    "Pattern": {
        "n_in": 3,
        "n_out": 4,
        "offsets": PATTERN.source_offsets,
        "targets": PATTERN.targets,
    },
    "sample_exact": {"n_in": 3, "n_out": 4, "nnz": 5, "seed": 1, "layer": 0},
    "sample_bernoulli": {"n_in": 3, "n_out": 4, "probability": 0.5, "seed": 1, "layer": 0},
    "sample_free": {
        "pattern": PATTERN,
        "keep": KEEP,
        "count": 2,
        "seed": 1,
        "step": 0,
        "layer": 0,
        "exclude_dropped": False,
    },
    "swap_pattern": {"pattern": PATTERN, "keep": KEEP, "grow": np.zeros(0, dtype=np.uint64)},
    "philox": {"counter": np.zeros((2, 4), dtype=np.uint32), "seed": 1},
    "uniform_draws": {"seed": 1, "count": 3, "step": 0, "layer": 0, "purpose": 3},
}
CASES = [(function, name) for function, arguments in GOOD.items() for name in arguments]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70).filter(lambda value: not 50 < value < 2**33),  # no gigabytes
    st.floats(),
    st.text(max_size=3),
    st.binary(max_size=3),
    st.lists(st.integers(0, 3), max_size=5),
    st.just(PATTERN),
)
dtypes = st.one_of(
    arrays.integer_dtypes(endianness="?"),
    arrays.unsigned_integer_dtypes(endianness="?"),
    arrays.floating_dtypes(endianness="?"),
    arrays.boolean_dtypes(),
    arrays.complex_number_dtypes(),
    arrays.datetime64_dtypes(),
    arrays.byte_string_dtypes(),
    st.just(np.dtype(object)),
    st.just(np.dtype([("a", "u4"), ("b", "i8")])),
)
shapes = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)
plain = shapes.flatmap(lambda shape: dtypes.map(lambda dtype: np.zeros(shape, dtype)))
strange = plain.flatmap(
    lambda array: st.sampled_from([array, array.T, array[..., ::-1] if array.ndim else array])
)
strided = st.integers(0, 6).flatmap(
    lambda size: st.sampled_from(["u1", "u4", "i8", "u8"]).map(lambda dtype: np.zeros(2 * size, dtype)[::2])
)
numbers = st.sampled_from([np.uint8, np.uint32, np.int64, np.uint64, np.bool_]).flatmap(
    lambda dtype: arrays.arrays(dtype, st.integers(0, 6))
)


@pytest.mark.parametrize(("function", "name"), CASES)
@settings(max_examples=40)
@given(value=st.one_of(scalars, strange, strided, numbers))
def test_one_wrong_argument(function, name, value):
    try:
        result = getattr(_native, function)(**{**GOOD[function], name: value})
    except ValueError as error:
        message = str(error)
        assert "\n" not in message
        assert message.endswith(".")
    else:
        assert result is not None


@pytest.mark.parametrize(("function", "name"), CASES)
def test_the_sentence_names_the_argument(function, name):
    with pytest.raises(ValueError, match=name):
        getattr(_native, function)(**{**GOOD[function], name: "text"})


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(5, dtype=np.int8), r"dtype uint8 and shape \(5,\), but it is int8 of shape \(5,\)"),
        (np.zeros(4, dtype=np.uint8), r"shape \(5,\), but it is uint8 of shape \(4,\)"),
        (np.zeros((5, 1), dtype=np.uint8), r"but it is uint8 of shape \(5, 1\)"),
        (np.uint8(1), "cannot be read as one|of shape"),
        (np.zeros(10, dtype=np.uint8)[::2], "strided; use numpy.ascontiguousarray"),
        ([1, 0, 1, 1, 0], "but it is a list that cannot be read as one"),
    ],
)
def test_sentences_about_arrays(array, message):
    with pytest.raises(ValueError, match=message):
        _native.swap_pattern(PATTERN, array, np.zeros(0, dtype=np.uint64))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 4, 13, 1, 0), "a 3 x 4 layer can have 0 to 12 links, but 13 were asked for"),
        ((2**32, 4, 1, 1, 0), "n_in must be an integer from 1 to 4294967295, but it is 4294967296"),
        ((3, 4, 2.0, 1, 0), "nnz must be an integer from 0 to 4294967295, but it is a float"),
        ((3, 4, 2, -1, 0), "seed must be an integer from 0 to 18446744073709551615, but it is -1"),
        ((3, 4, 2, 1, 2**24), "layer must be an integer from 0 to 16777215, but it is 16777216"),
    ],
)
def test_sentences_about_numbers(arguments, message):
    with pytest.raises(ValueError, match=message):
        sample_exact(*arguments)


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan"), float("inf")])
def test_sentence_about_probabilities(probability):
    with pytest.raises(ValueError, match="probability of a link must be between 0 and 1"):
        _native.sample_bernoulli(3, 4, probability, 1, 0)


def test_too_many_links_are_refused_before_memory_is_taken():
    with pytest.raises(ValueError, match="at most 4294967295 links"):
        _native.sample_bernoulli(2**32 - 1, 2**32 - 1, 0.5, 1, 0)


def test_numpy_integers_are_integers():
    assert sample_exact(np.int64(3), np.uint8(4), np.int32(5), np.uint64(1), np.int8(0)).same_as(PATTERN)


def test_an_unfinished_pattern_is_refused():
    with (
        pytest.warns(RuntimeWarning, match="uninitialized"),
        pytest.raises(ValueError, match="pattern must be"),
    ):
        _native.swap_pattern(Pattern.__new__(Pattern), KEEP, np.zeros(0, dtype=np.uint64))
