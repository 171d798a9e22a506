"""Fit of one law to the level means of a study."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from gossamer.analysis.laws.batch import Fits, best_candidates, linear_part
from gossamer.analysis.laws.shapes import Law
from gossamer.analysis.levels.levels import Levels
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """A law and the level means that it is fitted to, by weighted least squares.

    The likelihood is Gaussian: level means with known variances (pooled run variance / runs), the same for
    all laws, so that their sums of squares can be compared.

    Parameters
    ----------
    law : Law
    x : float64 [L]
        Hardness of the levels, increasing.
    z : float64 [L]
        The law's variable at the levels: x itself, or persisting links.
    y, w : float64 [L]
        Level means and weights (1 / variance of the mean; runs where no variance is known).
    scaled : bool
        True if w are inverse variances, False if their common scale is unknown.
    """

    law: Law
    x: Array
    z: Array
    y: Array
    w: Array
    scaled: bool

    @property
    def n_parameters(self) -> int:
        """Plateau, fall and the parameters of the shape."""
        return 2 + len(self.law.parameters)

    @property
    def freedom(self) -> int:
        """Levels minus parameters."""
        return self.x.size - self.n_parameters

    def hardness(self, z: Array) -> Array:
        """Hardness at which the law's variable is z; inf beyond the hardest level, any shape."""
        if self.law.variable == "links":
            x = np.interp(-z, -self.z, self.x)
            return np.where(z < self.z[-1], np.inf, x)
        return np.where(z > self.x[-1], np.inf, z)


def problem(law: Law, levels: Levels) -> Problem:
    """The problem of fitting `law` to these levels.

    Raises
    ------
    AnalysisError
        If there are no more levels than parameters, or the law needs persisting links and the sample has none
        or not fewer of them at every harder level.
    """
    needed = 3 + len(law.parameters)
    if levels.x.size < needed:
        raise AnalysisError(
            f"The law '{law.name}' needs at least {needed} levels, but {levels.x.size} can be fitted."
        )
    if law.variable == "hardness":
        return Problem(law, levels.x, levels.x, levels.mean, levels.weights, levels.noise.known)
    if levels.links is None:
        raise AnalysisError(
            f"The law '{law.name}' needs the persisting links of every run; give Sample.links."
        )
    if not (np.diff(levels.links) < 0).all():
        raise AnalysisError(
            f"The law '{law.name}' needs fewer persisting links at every harder level of the axis."
        )
    return Problem(law, levels.x, levels.links, levels.mean, levels.weights, levels.noise.known)


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted law.

    Parameters
    ----------
    law : Law
    plateau, fall : float
    theta : float64 [q]
        Shape parameters on the scale of the fit.
    chi2 : float
        Weighted sum of squared residuals.
    flags : tuple of str
        What to know before trusting it, such as a parameter at its bound.
    """

    law: Law
    plateau: float
    fall: float
    theta: Array
    chi2: float
    flags: tuple[str, ...]

    def accuracy(self, z: Array) -> Array:
        """Accuracy that the law gives at z (its own variable), same shape as z."""
        return self.plateau - self.fall * self.law.shape(z, self.theta)

    def natural(self) -> dict[str, float]:
        """Every parameter by its name, in its unit."""
        values = {"plateau": self.plateau, "a": self.fall}
        for parameter, fitted in zip(self.law.parameters, self.theta, strict=True):
            values[parameter.name] = float(parameter.natural(fitted))
        return values

    def as_fits(self) -> Fits:
        """The same as a batch of one."""
        one = np.array
        return Fits(one([self.plateau]), one([self.fall]), self.theta[None, :], one([self.chi2]))


def fit(problem: Problem) -> Fit:
    """Weighted least squares with bounds (SciPy's trust-region method), from the best candidate."""
    law, z, y, w = problem.law, problem.z, problem.y, problem.w
    start = best_candidates(law, z, y[None, :], w[None, :])[0]
    plateau, fall, _ = linear_part(law.shape(z, start), y, w)
    low, high = _bounds(problem)
    guess = np.clip(np.concatenate(([float(plateau), float(fall)], start)), low, high)
    root = np.sqrt(w)

    def residuals(v: Array) -> Array:
        return np.asarray(root * (v[0] - v[1] * law.shape(z, v[2:]) - y))

    def jacobian(v: Array) -> Array:
        slopes = -v[1] * law.slopes(z, v[2:])
        return np.asarray(root[:, None] * np.column_stack((np.ones(z.size), -law.shape(z, v[2:]), slopes)))

    found = least_squares(
        residuals, guess, jac=jacobian, bounds=(low, high), x_scale="jac", ftol=1e-13, xtol=1e-13, gtol=1e-13
    )
    v = np.asarray(found.x, dtype=np.float64)
    return Fit(law, float(v[0]), float(v[1]), v[2:], 2.0 * float(found.cost), _flags(problem, v, low, high))


def _bounds(problem: Problem) -> tuple[Array, Array]:
    low, high = problem.law.bounds(problem.z)
    return np.concatenate(([0.0, 0.0], low)), np.concatenate(([1.0, 1.0], high))


def _flags(problem: Problem, v: Array, low: Array, high: Array) -> tuple[str, ...]:
    names = ("plateau", "a", *(parameter.name for parameter in problem.law.parameters))
    flags = []
    for name, value, least, most in zip(names, v, low, high, strict=True):
        margin = 1e-6 * (most - least)
        if value <= least + margin:
            flags.append(f"{name} is at its lower bound")
        elif value >= most - margin:
            flags.append(f"{name} is at its upper bound")
    return tuple(flags)


def law_contours(problem: Problem, fits: Fits, delta: float) -> Array:
    """Hardness at which each fitted law lies delta under its plateau, float64 [B]; inf beyond the levels."""
    height = delta / np.maximum(fits.fall, 1e-300)
    reached = np.where(height < 1.0, height, 1.0)
    z = problem.law.inverse(reached, fits.theta)
    x = problem.hardness(z)
    deepest = fits.fall * problem.law.shape(problem.z[-1:], fits.theta)[:, 0]
    return np.where(deepest < delta, np.inf, x)


def law_half_contours(problem: Problem, fits: Fits) -> Array:
    """Hardness at which each fitted law has lost half of its fall at the hardest level, float64 [B]."""
    height = np.maximum(problem.law.shape(problem.z[-1:], fits.theta)[:, 0] / 2, 1e-300)
    return problem.hardness(problem.law.inverse(height, fits.theta))
