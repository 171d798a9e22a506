"""Shared by the tests of patterns: hypothesis strategies, invariants, positions as keys."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from gossamer._native import Pattern


def pattern_of_keys(n_in: int, n_out: int, keys: list[int]) -> Pattern:
    """Pattern with links at the given positions (source * n_out + target)."""
    links = np.array(sorted(keys), dtype=np.int64)
    offsets = np.searchsorted(links, np.arange(n_in + 1) * n_out).astype(np.int64)
    return Pattern(n_in, n_out, offsets, (links % n_out).astype(np.uint32))


def keys_of(pattern: Pattern) -> NDArray[np.int64]:
    """Position of every link, in canonical order."""
    return pattern.link_sources().astype(np.int64) * pattern.n_out + pattern.targets


def check_invariants(pattern: Pattern) -> None:
    """Both orders are sorted, in range, without duplicates, and list the same links."""
    assert pattern.source_offsets.dtype == pattern.target_offsets.dtype == np.int64
    assert pattern.targets.dtype == pattern.sources.dtype == pattern.link_of.dtype == np.uint32
    assert len(pattern.source_offsets) == pattern.n_in + 1
    assert len(pattern.target_offsets) == pattern.n_out + 1
    assert pattern.source_offsets[0] == pattern.target_offsets[0] == 0
    assert pattern.source_offsets[-1] == pattern.target_offsets[-1] == pattern.nnz == len(pattern.targets)
    assert (pattern.targets < pattern.n_out).all()
    assert (pattern.sources < pattern.n_in).all()
    assert (np.diff(keys_of(pattern)) > 0).all()
    by_target = np.repeat(np.arange(pattern.n_out), np.diff(pattern.target_offsets))
    assert (np.diff(by_target * pattern.n_in + pattern.sources) > 0).all()
    np.testing.assert_array_equal(np.sort(pattern.link_of), np.arange(pattern.nnz))
    np.testing.assert_array_equal(pattern.targets[pattern.link_of], by_target)
    np.testing.assert_array_equal(pattern.link_sources()[pattern.link_of], pattern.sources)


@st.composite
def patterns(draw: st.DrawFn, largest: int = 9) -> Pattern:
    """Any pattern with up to `largest` neurons a side: empty, dense and one-neuron ones too."""
    n_in, n_out = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    present = draw(st.lists(st.booleans(), min_size=n_in * n_out, max_size=n_in * n_out))
    return pattern_of_keys(n_in, n_out, np.flatnonzero(present).tolist())


@st.composite
def masked_patterns(draw: st.DrawFn) -> tuple[Pattern, NDArray[np.bool_]]:
    """A pattern and which of its links are kept."""
    pattern = draw(patterns())
    keep = draw(st.lists(st.booleans(), min_size=pattern.nnz, max_size=pattern.nnz))
    return pattern, np.array(keep, dtype=np.bool_)
