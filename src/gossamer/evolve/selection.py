"""Choosing by score, counting out shares: the one place that counts, selects and breaks ties."""

from collections.abc import Sequence
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


def sampled(scores: NDArray[Any], count: int, draws: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Flags [n] of `count` elements drawn one after the other without replacement, with odds `scores`.

    Drawing in turn is the same as taking the largest of log(score) plus independent Gumbel numbers
    (Efraimidis and Spirakis 2006). Elements of score 0 are taken only once all others are.

    Parameters
    ----------
    scores : array [n], at least 0
    count : int in [0, n]
    draws : float64 array [n] in (0, 1)
    """
    with np.errstate(divide="ignore"):
        keys = np.log(np.asarray(scores, np.float64)) - np.log(-np.log(draws))
    if count > np.count_nonzero(scores):
        keys = np.where(scores > 0, keys, -np.finfo(np.float64).max * (1 - draws / 2))
    return smallest(-keys, count)


def apportioned(total: int, shares: Sequence[float], caps: Sequence[int]) -> list[int]:
    """Whole numbers in proportion to `shares` that add up to `total`, none above its cap.

    Fractions go to the largest remainders, of equal ones to the first. What a cap leaves over is handed on to
    the others in the same proportion until everything has a place; where only shares of 0 have room it is
    handed on by room.

    Parameters
    ----------
    total : int in [0, sum of caps]
    shares : sequence of float, at least 0
    caps : sequence of int, at least 0
    """
    counts = [0] * len(shares)
    while (left := total - sum(counts)) > 0:
        room = [cap - count for cap, count in zip(caps, counts, strict=True)]
        weights = [share if space else 0.0 for share, space in zip(shares, room, strict=True)]
        if not sum(weights) > 0:
            weights = [float(space) for space in room]
        whole = sum(weights)
        exact = [left * weight / whole for weight in weights]
        given = [int(part) for part in exact]
        remainders = sorted(range(len(exact)), key=lambda k: given[k] - exact[k])
        for k in remainders[: left - sum(given)]:
            given[k] += 1
        for k, space in enumerate(room):
            counts[k] += min(space, given[k])
    return counts
