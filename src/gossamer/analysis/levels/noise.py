"""Run-to-run noise: variances pooled over neighbouring levels, and draws of level means that respect them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.levels.variance_trend import variance_trend

Array = NDArray[np.float64]

WINDOW = 5
"""Levels whose variances are pooled: a level and its two neighbours on either side."""

END_FREEDOM = 3.0
"""Degrees of freedom up to which neighbours help at the hard end; they add at least one. At zeta = 1, where
nothing persists, runs have several times the variance of the level before, which a window full of quiet
neighbours hides."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Variance of one run's accuracy at each of L levels, given the test set.

    It has two parts: what is each run's own, and with shared seeds what a replicate has at every level. All
    variances are NaN where no level has two runs.

    Parameters
    ----------
    freedom_own : float64 [L]
        Degrees of freedom of each level by itself: runs minus one.
    window : float64 [L, L] in [0, 1]
        Row i has the weights with which sample variances are pooled for level i.
    own : float64 [L]
        Variance of a run's own part: the trend, times the pooled ratio of sample variances to the trend.
    trend : float64 [L]
        Smooth trend of that variance along the fall (see `variance_trend`). Weights of least squares are made
        of it: weights that are noisy make a fit worse than its intervals say.
    count : int64 [L]
        Runs per level.
    floor : float
        Smallest variance that counted accuracies can show: a uniform rounding error of one image,
        (1 / test_size)**2 / 12.
    luck : float
        Variance between replicates of their mean deviation over the levels; 0 for independent seeds.
    blocks : int
        Replicates behind `luck`; 0 for independent seeds.
    """

    freedom_own: Array
    window: Array
    own: Array
    trend: Array
    count: NDArray[np.int64]
    floor: float
    luck: float = 0.0
    blocks: int = 0

    @property
    def known(self) -> bool:
        """Whether any level has two runs."""
        return bool(self.freedom_own.sum() > 0)

    @property
    def shared(self) -> float:
        """Variance of the part that a replicate has at every level: `luck` less the mean of own parts."""
        return max(0.0, self.luck - float(self.own.mean()) / self.own.size) if self.blocks else 0.0

    @property
    def variance(self) -> Array:
        """Variance of one run, both parts, float64 [L]."""
        return self.own + self.shared

    @property
    def pooled_freedom(self) -> Array:
        """Degrees of freedom of `own`, float64 [L]; by Satterthwaite where the weights differ."""
        return np.asarray((self.window @ self.freedom_own) ** 2 / (self.window**2 @ self.freedom_own))

    @property
    def freedom(self) -> Array:
        """Degrees of freedom of `variance`, float64 [L].

        With a shared part by Satterthwaite: it was seen `blocks` times only, however many levels are pooled.
        """
        if self.shared == 0:
            return self.pooled_freedom
        doubt = self.shared**2 / (self.blocks - 1) + self.own**2 / self.pooled_freedom
        return np.asarray(self.variance**2 / doubt)

    def pool(self, squares: Array) -> Array:
        """Pool per-level variances [..., L] by their degrees of freedom over each level's window."""
        return pooled(squares, self.freedom_own, self.window)


def pooled(squares: Array, freedom: Array, window: Array) -> Array:
    """Mean of per-level variances [..., L] over the windows [L, L], weighted by degrees of freedom."""
    return np.asarray((squares * freedom) @ window.T / (window @ freedom))


def neighbour_window(freedom: Array, size: int) -> Array:
    """Weights [L, L] of pooling: row i has those of the `size` levels nearest to i that have freedom > 0.

    They are 1, but at the hard end, where all neighbours lie on the quiet side and a jump of the noise would
    stay unseen, the neighbours together count as one degree of freedom, or as many as make `END_FREEDOM`.
    """
    L = freedom.size
    usable = np.flatnonzero(freedom > 0)
    window = np.zeros((L, L))
    for i in range(L):
        near = usable[np.argsort(np.abs(usable - i), kind="stable")[:size]]
        window[i, near] = 1.0
    others = float(window[-1] @ freedom) - float(freedom[-1])
    counted = max(1.0, END_FREEDOM - float(freedom[-1]))
    if freedom[-1] > 0 and others > counted:
        window[-1] *= counted / others
        window[-1, -1] = 1.0
    return window


