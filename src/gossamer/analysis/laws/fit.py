"""Least-squares fits of a law to level means: to those of a study, and to many curves at once.

Plateau and fall enter linearly, so they are solved exactly for every trial of the shape parameters (variable
projection: Golub and Pereyra 1973), which leaves one or two parameters to search: first over the law's
candidates, all curves in a few matrix products, then by Gauss-Newton steps with Marquardt's damping in
Kaufman's form.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.laws.shapes import Law
from gossamer.analysis.levels.levels import Levels
from gossamer.errors import AnalysisError
from gossamer.train.score import ACCURACY, Score

Array = NDArray[np.float64]

_STEPS = 40
_TOLERANCE = 1e-8


@dataclass(frozen=True, eq=False)
class Problem:
    """A law and the level means that it is fitted to, by weighted least squares.

    The likelihood is Gaussian: level means with known variances (`Noise.prior` / runs), the same for all
    laws, so that their sums of squares can be compared.

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
    score : Score
        What y are values of; its range is that of the plateau.
    """

    law: Law
    x: Array
    z: Array
    y: Array
    w: Array
    scaled: bool
    score: Score = ACCURACY

    @property
    def n_parameters(self) -> int:
        """Plateau, fall and the parameters of the shape."""
        return 2 + len(self.law.parameters)

    @property
    def freedom(self) -> int:
        """Levels minus parameters."""
        return self.x.size - self.n_parameters

    def hardness(self, z: Array) -> Array:
        """Hardness at which the law's variable is z, any shape; inf beyond the hardest level, -inf before the
        easiest.
        """
        x = np.interp(-z, -self.z, self.x) if self.law.variable == "links" else z
        side = -1.0 if self.law.variable == "links" else 1.0
        x = np.where(side * z > side * self.z[-1], np.inf, x)
        return np.where(side * z < side * self.z[0], -np.inf, x)


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
        return Problem(law, levels.x, levels.x, levels.mean, levels.weights, levels.noise.known, levels.score)
    if levels.links is None:
        raise AnalysisError(
            f"The law '{law.name}' needs the persisting links of every run; give Sample.links."
        )
    if not (np.diff(levels.links) < 0).all():
        raise AnalysisError(
            f"The law '{law.name}' needs fewer persisting links at every harder level of the axis."
        )
    return Problem(law, levels.x, levels.links, levels.mean, levels.weights, levels.noise.known, levels.score)


@dataclass(frozen=True, eq=False)
class Fits:
    """Fits of a law to B curves: plateau and fall [B], shape parameters theta [B, q] on the scale of the fit,
    and weighted sums of squared residuals chi2 [B], all float64.
    """

    plateau: Array
    fall: Array
    theta: Array
    chi2: Array


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
    """Weighted least squares with bounds."""
    law = problem.law
    found = fit_many(law, problem.z, problem.y[None, :], problem.w, problem.score)
    values = np.concatenate(([found.plateau[0], found.fall[0]], found.theta[0]))
    (least, most), score = law.bounds(problem.z), problem.score
    low, high = np.append([score.low, 0.0], least), np.append([score.high, score.span], most)
    flags = _flags(law, values, low, high)
    return Fit(law, float(values[0]), float(values[1]), found.theta[0], float(found.chi2[0]), flags)


def _flags(law: Law, values: Array, low: Array, high: Array) -> tuple[str, ...]:
    names = ("plateau", "a", *(parameter.name for parameter in law.parameters))
    flags = []
    for name, value, least, most in zip(names, values, low, high, strict=True):
        margin = 1e-6 * (most - least) if np.isfinite(most - least) else 0.0
        if value <= least + margin:
            flags.append(f"{name} is at its lower bound")
        elif value >= most - margin:
            flags.append(f"{name} is at its upper bound")
    return tuple(flags)


def linear_part(shape: Array, y: Array, w: Array, score: Score = ACCURACY) -> tuple[Array, Array, Array]:
    """Best plateau and fall in the range of the score, and the sum of squares they leave, float64 [...].

    Parameters
    ----------
    shape : float64 [..., L]
        Shapes of the law at the levels.
    y, w : float64, broadcast against `shape`
        Level means and weights.
    score : Score
        What y are values of.
    """
    total = w.sum(axis=-1)
    fall = _free_fall(shape, y, w, total, score)
    plateau = (w * (y + fall[..., None] * shape)).sum(axis=-1) / total
    outside = (plateau < score.low) | (plateau > score.high)
    if np.any(outside):
        plateau = np.clip(plateau, score.low, score.high)
        fall = np.where(outside, _fall_below(plateau, shape, y, w, score), fall)
    residual = y - plateau[..., None] + fall[..., None] * shape
    return plateau, fall, (w * residual**2).sum(axis=-1)


def _free_fall(shape: Array, y: Array, w: Array, total: Array, score: Score) -> Array:
    centred = shape - ((w * shape).sum(axis=-1) / total)[..., None]
    power = (w * centred**2).sum(axis=-1)
    # A shape that is constant over the levels (to rounding) explains nothing.
    flat = power <= 1e-24 * total
    fall = -(w * centred * y).sum(axis=-1) / np.where(flat, 1.0, power)
    return np.where(flat, 0.0, np.clip(fall, 0.0, score.span))


def _fall_below(plateau: Array, shape: Array, y: Array, w: Array, score: Score) -> Array:
    square = np.maximum((w * shape**2).sum(axis=-1), 1e-300)
    return np.asarray(np.clip((w * shape * (plateau[..., None] - y)).sum(axis=-1) / square, 0.0, score.span))


def fit_many(law: Law, z: Array, y: Array, w: Array, score: Score = ACCURACY) -> Fits:
    """Fit `law` to each row of y.

    Parameters
    ----------
    law : Law
    z : float64 [L]
        The law's variable at the levels.
    y : float64 [B, L]
        Level means, one curve a row.
    w : float64 [L] or [B, L]
        Weights; 0 leaves a level out.
    score : Score
        What y are values of.
    """
    theta = best_candidates(law, z, y, np.atleast_2d(w), score)
    w = np.broadcast_to(np.atleast_2d(w), y.shape)
    plateau, fall, chi2 = linear_part(law.shape(z, theta), y, w, score)
    damping, bounds = np.full(len(y), 1e-3), law.bounds(z)
    active = np.arange(len(y))
    for _ in range(_STEPS):
        step, hope = _step(law, z, y[active], w[active], theta[active], damping[active], score)
        trial = np.clip(theta[active] + step, *bounds)
        p, a, c = linear_part(law.shape(z, trial), y[active], w[active], score)
        better = c < chi2[active]
        moved = active[better]
        theta[moved], chi2[moved] = trial[better], c[better]
        plateau[moved], fall[moved] = p[better], a[better]
        damping[active] = np.where(better, damping[active] / 10.0, damping[active] * 10.0)
        done = (hope <= _TOLERANCE * chi2[active]) | (damping[active] > 1e4)
        active = active[~done]
        if not active.size:
            break
    return Fits(plateau, fall, theta, chi2)


def best_candidates(law: Law, z: Array, y: Array, w: Array, score: Score) -> Array:
    """Best of the law's candidates for each row of y, float64 [B, q]; w is [1, L] or [B, L]."""
    candidates = law.candidates(z)
    shape = law.shape(z, candidates)
    total = w.sum(axis=1)
    centre = (w.mean(axis=0) * shape).sum(axis=1) / w.mean(axis=0).sum()
    shape = shape - centre[:, None]
    level = y - ((w * y).sum(axis=1) / total)[:, None]
    first = shape @ w.T
    power = (shape**2) @ w.T - first**2 / total
    product = shape @ (w * level).T
    fall = product / -np.maximum(power, 1e-24 * total)
    np.clip(fall, 0.0, score.span, out=fall)
    # What each candidate adds to the sum of squares of a constant: fall (2 product + fall power), in place.
    product *= 2.0
    product += fall * power
    product *= fall
    return np.asarray(candidates[np.argmin(product, axis=0)])


