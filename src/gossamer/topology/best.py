"""The k best of many positions, block by block: memory for one block and k positions, never for a layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        if len(self._keys) <= self._count:
            return
        if self._count == 0:
            self._keys, self._positions = self._keys[:0], self._positions[:0]
            return
        edge = np.partition(self._keys, -self._count)[-self._count]
        chosen = self._keys > edge
        missing = self._count - int(np.count_nonzero(chosen))
        # Positions are ascending, so the first of those at the edge are the ones to take.
        chosen[np.flatnonzero(self._keys == edge)[:missing]] = True
        self._keys, self._positions = self._keys[chosen], self._positions[chosen]

    def positions(self) -> NDArray[np.uint64]:
        """The chosen positions, ascending: uint64 [at most count]."""
        return np.sort(self._positions)
