"""How well the laws know the contour, and how much better one more run would make them know it.

For every candidate law the accuracy along the axis is a Gaussian process: the fitted law with its
parameters free, and two ways in which it may be wrong. First, a rival law j may be the true one: their
difference enters with an unknown coefficient of variance w_j / 2, so that the contour's variance contains the
disagreement of the laws and shrinks where a run tells them apart. Second, a smooth discrepancy near the fall
that no candidate describes (Blight and Ott 1975, *Biometrika*). The contour is a linear functional of this
process, c = (f(x*) - plateau) / |f'(x*)|, and its variance given the runs is the c' M^-1 c of c-optimality.
A run never makes it larger.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.laws.compare import Fitted, akaike_weights, fit_all
from gossamer.analysis.laws.fit import Fit, Problem
from gossamer.analysis.laws.shapes import Law
from gossamer.analysis.levels.levels import Levels

Array = NDArray[np.float64]

_PRIOR_SHARE = 0.25
"""Standard deviation of a parameter before any run, as a share of its bounds: wide, and never singular."""
_DISCREPANCY = 0.5
"""What no law describes: standard deviation as a share of the loss, up to delta."""
_SMALLEST_WEIGHT = 1e-3


@dataclass(eq=False)
class Belief:
    """A Gaussian process over N candidate levels and, as its last point, the contour.

    Parameters
    ----------
    features : float64 [N + 1, p]
        Prior covariance is features @ features.T plus that of the discrepancy.
    amplitude, place : float64 [N + 1]
        Standard deviation of the discrepancy, and where each point lies.
    length : float > 0
        Distance over which the discrepancy is correlated.
    """

    features: Array
    amplitude: Array
    place: Array
    length: float
    columns: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spread = (self.features**2).sum(axis=1) + self.amplitude**2
        self.target = self._prior(-1)

    def _prior(self, i: int) -> Array:
        near = np.exp(-0.5 * ((self.place - self.place[i]) / self.length) ** 2)
        return np.asarray(self.features @ self.features[i] + self.amplitude * self.amplitude[i] * near)

    @property
    def variance(self) -> float:
        """Variance of the contour, in units of hardness squared."""
        return float(max(self.target[-1], 0.0))

    def gain(self, noise: Array) -> Array:
        """By how much one run at each candidate, of variance `noise`, would lower `variance`, float64 [N]."""
        return np.asarray(self.target[:-1] ** 2 / (np.maximum(self.spread[:-1], 0.0) + noise))

    def observe(self, i: int, noise: float) -> None:
        """Take note of a mean accuracy at candidate i with error variance `noise`."""
        covariance = self._prior(i)
        for column in self.columns:
            covariance -= column[i] * column
        column = covariance / np.sqrt(max(float(covariance[i]), 0.0) + noise)
        self.columns.append(column)
        self.spread = self.spread - column**2
        self.target = self.target - column[-1] * column


@dataclass(frozen=True, eq=False)
class Design:
    """Beliefs about the contour under every candidate law, with the laws' weights.

    Parameters
    ----------
    laws : tuple of str
    weights : float64 [K], adding to 1
    beliefs : tuple of Belief
    contours : float64 [K]
        Hardness of each law's contour, at most the hardest candidate.
    noise : float64 [N]
        Variance of one run at each candidate.
    mean : float64 [N]
        Accuracy at each candidate averaged over the laws.
    """

    laws: tuple[str, ...]
    weights: Array
    beliefs: tuple[Belief, ...]
    contours: Array
    noise: Array
    mean: Array

    @property
    def centre(self) -> float:
        """Hardness of the contour averaged over the laws."""
        return float(self.weights @ self.contours)

    @property
    def variance(self) -> float:
        """Variance of the contour averaged over the laws, in units of hardness squared."""
        return float(sum(w * b.variance for w, b in zip(self.weights, self.beliefs, strict=True)))

    def gain(self) -> Array:
        """By how much one run at each candidate would lower `variance`, float64 [N]."""
        gains = [w * b.gain(self.noise) for w, b in zip(self.weights, self.beliefs, strict=True)]
        return np.asarray(np.sum(gains, axis=0))

    def observe(self, i: int) -> None:
        """Plan one run at candidate i."""
        for belief in self.beliefs:
            belief.observe(i, float(self.noise[i]))


def design(
    levels: Levels, candidates: Array, places: NDArray[np.int64], laws: Sequence[Law], delta: float
) -> Design:
    """What the runs so far say about the contour.

    Parameters
    ----------
    levels : Levels
        With known noise.
    candidates : float64 [N], increasing
        Hardness of all levels that may be tried.
    places : int64 [L]
        Candidate that each of the levels is.
    laws : sequence of Law
        Candidate laws in hardness.
    delta : float in (0, 1)
        The fall that defines the contour.

    Raises
    ------
    AnalysisError
        If no law can be fitted.
    """
    fitted = fit_all(tuple(laws), levels)
    weights = law_weights(fitted)
    noise = np.exp(np.interp(candidates, levels.x, np.log(levels.noise.prior)))
    lines = {name: fitted.fits[name].accuracy(candidates) for name in weights}
    beliefs, contours = [], []
    for name in weights:
        place, slope = contour_of(fitted.fits[name], candidates, delta)
        contours.append(place)
        beliefs.append(_belief(fitted, name, weights, lines, candidates, place, slope, delta))
        for i, n in zip(places.tolist(), levels.count.tolist(), strict=True):
            beliefs[-1].observe(i, float(noise[i]) / n)
    share = np.array(list(weights.values()))
    mean = np.sum([weights[name] * lines[name] for name in weights], axis=0)
    return Design(tuple(weights), share, tuple(beliefs), np.array(contours), noise, mean)


def law_weights(fitted: Fitted) -> dict[str, float]:
    """Akaike weights of the laws; equal ones as long as there are too few levels to compare all of them."""
    names = tuple(fitted.fits)
    if any(fitted.criteria[name] is None for name in names):
        return dict.fromkeys(names, 1.0 / len(names))
    weights = {name: w for name, w in akaike_weights(fitted.criteria).items() if w >= _SMALLEST_WEIGHT}
    total = sum(weights.values())
    return {name: w / total for name, w in weights.items()}


def contour_of(fit: Fit, candidates: Array, delta: float) -> tuple[float, float]:
    """Hardness at which a law lies delta under its plateau, and how steeply it falls there.

    A law that does not fall by delta is read at the hardest candidate, one that falls before the easiest
    there. The steepness is kept between delta over the whole axis and delta over the finest step.
    """
    first, last = float(candidates[0]), float(candidates[-1])
    loss = fit.plateau - fit.accuracy(candidates)
    place = last
    if loss[-1] > delta:
        place = float(np.clip(fit.law.inverse(np.array(delta / fit.fall), fit.theta), first, last))
    h = 1e-6 * (last - first)
    ends = fit.accuracy(np.array([place - h, place + h]))
    steepest = delta / float(np.diff(candidates).min())
    return place, float(np.clip((ends[0] - ends[1]) / (2 * h), delta / (last - first), steepest))


def _belief(
    fitted: Fitted,
    name: str,
    weights: dict[str, float],
    lines: dict[str, Array],
    candidates: Array,
    place: float,
    slope: float,
    delta: float,
) -> Belief:
    """Belief before any run, if the law `name` were the best description."""
    fit, at = fitted.fits[name], np.array([place])
    free = np.vstack((_jacobian(fit, candidates), (_jacobian(fit, at) - _jacobian_of_plateau(fit)) / slope))
    rivals = []
    for other, weight in weights.items():
        rival = fitted.fits[other]
        apart = (rival.accuracy(at) - rival.plateau - fit.accuracy(at) + fit.plateau) / slope
        rivals.append(np.sqrt(weight / 2) * np.append(lines[other] - lines[name], apart))
    amplitude = _DISCREPANCY * np.clip(fit.plateau - fit.accuracy(np.append(candidates, place)), 0.0, delta)
    amplitude[-1] /= slope
    return Belief(
        np.column_stack((free * _prior_sd(fitted.problems[name]), *rivals)),
        amplitude,
        np.append(candidates, place),
        delta / slope,
    )


def _jacobian(fit: Fit, x: Array) -> Array:
    """Derivatives of the accuracy by plateau, fall and shape parameters, float64 [N, 2 + q]."""
    slopes = -fit.fall * fit.law.slopes(x, fit.theta)
    return np.column_stack((np.ones(x.size), -fit.law.shape(x, fit.theta), slopes))


def _jacobian_of_plateau(fit: Fit) -> Array:
    return np.eye(1, 2 + fit.theta.size)


def _prior_sd(problem: Problem) -> Array:
    low, high = problem.law.bounds(problem.z)
    return _PRIOR_SHARE * np.concatenate(([1.0, 1.0], high - low))
