"""The plateau: the levels before the fall, and their mean accuracy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gossamer.analysis.contour.isotone import Array, antitonic
from gossamer.analysis.levels.levels import Levels


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
    then an average of different accuracies.
    """

    p: float
    spread: float


def flatness(levels: Levels, members: NDArray[np.int64]) -> Flatness | None:
    """Flatness of the plateau's levels (indices); None with a single level or without replicates."""
    if members.size < 2 or not levels.noise.known:
        return None
    mean, weight = levels.mean[members], levels.weights[members]
    centre = np.average(mean, weights=weight)
    statistic = float((weight * (mean - centre) ** 2).sum() / (members.size - 1))
    freedom = float(levels.noise.freedom_own.sum())
    return Flatness(float(stats.f.sf(statistic, members.size - 1, freedom)), float(np.ptp(mean)))


def dips(levels: Levels, alpha: float = 0.01) -> NDArray[np.bool_]:
    """Levels that lie below harder ones by more than noise explains, bool [L].

    The contour is a last crossing: accuracy that sinks and recovers has not fallen for good. A level is a dip
    if some run of the levels right after it has a mean that is higher, in a one-sided Student test at `alpha`
    over the number of such runs (Bonferroni). Dips take no part in plateau and monotone fit. None without
    replicates.
    """
    L = levels.x.size
    found = np.zeros(L, dtype=np.bool_)
    if not levels.noise.known:
        return found
    variance = levels.noise.own / levels.count
    critical = np.asarray(stats.t.isf(alpha / max(L * (L - 1) / 2, 1), levels.noise.freedom))
    for i in range(L - 1):
        size = np.arange(1, L - i)
        higher = np.cumsum(levels.mean[i + 1 :]) / size - levels.mean[i]
        error = np.sqrt(variance[i] + np.cumsum(variance[i + 1 :]) / size**2)
        found[i] = bool((higher / error > critical[i]).any())
    return found
