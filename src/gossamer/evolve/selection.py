"""Choosing the links with the smallest scores: the one place that counts, selects and breaks ties."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SAMPLE = 1024
_MARGIN = 64  # four standard deviations of the rank in a sample of that size, at most


def rounded(fraction: float, n: int) -> int:
    """Number of links that a fraction of n links means: nearest integer, halves to the even one."""
    return round(fraction * n)


def kth_smallest(values: NDArray[Any], k: int) -> Any:
    """Element `k` (from 0) of the values in ascending order.

    For long arrays a sample brackets it first, so that only the values between the brackets are partitioned:
    exact, and several times faster than `numpy.partition` on all.
    """
    n = len(values)
    if n < 4 * _SAMPLE:
        return np.partition(values, k)[k]
    sample = np.sort(values[:: n // _SAMPLE])
    place = k * len(sample) // n
    low = sample[place - _MARGIN] if place >= _MARGIN else -np.inf
    high = sample[place + _MARGIN] if place + _MARGIN < len(sample) else np.inf
    below = np.count_nonzero(values < low)
    near = values.take(np.flatnonzero((values >= low) & (values <= high)))
    if not below <= k < below + len(near):
        return np.partition(values, k)[k]
    return np.partition(near, k - below)[k - below]


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
    edge = kth_smallest(scores, count - 1)
    chosen = scores < edge
    missing = count - np.count_nonzero(chosen)
    chosen[np.flatnonzero(scores == edge)[:missing]] = True
    return np.asarray(chosen)
