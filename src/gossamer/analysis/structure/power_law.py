"""A power law in the tail of some degrees: fit and goodness of fit.

After Clauset, Shalizi and Newman 2009, *Power-law distributions in empirical data*, for whole numbers:
p(x) = x^-alpha / zeta(alpha, xmin) for x >= xmin. alpha maximises the likelihood of the tail, xmin makes the
Kolmogorov-Smirnov distance of the tail smallest, and the goodness of fit comes from a bootstrap in which xmin
is searched anew. The fit is written out here because what exists leaves out that bootstrap for whole numbers,
approximates the discrete likelihood, or brings a drawing library along; it takes a page.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import zeta

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

_LEAST_TAIL = 10
_MOST_CANDIDATES = 60
_SMALLEST, _LARGEST = 1.01, 50.0
_ENOUGH_EXCEEDED = 20
_TABLE = 4096


@dataclass(frozen=True)
class Tail:
    """Power law fitted to a tail.

    Attributes
    ----------
    alpha : float
        Exponent, above 1.
    xmin : int
        Where the tail begins.
    size : int
        Values in the tail.
    distance : float
        Kolmogorov-Smirnov distance between tail and fit.
    """

    alpha: float
    xmin: int
    size: int
    distance: float


def fit_tail(values: Counts) -> Tail | None:
    """The tail that a power law describes best.

    Parameters
    ----------
    values : int64 [n], ascending, at least 1

    Returns
    -------
    Tail, or None where fewer than 10 values or fewer than 3 different ones are left
    """
    distinct, first = np.unique(values, return_index=True)
    tail = len(values) - first
    usable = (tail >= _LEAST_TAIL) & (np.arange(len(distinct)) <= len(distinct) - 3)
    candidates = np.flatnonzero(usable)[:_MOST_CANDIDATES]
    if not candidates.size:
        return None
    logs = np.cumsum(np.log(values)[::-1])[::-1]
    xmin = distinct[candidates].astype(np.float64)
    alpha = fit_exponent(logs[first[candidates]] / tail[candidates], xmin)
    distance = _distances(distinct, tail, candidates, alpha)
    best = int(np.argmin(distance))
    return Tail(float(alpha[best]), int(xmin[best]), int(tail[candidates[best]]), float(distance[best]))


def log_power_law(values: Counts, alpha: float, xmin: int) -> Array:
    """Log probability of each value >= xmin under a power law."""
    return np.asarray(-alpha * np.log(values) - np.log(zeta(alpha, xmin)))


def fit_exponent(mean_log: Array, xmin: Array) -> Array:
    """Exponents of greatest likelihood for tails from `xmin` with these means of the logarithm.

    Newton's method on the likelihood, which is concave in alpha, from the closed form for real numbers.
    """
    alpha = np.clip(1 + 1 / np.maximum(mean_log - np.log(xmin - 0.5), 1e-9), _SMALLEST, _LARGEST)
    for _ in range(30):
        step = 1e-4 * alpha
        low, middle, high = (np.log(zeta(alpha + k * step, xmin)) for k in (-1, 0, 1))
        slope = -(high - low) / (2 * step) - mean_log
        curvature = (high - 2 * middle + low) / step**2
        moved = np.clip(alpha + slope / np.maximum(curvature, 1e-12), alpha / 2 + 0.5, 2 * alpha)
        moved = np.clip(moved, _SMALLEST, _LARGEST)
        if np.abs(moved - alpha).max() < 1e-7:
            return np.asarray(moved)
        alpha = moved
    return np.asarray(alpha)


def _distances(distinct: Counts, tail: Counts, candidates: Counts, alpha: Array) -> Array:
    """Largest difference of survival functions over all whole numbers, for each candidate of xmin.

    The empirical survival P(X >= x) is constant from just above one value to the next one, where the model
    moves monotonically; the extremes lie at the values themselves and just above them.
    """
    points = distinct.astype(np.float64)
    model_at = zeta(alpha[:, None], points) / zeta(alpha, points[candidates])[:, None]
    model_above = zeta(alpha[:, None], points + 1) / zeta(alpha, points[candidates])[:, None]
    at = tail / tail[candidates][:, None]
    above = np.append(tail[1:], 0) / tail[candidates][:, None]
    difference = np.maximum(np.abs(model_at - at), np.abs(model_above - above))
    inside = points >= points[candidates][:, None]
    return np.asarray(np.where(inside, difference, 0.0).max(axis=1))


def goodness_of_fit(values: Counts, tail: Tail, draws: int, random: np.random.Generator) -> float:
    """Chance of a distance as large as the tail's, from at most `draws` samples of the fitted law.

    Drawing stops once 20 draws lie at least as far off, with p = 20 / draws (Besag and Clifford 1991,
    *Sequential Monte Carlo p-values*); else p = (1 + those) / (1 + draws).
    """
    body, exceeded = values[values < tail.xmin], 0
    for made in range(1, draws + 1):
        in_tail = int(random.binomial(len(values), 1 - len(body) / len(values)))
        low = random.choice(body, len(values) - in_tail) if len(body) else body
        drawn = np.concatenate([low, draw_tail(tail, in_tail, random)])
        found = fit_tail(np.sort(drawn))
        exceeded += found is not None and found.distance >= tail.distance
        if exceeded == _ENOUGH_EXCEEDED:
            return exceeded / made
    return (1 + exceeded) / (1 + draws)


def draw_tail(tail: Tail, count: int, random: np.random.Generator) -> Counts:
    """Numbers that follow the fitted law, int64 [count]."""
    u = random.random(count)
    # The largest x with P(X >= x) > u; the table descends.
    survival = _survival(tail.alpha, tail.xmin)
    place = np.searchsorted(-survival, -u, side="left") - 1
    drawn = tail.xmin + np.maximum(place, 0)
    beyond = u < survival[-1]
    # Out there a step of 1 is below 1 / 4,000 of a value, and the law is continuous to that precision.
    ratio = (1.0 - random.random(int(beyond.sum()))) ** (-1 / (tail.alpha - 1))
    drawn[beyond] = np.minimum((tail.xmin + _TABLE - 1) * ratio, 2.0**62).astype(np.int64)
    return drawn.astype(np.int64)


@lru_cache(maxsize=8)
def _survival(alpha: float, xmin: int) -> Array:
    """P(X >= x) of the law for the first whole numbers from xmin on."""
    x = np.arange(xmin, xmin + _TABLE, dtype=np.float64)
    return np.asarray(zeta(alpha, x) / zeta(alpha, xmin))
