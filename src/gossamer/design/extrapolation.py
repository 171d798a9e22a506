"""From the first epochs of runs to what they will report at the end.

Learning curves are taken to approach their end as a power of the epoch: every doubling of the epochs adds a
constant share of what the doubling before it added. The share is not known from a prefix; it is drawn between
0 (nothing more is gained) and 1 (as much again). What the last doubling added is measured, averaged over
neighbouring levels.

One run a level shows no noise between runs directly. Its shape along the axis is that of the fluctuation of
test accuracy from epoch to epoch, which a single run shows well; its height is taken from how far levels lie
off the line through their neighbours (pseudo-residuals: Gasser, Sroka and Jennen-Steinmetz 1986, *Residual
variance and residual pattern in nonlinear regression*).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.design.prefixes import Prefixes

Array = NDArray[np.float64]

LEAST_EPOCHS = 8
WINDOW = 5
"""Levels over which growth is averaged: a level and its two neighbours on either side."""
_SMALLEST_SD = 1e-5
_MEDIAN_OF_SQUARE = 0.4549
"""Median of a squared standard normal number."""
_BENT = 3.0
"""Standard deviations beyond which a pseudo-residual is no ordinary noise."""


@dataclass(frozen=True, eq=False)
class Extrapolation:
    """L levels in order of hardness, and where their accuracy goes.

    Parameters
    ----------
    mean : float64 [L]
        What the prefixes report at their end.
    growth : float64 [L]
        What their last doubling of epochs added.
    doublings : float64 [L]
        Doublings of epochs that are left.
    sd, growth_sd : float64 [L]
        Standard deviation of one run's `mean`, and of its growth before neighbours are averaged.
    """

    mean: Array
    growth: Array
    doublings: Array
    sd: Array
    growth_sd: Array

    @property
    def expected(self) -> Array:
        """Accuracies at the end if every doubling adds half of what the one before it added, float64 [L]."""
        return self.mean + added(np.array(0.5), self.doublings) * (self._window @ self.growth)

    @property
    def _window(self) -> Array:
        """Matrix [L, L] that averages over neighbouring levels; a wild one hardly speaks for the others."""
        places = np.arange(self.mean.size)
        near = np.argsort(np.abs(places - places[:, None]), axis=1, kind="stable")[:, :WINDOW]
        window = np.zeros((places.size, places.size))
        np.put_along_axis(window, near, 1.0, axis=1)
        window /= self.growth_sd**2
        return np.asarray(window / window.sum(axis=1, keepdims=True))

    def draw(self, draws: int, random: np.random.Generator) -> Array:
        """Accuracies of infinitely many runs at the end, float64 [draws, L], as far as the prefixes tell."""
        L = self.mean.size
        now = self.mean + self.sd * random.standard_normal((draws, L))
        growth = self.growth + self.growth_sd * random.standard_normal((draws, L))
        share = random.uniform(0.0, 1.0, (draws, 1))
        return np.asarray(now + added(share, self.doublings) * (growth @ self._window.T))


def added(share: Array, doublings: Array) -> Array:
    """Gain over these doublings in units of the last one: share + share**2 + ..., also for parts of one."""
    below = np.minimum(share, 1.0 - 1e-9)
    return np.asarray(below * (1.0 - below**doublings) / (1.0 - below))


def extrapolate(prefixes: Prefixes, order: NDArray[np.intp], x: Array, epochs: int) -> Extrapolation:
    """Level, growth and noise of every prefix.

    Parameters
    ----------
    prefixes : Prefixes
        Of at least 8 epochs each.
    order : integer [L]
        Prefixes in order of hardness.
    x : float64 [L], increasing
        Their hardness.
    epochs : int
        Epochs of the study's runs.
    """
    curves = [prefixes.reported[k] for k in order.tolist()]
    length = np.array([curve.size for curve in curves])
    end = np.array([_late(curve) for curve in curves])
    growth = end - np.array([_late(curve[: curve.size // 2]) for curve in curves])
    shape = np.array([_fluctuation(prefixes.test[k]) for k in order.tolist()])
    shape = np.maximum(shape, _SMALLEST_SD)
    return Extrapolation(
        mean=end,
        growth=growth,
        doublings=np.maximum(np.log2(epochs / length), 0.0),
        sd=_scatter(x, end, shape),
        growth_sd=_scatter(x, growth, shape),
    )


def _late(accuracy: Array) -> float:
    """Mean over the last tenth of the epochs: one epoch alone is noisy."""
    return float(accuracy[-max(1, accuracy.size // 10) :].mean())


def _fluctuation(test: Array) -> float:
    """Standard deviation of test accuracy over the second half of the epochs around a straight line."""
    half = test[test.size // 2 :]
    epoch = np.arange(half.size) - (half.size - 1) / 2
    residual = half - half.mean() - (epoch @ half) / (epoch @ epoch) * epoch
    return float(np.sqrt(residual @ residual / (half.size - 2)))


def _scatter(x: Array, y: Array, shape: Array) -> Array:
    """Standard deviation of every level, float64 [L], from pseudo-residuals and its shape along the axis.

    The height is that of the median, because a steep fall bends at a few levels. At these, a bend and a run
    that was lucky look the same, so what they deviate counts as scatter.
    """
    left = (x[2:] - x[1:-1]) / (x[2:] - x[:-2])
    residual = y[1:-1] - left * y[:-2] - (1.0 - left) * y[2:]
    unit = shape[1:-1] ** 2 + (left * shape[:-2]) ** 2 + ((1.0 - left) * shape[2:]) ** 2
    height = np.sqrt(np.median(residual**2 / unit) / _MEDIAN_OF_SQUARE)
    scatter = height * shape
    own = np.abs(residual) / np.sqrt(1.0 + left**2 + (1.0 - left) ** 2)
    bent = np.abs(residual) > _BENT * height * np.sqrt(unit)
    scatter[1:-1] = np.where(bent, np.maximum(scatter[1:-1], own), scatter[1:-1])
    return np.asarray(np.maximum(scatter, _SMALLEST_SD))
