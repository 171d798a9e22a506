import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gossamer.data.labels import encode_labels
from gossamer.errors import DataError

TEXT = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=4)
PARTS = st.lists(
    st.lists(st.integers(-5, 5) | st.integers(-(2**62), 2**62), min_size=1), min_size=1, max_size=3
)


def at_least_two(parts):
    return len({label for part in parts for label in part}) >= 2


@given(parts=PARTS.filter(at_least_two))
def test_integers_are_numbered_in_rising_order_and_named_by_themselves(parts):
    encoded, names = encode_labels([np.array(part) for part in parts], None, "it")
    assert [[int(names[k]) for k in part] for part in encoded] == parts
    assert sorted(map(int, names)) == list(map(int, names))
    assert all(part.dtype == np.uint32 for part in encoded)


@given(parts=st.lists(st.lists(TEXT, min_size=1), min_size=1, max_size=3).filter(at_least_two))
def test_strings_are_their_own_names(parts):
    encoded, names = encode_labels([np.array(part) for part in parts], None, "it")
    assert [[names[k] for k in part] for part in encoded] == parts
    assert list(names) == sorted(names)
    again, _ = encode_labels([np.array(part, dtype="S") for part in parts], names, "it")
    assert all((first == second).all() for first, second in zip(encoded, again, strict=True))


@given(
    labels=hnp.arrays("i8", st.integers(1, 20), elements=st.integers(0, 4)),
    dtype=st.sampled_from(["?", "u1", "i8", "f4"]),
)
def test_one_hot_rows_mean_the_place_of_their_one(labels, dtype):
    encoded, names = encode_labels([np.eye(5, dtype=dtype)[labels]], ("a", "b", "c", "d", "e"), "it")
    np.testing.assert_array_equal(encoded[0], labels)
    assert len(names) == 5


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)))
def test_any_array_gives_class_numbers_or_a_data_error(labels):
    try:
        (encoded,), names = encode_labels([labels], None, "it")
    except DataError:
        return
    assert encoded.shape == (len(labels),)
    assert encoded.max() < len(names)


@pytest.mark.parametrize(
    ("parts", "names", "message"),
    [
        ([[1, 2], ["a", "b"]], None, "numbers as labels in one part and strings"),
        ([["a", " "]], None, "no label for sample 1"),
        ([["a", "z"]], ("a", "b"), "label 'z'"),
        ([[0, 3]], ("a", "b", "c"), "label 3; 0 to 2 is expected"),
        ([np.array([2**64 - 1, 0], dtype=np.uint64)], None, "below 2"),
        ([[1.0, 1e300]], None, "not whole numbers"),
        ([[1j, 2j]], None, "type complex128"),
        ([[[[1]]]], None, "shape"),
        ([[[0, 2], [1, 0]]], None, "one-hot"),
        ([[[0, 0], [1, 0]]], None, "one-hot"),
        ([[7, 7]], None, "only the label"),
        ([range(2**16 + 1)], None, "65537 different labels"),
    ],
)
def test_unusable_labels_give_one_clear_sentence(parts, names, message):
    with pytest.raises(DataError, match=message):
        encode_labels([np.array(part) for part in parts], names, "it")


def test_bytes_that_are_not_text_are_refused():
    broken = np.array([b"\xff", b"a"])
    with pytest.raises(DataError, match="not valid text"):
        encode_labels([broken], None, "it")
