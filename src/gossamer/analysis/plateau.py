"""The plateau: the levels before the fall, and their mean accuracy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gossamer.analysis.isotone import Array, antitonic
from gossamer.analysis.levels import Levels


@dataclass(frozen=True, eq=False)
class Curves:
    """B monotone curves over L levels with their plateaus.

    Parameters
    ----------
    fit : float64 [B, L]
        Non-increasing fit of each row of level means.
    plateau : float64 [B]
        Mean of the plateau's level means, each level counted once.
    edge : int64 [B]
        Index of the last level of the plateau.
    """

    fit: Array
    plateau: Array
    edge: NDArray[np.int64]


def curves(means: Array, weights: Array, delta: float) -> Curves:
    """Plateau of each row of level means.

    The plateau is the largest set of easiest levels such that the monotone fit at its last level lies at most
    delta / 2 under the mean of the set. It is found from above: start with all levels, cut those that lie
    lower, take the mean again, until nothing is cut. Half of delta leaves room on both sides: the plateau
    ends before contour(delta), and noise of a level well under delta does not end it early.

    Parameters
    ----------
    means : float64 [B, L]
        Level means, easiest level first.
    weights : float64 [L]
        Weights of the monotone fit (runs per level).
    delta : float > 0
        The fall that defines the contour, as a fraction of 1.
    """
    B, L = means.shape
    fit = antitonic(means, weights)
    sums = np.cumsum(means, axis=1)
    row = np.arange(B)
    size = np.full(B, L)
    while True:
        value = sums[row, size - 1] / size
        kept = np.minimum(np.maximum((fit >= (value - delta / 2)[:, None]).sum(axis=1), 1), size)
        if np.array_equal(kept, size):
            return Curves(fit, value, size - 1)
        size = kept


@dataclass(frozen=True)
class Flatness:
    """Test of whether the plateau is one value: an F test of its level means, seeds as the only noise.

    A small p says that accuracy differs between plateau levels by more than seeds explain; the plateau is
    then an average of different accuracies, and says so.
    """

    p: float
    spread: float


def flatness(levels: Levels, edge: int) -> Flatness | None:
    """Flatness of levels 0 .. edge; None with a single plateau level or without replicates."""
    if edge < 1 or not levels.noise.known:
        return None
    mean = levels.mean[: edge + 1]
    weight = levels.weights[: edge + 1]
    centre = np.average(mean, weights=weight)
    statistic = float((weight * (mean - centre) ** 2).sum() / edge)
    freedom = float(levels.noise.freedom_own[: edge + 1].sum()) or float(levels.noise.freedom.mean())
    return Flatness(float(stats.f.sf(statistic, edge, freedom)), float(np.ptp(mean)))
