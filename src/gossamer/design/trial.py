"""How much one more run would narrow the contour that is read without a law, tried on simulated means."""

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.contour.contour import read
from gossamer.analysis.levels.bootstrap import generator
from gossamer.analysis.levels.levels import Levels
from gossamer.analysis.settings import Settings
from gossamer.design.design import Design

Array = NDArray[np.float64]

_DRAWS = 300
_STAGE = 5
_NEW, _EASY = 12, 4
"""New levels that are looked at: evenly spread about the contour, and among the easier ones."""
_REACH = 1.5
"""Levels that are looked at lie within this many asked widths of the contour."""


class Trial:
    """Runs as they are and as they might be, and the spread of the contour that they give.

    Mean accuracies are expected to be those of the laws, drawn to the level means that were found. The same
    errors (in units of their standard deviation) serve every trial, so that trials differ by runs alone.

    Parameters
    ----------
    levels : Levels
    places : int64 [L]
        Candidate that each level is.
    now : Design
        What the laws say.
    x : float64 [N], increasing
        Hardness of the candidates.
    settings : Settings
        Supplies delta and the seed.
    """

    def __init__(
        self, levels: Levels, places: NDArray[np.int64], now: Design, x: Array, settings: Settings
    ) -> None:
        self._x, self._delta, self._now = x, settings.delta, now
        self._count = np.zeros(x.size)
        self._count[places] = levels.count
        self._mean = now.mean.copy()
        # What the laws do not describe has a standard deviation of half of delta.
        trust = levels.count / now.noise[places] * (settings.delta / 2) ** 2
        self._mean[places] = (trust * levels.mean + now.mean[places]) / (trust + 1.0)
        self._errors = generator(settings.seed, _STAGE).standard_normal((_DRAWS, x.size))

    def gain(self, allowed: NDArray[np.bool_], width: float) -> Array:
        """By how much one run lowers the mean squared error of the contour, float64 [N]; -inf if not tried.

        The error is counted from the contour of the laws: levels that have begun to fall and still count as
        plateau shift the contour that is read without a law, and more of them do not make it better known.

        Parameters
        ----------
        allowed : bool [N]
            Candidates that may get a run.
        width : float
            Asked width of the interval, as hardness.
        """
        before = self._error(self._count)
        gains = np.full(self._x.size, -np.inf)
        for i in self._shortlist(allowed, width).tolist():
            count = self._count.copy()
            count[i] += 1
            gains[i] = before - self._error(count)
        return gains

    def observe(self, i: int) -> None:
        """Plan one run at candidate i."""
        self._count[i] += 1

    def _shortlist(self, allowed: NDArray[np.bool_], width: float) -> NDArray[np.int64]:
        """Levels with runs, and some without; all allowed ones where these are none."""
        new, side = allowed & (self._count == 0), self._x - self._now.centre
        near = _spread(np.flatnonzero(new & (np.abs(side) <= _REACH * width)), _NEW)
        easy = _spread(np.flatnonzero(new & (side < -_REACH * width)), _EASY)
        chosen = np.concatenate((np.flatnonzero(allowed & (self._count > 0)), near, easy))
        return chosen if chosen.size else np.flatnonzero(allowed)

    def _error(self, count: Array) -> float:
        used = np.flatnonzero(count)
        errors = self._errors[:, used] * np.sqrt(self._now.noise[used] / count[used])
        found = read(self._x[used], self._mean[used] + errors, count[used], self._delta)
        return float(((np.minimum(found.contour, self._x[-1]) - self._now.centre) ** 2).mean())


def _spread(items: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the items, evenly spread."""
    if items.size <= most:
        return items
    return items[np.rint(np.linspace(0, items.size - 1, most)).astype(np.int64)]