def _step(
    law: Law, z: Array, y: Array, w: Array, theta: Array, damping: Array, score: Score
) -> tuple[Array, Array]:
    """Damped Gauss-Newton step of the shape parameters [B, q], and the fall of chi2 that it hopes for [B]."""
    shape = law.shape(z, theta)
    plateau, fall, _ = linear_part(shape, y, w, score)
    residual = y - plateau[:, None] + fall[:, None] * shape
    slopes = law.slopes(z, theta) * fall[:, None, None]
    total = w.sum(axis=1)[:, None]
    slopes = slopes - (np.einsum("blq,bl->bq", slopes, w) / total)[:, None, :]
    shape = shape - (w * shape).sum(axis=1)[:, None] / total
    slopes = _without(slopes, shape, w, free=fall < score.span)
    gradient = np.einsum("blq,bl->bq", slopes, w * residual)
    matrix = np.einsum("blq,blr->bqr", slopes, w[..., None] * slopes)
    low, high = law.bounds(z)
    stuck = ((theta <= low) & (gradient > 0)) | ((theta >= high) & (gradient < 0))
    gradient = np.where(stuck, 0.0, gradient)
    matrix = np.where(stuck[:, :, None] | stuck[:, None, :], 0.0, matrix)
    diagonal = np.einsum("bqq->bq", matrix)
    # The small term keeps the system regular where a parameter has no influence at all.
    ridge = diagonal * damping[:, None] + np.where(diagonal > 0, 1e-14 * diagonal, 1.0)
    matrix = matrix + np.eye(theta.shape[1]) * ridge[..., None]
    step = -np.linalg.solve(matrix, gradient[..., None])[..., 0]
    return step, -(gradient * step).sum(axis=1)


def _without(slopes: Array, shape: Array, w: Array, free: NDArray[np.bool_]) -> Array:
    """Slopes [B, L, q] without what a change of the fall would take up; nothing where it is not `free`."""
    power = np.maximum((w * shape**2).sum(axis=1), 1e-300)
    share = np.einsum("blq,bl->bq", slopes, w * shape) * (free / power)[:, None]
    return np.asarray(slopes - shape[..., None] * share[:, None, :])
