"""Swaps: exactly the kept and the grown links, each with its origin, in canonical order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pattern_laws import check_invariants, keys_of, masked_patterns, pattern_of_keys

from gossamer._native import sample_exact, sample_free, swap_pattern


@st.composite
def swaps(draw):
    """A pattern, which links it keeps, and positions that can grow."""
    pattern, keep = draw(masked_patterns())
    free = np.setdiff1d(np.arange(pattern.n_in * pattern.n_out), keys_of(pattern)[keep])
    chosen = draw(st.lists(st.booleans(), min_size=len(free), max_size=len(free)))
    return pattern, keep, free[np.array(chosen, dtype=bool)].astype(np.uint64)


@given(swaps())
def test_a_swap_has_the_kept_and_the_grown_links_and_no_others(swap):
    pattern, keep, grow = swap
    made, _ = swap_pattern(pattern, keep, grow)
    check_invariants(made)
    assert (made.n_in, made.n_out) == (pattern.n_in, pattern.n_out)
    assert made.nnz == keep.sum() + len(grow)
    np.testing.assert_array_equal(keys_of(made), np.union1d(keys_of(pattern)[keep], grow.astype(np.int64)))


@given(swaps())
def test_every_link_knows_where_it_comes_from(swap):
    pattern, keep, grow = swap
    made, origin = swap_pattern(pattern, keep, grow)
    assert origin.dtype == np.int64
    old = origin >= 0
    np.testing.assert_array_equal(origin[old], np.flatnonzero(keep))
    np.testing.assert_array_equal(-1 - origin[~old], np.arange(len(grow)))
    np.testing.assert_array_equal(keys_of(made)[old], keys_of(pattern)[origin[old]])
    np.testing.assert_array_equal(keys_of(made)[~old], grow[-1 - origin[~old]].astype(np.int64))


@given(swaps())
def test_a_swap_can_be_undone(swap):
    pattern, keep, grow = swap
    made, origin = swap_pattern(pattern, keep, grow)
    dropped = np.setdiff1d(keys_of(pattern), keys_of(made)[origin >= 0]).astype(np.uint64)
    back, _ = swap_pattern(made, origin >= 0, dropped)
    assert back.same_as(pattern)


@given(masked_patterns())
def test_masks_may_be_bool_or_uint8(masked):
    pattern, keep = masked
    none = np.zeros(0, dtype=np.uint64)
    first, second = swap_pattern(pattern, keep, none), swap_pattern(pattern, 7 * keep.astype(np.uint8), none)
    assert first[0].same_as(second[0])


def test_long_evolution_conserves_links():
    pattern = sample_exact(60, 70, 500, 1, 0)
    for step in range(100):
        keep = np.arange(pattern.nnz) % 3 != step % 3
        grow = sample_free(pattern, keep, int((~keep).sum()), 2, step, 0, step % 2 == 1)
        pattern, _ = swap_pattern(pattern, keep, grow)
        assert pattern.nnz == 500
    check_invariants(pattern)


@pytest.mark.parametrize(
    ("grow", "message"),
    [
        ([5, 3], "ascend strictly, but number 1 is 3 after 5"),
        ([3, 3], "ascend strictly"),
        ([12], "below n_in \\* n_out = 12, but one is 12"),
        ([3, 2**64 - 1], "but one is 18446744073709551615"),
        ([1], r"position \(0, 1\) cannot be grown because link 0 is kept there"),
    ],
)
def test_what_cannot_grow_is_refused(grow, message):
    pattern = pattern_of_keys(3, 4, [1, 6, 9])
    with pytest.raises(ValueError, match=message):
        swap_pattern(pattern, np.array([1, 0, 1], dtype=np.uint8), np.array(grow, dtype=np.uint64))
