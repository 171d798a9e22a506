"""Do degrees follow a power law? Fit, goodness of fit, and comparison with other laws.

After Clauset, Shalizi and Newman 2009, *Power-law distributions in empirical data*, for whole numbers:
p(x) = x^-alpha / zeta(alpha, xmin) for x >= xmin. alpha maximises the likelihood of the tail, xmin makes the
Kolmogorov-Smirnov distance of the tail smallest, and the goodness of fit comes from a bootstrap in which xmin
is searched anew. The fit is written out here because what exists leaves out that bootstrap for whole numbers,
approximates the discrete likelihood, or brings a drawing library along; it takes a page.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import zeta

from gossamer.analysis.structure.alternatives import Comparison, compare_with_alternatives

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Verdict = Literal["rejected", "plausible", "undecided"]

LEAST_TAIL = 10
"""Values at or above xmin that a fit needs."""

_CONVINCING_TAIL = 50
_MOST_CANDIDATES = 60
_GOOD_FIT = 0.1
_SIGNIFICANT = 0.05
_SMALLEST, _LARGEST = 1.01, 50.0
_ENOUGH_EXCEEDED = 20
_TABLE = 4096


@dataclass(frozen=True)
class PowerLaw:
    """Power law fitted to the tail of some degrees.

    Attributes
    ----------
    alpha, alpha_error : float
        Exponent, above 1, and its standard error from the curvature of the likelihood.
    xmin : int
        Where the tail begins.
    tail : int
        Values in the tail.
    distance : float
        Kolmogorov-Smirnov distance between tail and fit.
    p : float or None
        Chance of a distance as large as this under the fitted law; small values speak against a power law.
        None where no bootstrap was asked for.
    draws : int
        Bootstrap draws behind `p`; fewer than asked for where `p` is clearly large.
    comparisons : tuple of Comparison
        Against other laws on the same tail.
    verdict : "rejected", "plausible" or "undecided"
        On the tail. Rejected: p <= 0.1, or another law is significantly better. Plausible: a tail of at least
        50 values, p > 0.1, and significantly better than the exponential and the Poisson law.
    share : float
        Part of all values that lies in the tail.
    best : str
        Which law has the greatest likelihood when each has to describe all values: "power law" or one of the
        others. A network whose degrees are Poisson distributed has tails short enough to pass for anything.
    """

    alpha: float
    alpha_error: float
    xmin: int
    tail: int
    distance: float
    p: float | None
    draws: int
    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    share: float
    best: str


def fit_power_law(degrees: Counts, draws: int, random: np.random.Generator) -> PowerLaw | None:
    """Fit and test a power law.

    Parameters
    ----------
    degrees : int64 [n], values below 1 are left out
    draws : int
        Most bootstrap draws; 0 for none.
    random : numpy Generator

    Returns
    -------
    PowerLaw, or None where fewer than 10 values or fewer than 3 different ones are left
    """
    values = np.sort(degrees[degrees >= 1])
    best = _best_fit(values)
    if best is None:
        return None
    alpha, xmin, distance = best
    tail = values[values >= xmin]
    p, made = _goodness_of_fit(values, alpha, xmin, distance, draws, random) if draws else (None, 0)
    comparisons = compare_with_alternatives(tail, xmin, log_probability(tail, alpha, xmin))
    error = float(1.0 / np.sqrt(len(tail) * _curvature(alpha, xmin)))
    return PowerLaw(
        alpha=alpha,
        alpha_error=error,
        xmin=xmin,
        tail=len(tail),
        distance=distance,
        p=p,
        draws=made,
        comparisons=comparisons,
        verdict=_verdict(len(tail), p, comparisons),
        share=len(tail) / len(values),
        best=_best_law(values),
    )


def log_probability(values: Counts, alpha: float, xmin: int) -> Array:
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


class PowerLawDraws:
    """Numbers that follow a power law from `xmin` on.

    Parameters
    ----------
    alpha : float above 1
    xmin : int, at least 1
    """

    def __init__(self, alpha: float, xmin: int) -> None:
        self._alpha, self._xmin = alpha, xmin
        self._survival = zeta(alpha, np.arange(xmin, xmin + _TABLE, dtype=np.float64)) / zeta(alpha, xmin)

    def draw(self, count: int, random: np.random.Generator) -> Counts:
        """Draw int64 [count]."""
        u = random.random(count)
        # The largest x with P(X >= x) > u; the table descends.
        place = np.searchsorted(-self._survival, -u, side="left") - 1
        drawn = self._xmin + np.maximum(place, 0)
        beyond = u < self._survival[-1]
        # Out there a step of 1 is below 1 / 4,000 of a value, and the law is continuous to that precision.
        ratio = (1.0 - random.random(int(beyond.sum()))) ** (-1 / (self._alpha - 1))
        drawn[beyond] = np.minimum((self._xmin + _TABLE - 1) * ratio, 2.0**62).astype(np.int64)
        return drawn.astype(np.int64)


def _best_fit(values: Counts) -> tuple[float, int, float] | None:
    """(alpha, xmin, distance) of the tail with the smallest distance; `values` ascend."""
    distinct, first = np.unique(values, return_index=True)
    tail = len(values) - first
    usable = (tail >= LEAST_TAIL) & (np.arange(len(distinct)) <= len(distinct) - 3)
    candidates = np.flatnonzero(usable)[:_MOST_CANDIDATES]
    if not candidates.size:
        return None
    logs = np.cumsum(np.log(values)[::-1])[::-1]
    xmin = distinct[candidates].astype(np.float64)
    alpha = fit_exponent(logs[first[candidates]] / tail[candidates], xmin)
    distance = _distances(distinct, tail, candidates, alpha)
    best = int(np.argmin(distance))
    return float(alpha[best]), int(xmin[best]), float(distance[best])


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


def _goodness_of_fit(
    values: Counts, alpha: float, xmin: int, distance: float, draws: int, random: np.random.Generator
) -> tuple[float, int]:
    """How likely a distance as large as this is, and the draws made.

    Drawing stops once 20 draws lie at least as far off, with p = 20 / draws (Besag and Clifford 1991,
    *Sequential Monte Carlo p-values*); else p = (1 + those) / (1 + draws).
    """
    body, source = values[values < xmin], PowerLawDraws(alpha, xmin)
    exceeded = 0
    for made in range(1, draws + 1):
        in_tail = int(random.binomial(len(values), 1 - len(body) / len(values)))
        low = random.choice(body, len(values) - in_tail) if len(body) else body
        drawn = np.concatenate([low, source.draw(in_tail, random)])
        best = _best_fit(np.sort(drawn))
        exceeded += best is not None and best[2] >= distance
        if exceeded == _ENOUGH_EXCEEDED:
            return exceeded / made, made
    return (1 + exceeded) / (1 + draws), draws


def _curvature(alpha: float, xmin: int) -> float:
    step = 1e-4 * alpha
    low, middle, high = (np.log(zeta(alpha + k * step, xmin)) for k in (-1, 0, 1))
    return float(max((high - 2 * middle + low) / step**2, 1e-12))


def _verdict(tail: int, p: float | None, comparisons: tuple[Comparison, ...]) -> Verdict:
    worse = any(c.normalised < 0 and c.p < _SIGNIFICANT for c in comparisons)
    if worse or (p is not None and p <= _GOOD_FIT):
        return "rejected"
    better = {c.law for c in comparisons if c.normalised > 0 and c.p < _SIGNIFICANT}
    fits = p is not None and tail >= _CONVINCING_TAIL
    return "plausible" if fits and {"exponential", "poisson"} <= better else "undecided"


def _best_law(values: Counts) -> str:
    xmin = int(values[0])
    alpha = float(fit_exponent(np.log(values).mean(keepdims=True), np.array([float(xmin)]))[0])
    comparisons = compare_with_alternatives(values, xmin, log_probability(values, alpha, xmin))
    best = min(comparisons, key=lambda comparison: comparison.ratio)
    return best.law if best.ratio < 0 else "power law"
