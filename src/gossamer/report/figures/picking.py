"""Choosing a few levels or epochs of many."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_PAPER_LEVELS = (0.2, 0.4, 0.6, 0.8, 0.9, 0.96, 0.98, 0.99)


def few_levels(levels: NDArray[np.float64], axis: str, count: int) -> list[float]:
    """At most `count` of the levels in their order: for zeta those of the paper, else spread out."""
    if axis == "zeta":
        found = [float(level) for level in levels if np.isclose(level, _PAPER_LEVELS).any()]
        if len(found) >= min(count, 4):
            return found[:count]
    return [float(levels[k]) for k in spread(len(levels), count)]


def few_epochs(epochs: Sequence[int], count: int) -> list[int]:
    """At most `count` of some epochs, the first and the last among them, spread by their order."""
    return [epochs[k] for k in spread(len(epochs), count)]


def spread(size: int, count: int) -> list[int]:
    """At most `count` of the places 0 ... size - 1, ends included, spread evenly."""
    return sorted({round(place) for place in np.linspace(0, size - 1, min(size, count)).tolist()})


def thinned(epochs: int, count: int) -> NDArray[np.int64]:
    """At most about `count` of the rows 0 ... epochs - 1: early ones dense, ends included."""
    early = np.arange(min(20, epochs))
    rest = np.linspace(0, epochs - 1, max(2, count - early.size)).round().astype(np.int64)
    return np.unique(np.concatenate((early, rest)))
