"""The plateau: accuracy at the easy end of the axis, read from the levels before the fall."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gossamer.analysis.contour.isotone import Array, antitonic
from gossamer.analysis.levels.levels import Levels
from gossamer.train.score import ACCURACY, Score


@dataclass(frozen=True, eq=False)
class Plateaus:
    """B monotone curves over L levels with their plateaus.

    Parameters
    ----------
    fit : float64 [B, L]
        Non-increasing fit of each row of level means.
    value : float64 [B]
        Accuracy at the easy end.
    edge : int64 [B]
        Index of the last level of the plateau.
    """

    fit: Array
    value: Array
    edge: NDArray[np.int64]


def plateaus(x: Array, means: Array, weights: Array, delta: float) -> Plateaus:
    """Plateau of each row of level means.

    The levels of the plateau are the largest set of easiest levels such that the monotone fit at the last of
    them lies at most delta / 2 under their average over the axis (each level counts for the piece of the axis
    that it stands for, so many levels near the fall do not draw the plateau into it). Its value is where the
    straight line through them, with the same weights, meets the easiest level: accuracy that drifts before it
    falls is followed back to the easy end.

    Parameters
    ----------
    x : float64 [L], increasing
        Hardness of the levels.
    means : float64 [B, L]
        Level means, easiest level first.
    weights : float64 [L]
        Weights of the monotone fit (runs per level).
    delta : float > 0
        The fall that defines the contour, as a fraction of 1.
    """
    B, L = means.shape
    fit = antitonic(means, weights)
    prefixes = [np.arange(size) for size in range(1, L + 1)]
    average, anchored = np.zeros((L, L)), np.zeros((L, L))
    for members in prefixes:
        average[members.size - 1, members] = shares_of_axis(x[members])
        anchored[members.size - 1, members] = anchor(x[members])
    heights = means @ average.T
    row, edge = np.arange(B), np.full(B, L - 1)
    while True:
        kept = (fit >= (heights[row, edge] - delta / 2)[:, None]).sum(axis=1) - 1
        kept = np.clip(kept, 0, edge)
        if np.array_equal(kept, edge):
            # The line is not followed beyond what was seen.
            value = np.clip((means @ anchored.T)[row, edge], means.min(axis=1), means.max(axis=1))
            return Plateaus(fit, value, edge)
        edge = kept


def shares_of_axis(x: Array) -> Array:
    """Share of the axis that each of m levels stands for (half the way to its neighbours), float64 [m]."""
    if x.size == 1:
        return np.ones(1)
    gaps = np.diff(x)
    shares = (np.append(gaps, 0.0) + np.append(0.0, gaps)) / 2
    return np.asarray(shares / shares.sum())


def anchor(x: Array) -> Array:
    """Coefficients [m] with which m level means give the value of the line through them at the first one.

    With two levels that is the first level itself.
    """
    if x.size < 3:
        return np.append(1.0, np.zeros(x.size - 1))
    share = shares_of_axis(x)
    off = x - share @ x
    return np.asarray(share * (1.0 + off[0] * off / (share @ off**2)))


@dataclass(frozen=True)
class Flatness:
    """Is accuracy the same at all plateau levels?

    Parameters
    ----------
    p : float
        One-way analysis of variance of the runs: do level means differ? (Welch's form errs in 15 to 45 % of
        flat plateaus with two or three runs a level, this one in 5 to 14 %.)
    trend_p : float
        Two-sided t test of the slope of the runs' accuracies along the axis.
    trend : float
        Change of accuracy from the first to the last plateau level along that line.
    spread : float
        Largest minus smallest level mean.
    levels : tuple of float
        The plateau levels.
    score : Score
    """

    p: float
    trend_p: float
    trend: float
    spread: float
    levels: tuple[float, ...]
    score: Score = ACCURACY

    @property
    def sentence(self) -> str:
        """What the tests say, in one sentence."""
        first, last = (f"{self.levels[k]:g}" for k in (0, -1))
        return (
            f"Over the {len(self.levels)} plateau levels from {first} to {last} {self.score.label} changes by"
            f" {self.score.change(self.trend, '+.2g')} (p = {self.trend_p:.2g}); level means differ by up to"
            f" {self.score.scale * self.spread:.2g} (analysis of variance: p = {self.p:.2g})."
        )

    @property
    def drifts(self) -> bool:
        """Whether accuracy falls within the plateau by more than noise explains (5 %)."""
        return self.trend < 0 and self.trend_p < 0.05


def flatness(levels: Levels, members: NDArray[np.int64]) -> Flatness | None:
    """Flatness of the plateau's levels (indices); None with under three levels or without replicates."""
    runs = [levels.accuracy[i] for i in members.tolist()]
    values = np.concatenate(runs)
    if len(runs) < 3 or values.size <= len(runs) or np.ptp(values) == 0:
        return None
    x = np.repeat(levels.x[members], [r.size for r in runs])
    line = stats.linregress(x, values)
    constant = all(np.ptp(r) == 0 for r in runs)  # means differ, runs do not: any test says so
    return Flatness(
        p=0.0 if constant else float(stats.f_oneway(*runs).pvalue),
        trend_p=float(line.pvalue),
        trend=float(line.slope * np.ptp(x)),
        spread=float(np.ptp(levels.mean[members])),
        levels=tuple(levels.level[members].tolist()),
        score=levels.score,
    )


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
