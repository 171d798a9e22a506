"""Values of all kinds for an argument that expects something else, and what a refusal must look like."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gossamer._native import sample_exact

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70).filter(lambda value: not 50 < value < 2**33),  # nothing that takes long
    st.floats(),
    st.text(max_size=3),
    st.binary(max_size=3),
    st.lists(st.integers(0, 3), max_size=5),
    st.tuples(st.integers(0, 3), st.floats()),
    st.dictionaries(st.sampled_from(["rule", "form", "momentum"]), st.integers(-1, 3)),
    st.just(sample_exact(3, 4, 5, 1, 0)),
    st.just(object()),
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
shapes = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9)
plain = shapes.flatmap(lambda shape: dtypes.map(lambda dtype: np.zeros(shape, dtype)))
turned = plain.flatmap(lambda a: st.sampled_from([a, a.T, a[..., ::-1] if a.ndim else a]))
native_dtypes = st.sampled_from(["u1", "u4", "i4", "i8", "u8", "f4", "f8", "?"])
strided = st.tuples(st.integers(0, 9), native_dtypes).map(lambda how: np.zeros(2 * how[0], how[1])[::2])
unaligned = st.tuples(st.integers(0, 9), native_dtypes).map(
    lambda how: np.frombuffer(bytes(1 + how[0] * np.dtype(how[1]).itemsize), np.uint8)[1:].view(how[1])
)
numbers = native_dtypes.flatmap(
    lambda dtype: shapes.flatmap(lambda shape: arrays.arrays(np.dtype(dtype), shape))
)
anything = st.one_of(scalars, turned, strided, unaligned, numbers)


def assert_one_sentence(error):
    message = str(error)
    assert "\n" not in message
    assert message.endswith(".")
    assert len(message) > 20


def answered(call, *arguments):
    """Whether the call returned; a refusal must be one sentence."""
    try:
        call(*arguments)
    except ValueError as error:
        assert_one_sentence(error)
        return False
    return True
