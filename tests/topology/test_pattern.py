"""Patterns: both orders of one set of links, read-only, and refused when they are none."""

import copy
import gc
import pickle

import numpy as np
import pytest
from hypothesis import given
from pattern_laws import check_invariants, keys_of, pattern_of_keys, patterns

from gossamer._native import Pattern, sample_exact

ARRAYS = ("source_offsets", "targets", "target_offsets", "sources", "link_of")


def pattern(n_in, n_out, offsets, targets):
    return Pattern(n_in, n_out, np.array(offsets, dtype=np.int64), np.array(targets, dtype=np.uint32))


@given(patterns())
def test_both_orders_list_the_same_links(made):
    check_invariants(made)


@given(patterns())
def test_canonical_half_makes_the_pattern_again(made):
    again = Pattern(made.n_in, made.n_out, made.source_offsets, made.targets)
    assert again.same_as(made)
    assert made.same_as(again)


def test_example():
    made = pattern(3, 4, [0, 2, 2, 5], [1, 3, 0, 1, 2])
    assert made.link_sources().tolist() == [0, 0, 2, 2, 2]
    assert made.target_offsets.tolist() == [0, 1, 3, 4, 5]
    assert made.sources.tolist() == [2, 0, 2, 2, 0]
    assert made.link_of.tolist() == [2, 0, 3, 4, 1]
    assert repr(made) == "Pattern(3 -> 4, 5 links)"


def test_patterns_differ_by_links_and_by_sizes():
    made = pattern_of_keys(3, 4, [1, 5])
    assert not made.same_as(pattern_of_keys(3, 4, [1, 6]))
    assert not made.same_as(pattern_of_keys(3, 4, [1]))
    assert not made.same_as(pattern_of_keys(4, 4, [1, 5]))
    assert not made.same_as(pattern(3, 5, made.source_offsets, made.targets))


@pytest.mark.parametrize(("n_in", "n_out"), [(1, 1), (1, 7), (7, 1), (3, 5)])
def test_no_links_and_all_links(n_in, n_out):
    for keys in ([], list(range(n_in * n_out))):
        made = pattern_of_keys(n_in, n_out, keys)
        check_invariants(made)
        assert keys_of(made).tolist() == keys


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_read_only_views_that_outlive_the_pattern(name):
    made = sample_exact(30, 40, 500, 1, 0)
    view, kept = getattr(made, name), getattr(made, name).copy()
    assert view.ctypes.data == getattr(made, name).ctypes.data
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    del made
    gc.collect()
    np.testing.assert_array_equal(view, kept)


def test_attributes_cannot_be_set():
    made = sample_exact(3, 4, 5, 1, 0)
    for name in ("n_in", "nnz", *ARRAYS):
        with pytest.raises(AttributeError):
            setattr(made, name, 1)


def test_input_arrays_are_copied():
    offsets, targets = np.array([0, 1, 2]), np.array([0, 1], dtype=np.uint32)
    made = Pattern(2, 2, offsets, targets)
    targets[0] = 1
    assert made.targets.tolist() == [0, 1]


def test_unaligned_arrays_are_read_right():
    targets = np.frombuffer(b"\x00" + np.array([1, 3], dtype=np.uint32).tobytes(), dtype=np.uint32, offset=1)
    assert Pattern(1, 4, np.array([0, 2]), targets).targets.tolist() == [1, 3]


def test_copies_are_made_by_the_constructor_and_there_are_no_unfinished_patterns():
    made = sample_exact(3, 4, 5, 1, 0)
    for found in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert found.same_as(made)
    maker, (n_in, n_out, offsets, targets) = made.__reduce__()
    with pytest.raises(ValueError, match="below n_out"):
        maker(n_in, n_out, offsets, targets + 9)
    with pytest.raises(TypeError):
        object.__new__(Pattern)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, 4, [0, 2, 2], [1, 3]), r"offsets must be .* shape \(4,\), but it is int64 of shape \(3,\)"),
        ((2, 4, [0, 2, 1], [1]), "offsets must not descend, but element 2 is 1 after 2"),
        ((2, 4, [0, -1, 2], [1, 3]), "offsets must not descend, but element 1 is -1 after 0"),
        ((2, 4, [0, 2**62, 2], [1, 3]), "offsets must not descend"),
        ((2, 4, [0, 1, 3], [1, 3]), "offsets must run from 0 to the number of targets, 2, .* from 0 to 3"),
        ((2, 4, [1, 1, 2], [1, 3]), "from 1 to 2"),
        ((2, 4, [0, 1, 2], [1, 4]), "below n_out = 4, but link 1 goes to 4"),
        ((1, 4, [0, 2], [3, 1]), "source 0 has target 1 after 3"),
        ((1, 4, [0, 2], [1, 1]), "source 0 has target 1 after 1"),
        ((0, 4, [0], []), "n_in must be an integer from 1"),
        ((4, 2**32, [0] * 5, []), "n_out must be an integer from 1 to 4294967295"),
    ],
)
def test_what_is_no_pattern_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        pattern(*arguments)
