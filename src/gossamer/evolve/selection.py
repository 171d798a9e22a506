"""Choosing the links with the smallest scores: the one place that counts and breaks ties."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rounded(fraction: float, n: int) -> int:
    """Number of links that a fraction of n links means: nearest integer, halves to the even one."""
    return round(fraction * n)


def smallest(scores: NDArray[Any], count: int) -> NDArray[np.bool_]:
    """Flags [n] of the `count` smallest scores; of equal scores at the edge the first ones are chosen.

    Parameters
    ----------
    scores : array [n]
    count : int in [0, n]

    Returns
    -------
    bool array [n] with exactly `count` set
    """
    if count == 0:
        return np.zeros(len(scores), np.bool_)
    edge = np.partition(scores, count - 1)[count - 1]
    chosen = scores < edge
    missing = count - np.count_nonzero(chosen)
    chosen[np.flatnonzero(scores == edge)[:missing]] = True
    return np.asarray(chosen)
