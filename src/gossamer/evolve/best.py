"""The k best of many positions, block by block: memory for one block and k positions, never for a layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.layer import Draw
from gossamer.evolve.selection import smallest
from gossamer.random import Purpose

BLOCK = 1 << 19
"""Positions of one block, about. Part of what a sampled choice means: each block has its own draws."""


class Best:
    """The positions with the highest keys among those offered so far; of equal keys the first positions.

    Parameters
    ----------
    count : int
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._keys, self._positions = np.zeros(0), np.zeros(0, np.uint64)

    def offer(self, keys: NDArray[Any], positions: NDArray[np.uint64]) -> None:
        """Take part of the positions offered, which are ascending and beyond those offered before."""
        if len(self._keys) == self._count and self._count:
            better = keys > self._keys.min()
            keys, positions = keys[better], positions[better]
        self._keys = np.concatenate([self._keys, keys])
        self._positions = np.concatenate([self._positions, positions])
        if len(self._keys) > self._count:
            chosen = smallest(-self._keys, self._count)
            self._keys, self._positions = self._keys[chosen], self._positions[chosen]

    def positions(self) -> NDArray[np.uint64]:
        """The chosen positions, ascending: uint64 [at most count]."""
        return np.sort(self._positions)


def keys_of(scores: NDArray[np.float64], draw: Draw, *, soft: bool) -> NDArray[np.float64]:
    """Keys by which positions of one block are chosen, from scores of at least 0.

    Hard: the score; soft: log(score) plus a Gumbel number, so that the k best are drawn in turn with odds
    `scores`. Either way positions of score 0 come after all others, in random order.
    """
    draws = draw.uniform(len(scores), Purpose.GROW_POSITION)
    last = -np.finfo(np.float64).max * (1 - draws / 2)
    if not soft:
        return np.where(scores > 0, scores, last)
    with np.errstate(divide="ignore"):
        return np.where(scores > 0, np.log(scores) - np.log(-np.log(draws)), last)