def estimate_noise(
    mean: Array,
    deviation: Array,
    index: NDArray[np.int64],
    block: NDArray[np.int64] | None,
    test_size: int,
    size: int = WINDOW,
) -> Noise:
    """Noise of L levels from the deviations of n runs from the mean of their level.

    Parameters
    ----------
    mean : float64 [L]
        Level means, in order of hardness.
    deviation : float64 [n]
        Accuracy of each run minus the mean of its level.
    index : int64 [n] in [0, L)
        Level of each run.
    block : int64 [n] or None
        Replicate number of each run where seeds are shared between levels, else None.
    test_size : int
        Number of test images, for the smallest variance that can be seen.
    size : int
        Levels in a pooling window.
    """
    L = mean.size
    count = np.bincount(index, minlength=L)
    freedom = np.maximum(count - 1, 0).astype(np.float64)
    floor = test_size**-2.0 / 12.0
    window = neighbour_window(freedom, size)
    if freedom.sum() == 0:
        unknown = np.full(L, np.nan)
        return Noise(freedom, window, unknown, unknown, count, floor)
    luck = None if block is None else _luck(deviation, block, L)
    if luck is not None:
        # Taking out a replicate's mean over L levels takes 1 / L of its own variance too.
        deviation = (deviation - luck[0]) * np.sqrt(L / (L - 1))
    sample = np.bincount(index, deviation**2, minlength=L) / np.maximum(freedom, 1.0)
    trend = np.maximum(variance_trend(sample, freedom, mean, count.astype(np.float64)), floor)
    # No number between 0 and 1 with mean m has more variance than m (1 - m).
    most = np.maximum(mean * (1.0 - mean), floor)
    own = np.clip(trend * pooled(sample / trend, freedom, window), floor, most)
    if luck is None:
        return Noise(freedom, window, own, trend, count, floor)
    return Noise(freedom, window, own, trend, count, floor, float(luck[1].var(ddof=1)), luck[1].size)


def _luck(deviation: Array, block: NDArray[np.int64], L: int) -> tuple[Array, Array] | None:
    """Mean deviation of each run's replicate [n], and of each replicate.

    Replicates that are at under half of the levels are left out; None if under two remain.
    """
    _, number, size = np.unique(block, return_inverse=True, return_counts=True)
    means = np.bincount(number, deviation) / size
    seen = size >= max(2, L / 2)
    if seen.sum() < 2:
        return None
    return np.where(seen, means, 0.0)[number], means[seen]


def draw_noise(noise: Noise, draws: int, random: np.random.Generator) -> Array:
    """Errors of the level means, float64 [draws, L].

    Each draw first draws the variances from what the runs say about them (scaled inverse chi-square, pooled
    over the same windows), then Gaussian errors with them. Fixed variances would give intervals that are too
    short: with 3 replicates a pooled variance has 10 degrees of freedom.

    Parameters
    ----------
    noise : Noise
        Must be `known`.
    draws : int
        Number of draws.
    random : numpy.random.Generator
        Source of random numbers.
    """
    L = noise.own.size
    freedom = np.where(noise.freedom_own > 0, noise.freedom_own, 1.0)
    ratio = noise.pool(random.chisquare(freedom, size=(draws, L)) / freedom)
    errors = random.standard_normal((draws, L)) * np.sqrt(noise.own / ratio / noise.count)
    if noise.blocks:
        chi = random.chisquare(noise.blocks - 1, size=draws) / (noise.blocks - 1)
        shared = np.maximum(noise.luck / chi - noise.own.mean() / L, 0.0)
        errors += (random.standard_normal(draws) * np.sqrt(shared / noise.blocks))[:, None]
    return errors
