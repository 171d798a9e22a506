"""Run-to-run noise: variances pooled over neighbouring levels, and draws of level means that respect them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.variance_trend import variance_trend

WINDOW = 5
"""Levels whose variances are pooled: a level and its two neighbours on either side."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Variance of one run's accuracy at each of L levels, given the test set.

    Parameters
    ----------
    own : float64 [L]
        Sample variance of the runs of the level alone; 0 where it has a single run.
    freedom_own : float64 [L]
        Degrees of freedom of `own`: runs minus one.
    window : float64 [L, L] of 0 and 1
        Row i marks the levels that are pooled for level i.
    variance : float64 [L]
        Pooled variance: the trend, times the pooled ratio of sample variances to the trend. NaN everywhere if
        no level has two runs.
    trend : float64 [L]
        Smooth trend of the variance along the fall (see `variance_trend`); NaN like `variance`. Weights of
        least squares are made of it: weights that are noisy make a fit worse than its intervals say.
    freedom : float64 [L]
        Degrees of freedom of `variance`.
    floor : float
        Smallest variance that counted accuracies can show: a uniform rounding error of one image,
        (1 / test_size)**2 / 12.
    count : int64 [L]
        Runs per level.
    shared : float
        Part of the variance that all levels share because their replicates use the same seeds; 0 for
        independent seeds.
    blocks : int
        Replicates that `shared` was estimated from; 0 for independent seeds.
    """

    own: NDArray[np.float64]
    freedom_own: NDArray[np.float64]
    window: NDArray[np.float64]
    variance: NDArray[np.float64]
    trend: NDArray[np.float64]
    freedom: NDArray[np.float64]
    floor: float
    count: NDArray[np.int64]
    shared: float = 0.0
    blocks: int = 0

    @property
    def known(self) -> bool:
        """Whether any level has two runs."""
        return bool(self.freedom_own.sum() > 0)

    def pool(self, squares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pool per-level variances [..., L] by their degrees of freedom over each level's window."""
        return pooled(squares, self.freedom_own, self.window)


def neighbour_window(freedom: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Matrix [L, L] of 0 and 1: row i marks the `size` levels nearest to i in order that have freedom > 0."""
    L = freedom.size
    usable = np.flatnonzero(freedom > 0)
    window = np.zeros((L, L))
    for i in range(L):
        near = usable[np.argsort(np.abs(usable - i), kind="stable")[:size]]
        window[i, near] = 1.0
    return window


def estimate_noise(
    mean: NDArray[np.float64],
    deviation: NDArray[np.float64],
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
    own = np.bincount(index, deviation**2, minlength=L) / np.maximum(freedom, 1.0)
    floor = test_size**-2.0 / 12.0
    window = neighbour_window(freedom, size)
    if freedom.sum() == 0:
        unknown = np.full(L, np.nan)
        return Noise(own, freedom, window, unknown, unknown, np.zeros(L), floor, count)
    trend = np.maximum(variance_trend(own, freedom, mean, count.astype(np.float64)), floor)
    variance = np.maximum(trend * pooled(own / trend, freedom, window), floor)
    pooled_freedom = window @ freedom
    shared, blocks = (
        (0.0, 0) if block is None else _shared_variance(deviation, block, L, float(variance.mean()))
    )
    if shared > 0:
        # Satterthwaite: the shared part was seen only `blocks` times, however many levels are pooled.
        rest = np.maximum(variance - shared, 0.0)
        pooled_freedom = variance**2 / (shared**2 / (blocks - 1) + rest**2 / pooled_freedom)
    return Noise(own, freedom, window, variance, trend, pooled_freedom, floor, count, shared, blocks)


def pooled(
    squares: NDArray[np.float64], freedom: NDArray[np.float64], window: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of per-level variances [..., L] over the windows [L, L], weighted by degrees of freedom."""
    return np.asarray((squares * freedom) @ window.T / (window @ freedom))


def _shared_variance(
    deviation: NDArray[np.float64], block: NDArray[np.int64], L: int, mean_variance: float
) -> tuple[float, int]:
    """Variance shared by all levels (at least 0), and the number of replicates that show it.

    The mean deviation of a replicate over its levels has variance shared + (mean variance - shared) / L.
    """
    _, number = np.unique(block, return_inverse=True)
    size = np.bincount(number)
    means = (np.bincount(number, deviation) / size)[size >= max(2, L / 2)]
    if L < 2 or means.size < 2:
        return 0.0, int(means.size)
    shared = (L * float(means.var(ddof=1)) - mean_variance) / (L - 1)
    return float(np.clip(shared, 0.0, mean_variance)), int(means.size)


def draw_noise(noise: Noise, draws: int, random: np.random.Generator) -> NDArray[np.float64]:
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
    L = noise.variance.size
    freedom = np.where(noise.freedom_own > 0, noise.freedom_own, 1.0)
    chi = random.chisquare(freedom, size=(draws, L)) / freedom
    ratio = noise.pool(chi)
    rest = np.maximum(noise.variance - noise.shared, 0.0)
    errors = random.standard_normal((draws, L)) * np.sqrt(rest / ratio / noise.count)
    if noise.blocks >= 2 and noise.shared > 0:
        chi_block = random.chisquare(noise.blocks - 1, size=draws) / (noise.blocks - 1)
        common = random.standard_normal(draws) * np.sqrt(noise.shared / chi_block / noise.blocks)
        errors += common[:, None]
    return errors
