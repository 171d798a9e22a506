"""Profile-likelihood intervals of a law's parameters.

A value belongs to the interval if some parameters with that value have a sum of squares under the threshold
chi2_min + scale F(confidence; 1, freedom). Values are tried outward from the estimate at doubling distances,
all at once, the other parameters being fitted anew at each; then the bracket around the threshold is cut
finer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gossamer.analysis.estimate import Interval
from gossamer.analysis.laws.batch import Fits, Pins, fit_from
from gossamer.analysis.laws.fit import Fit, Problem
from gossamer.analysis.laws.sandwich import correction, design
from gossamer.analysis.levels.levels import Levels

Array = NDArray[np.float64]

_DOUBLINGS = np.concatenate(([0.0], 2.0 ** np.arange(-1.0, 10.0)))
_NEAR = 6
_SWEEPS = 3
_CUTS = 12
_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class _Profiled:
    """One parameter of a problem: where it may go, and the best fits at held values of it.

    `index` is 0 for the plateau, 1 for the fall, 2 and 3 for shape parameters (on the scale of the fit).
    """

    problem: Problem
    index: int
    low: float
    high: float

    def best(self, values: Array, start: Array) -> Fits:
        """Best fit at each held value [K], the shape parameters starting from `start` [K, q]."""
        p, count = self.problem, values.size
        theta, pins = start, Pins()
        if self.index == 0:
            pins = Pins(plateau=values)
        elif self.index == 1:
            pins = Pins(fall=values)
        else:
            theta = start.copy()
            theta[:, self.index - 2] = values
            pins = Pins(shape=(self.index - 2,))
        y, w = (np.broadcast_to(array, (count, array.size)) for array in (p.y, p.w))
        return fit_from(p.law, p.z, y, w, theta, pins)


def profile_intervals(
    problem: Problem, fit: Fit, confidence: float = 0.95, levels: Levels | None = None
) -> dict[str, Interval]:
    """Interval of every parameter by name, in its unit.

    With replicates the scale of each parameter is its variance under the pooled variances over that under the
    weights (see `sandwich`), times the misfit where that is above 1 (Birge), and the degrees of freedom are
    those of the pooled variances. Without replicates the residuals give both. An end of a shape parameter
    that lies at a bound of the search is open (None).

    Parameters
    ----------
    problem : Problem
        A law and the level means.
    fit : Fit
        The least-squares fit of `problem`.
    confidence : float in (0, 1)
        Of each interval on its own.
    levels : Levels or None
        The levels of `problem`, for the noise of their runs.
    """
    scale, freedom = _scale(problem, fit, levels)
    threshold = fit.chi2 + scale * stats.f.ppf(confidence, 1, freedom)
    lower, upper = problem.law.bounds(problem.z)
    low, high = np.concatenate(([0.0, 0.0], lower)), np.concatenate(([1.0, 1.0], upper))
    estimate = np.concatenate(([fit.plateau, fit.fall], fit.theta))
    errors = _standard_errors(problem, fit) * np.sqrt(scale)
    intervals = {}
    for index, name in enumerate(fit.natural()):
        one = _Profiled(problem, index, float(low[index]), float(high[index]))
        ends = [
            _end(one, fit, float(estimate[index]), side * errors[index], float(threshold[index]))
            for side in (-1, 1)
        ]
        values = [_natural(one, end) for end in ends]
        intervals[name] = Interval(values[0], values[1], confidence, "profile likelihood")
    return intervals


def _scale(problem: Problem, fit: Fit, levels: Levels | None) -> tuple[Array, Array]:
    """Scale of the threshold of every parameter, and its degrees of freedom."""
    if levels is not None and levels.noise.known:
        found = correction(problem, fit, levels)
        return found.ratio * max(1.0, found.misfit), found.freedom
    ratio = fit.chi2 / problem.freedom
    scale = max(1.0, ratio) if problem.scaled else ratio
    return np.full(problem.n_parameters, scale), np.full(problem.n_parameters, float(problem.freedom))


def _standard_errors(problem: Problem, fit: Fit) -> Array:
    """Rough standard errors of all parameters from the curvature, as a first step size; never 0."""
    jacobian = design(problem, fit) * np.sqrt(problem.w)[:, None]
    variance = np.diag(np.linalg.pinv(jacobian.T @ jacobian))
    lower, upper = problem.law.bounds(problem.z)
    span = np.concatenate(([1.0, 1.0], upper - lower))
    return np.clip(np.sqrt(np.maximum(variance, 0.0)), 1e-6 * span, 0.1 * span)


def _end(one: _Profiled, fit: Fit, estimate: float, step: float, threshold: float) -> float:
    """Where the profile crosses the threshold in the direction of `step`; the bound if it does not."""
    # Most ends are near, and fits far out are slow.
    for distances in (_DOUBLINGS[:_NEAR], _DOUBLINGS):
        values = np.unique(np.clip(estimate + step * distances, one.low, one.high))
        values = values if step > 0 else values[::-1]
        if values.size == 1:
            return float(values[0])  # the estimate lies at the bound, or rounding swallows the steps
        found = _outward(one, fit, values)
        outside = found.chi2 > threshold
        if outside.any():
            break
    else:
        return float(values[-1])
    k = max(int(np.argmax(outside)), 1)
    inner, outer, start = values[k - 1], values[k], found.theta[k - 1]
    for _ in range(_ROUNDS):
        values = np.linspace(inner, outer, _CUTS + 1)
        found = one.best(values, np.tile(start, (values.size, 1)))
        k = max(int(np.argmax(found.chi2 > threshold)), 1)
        inner, outer, start = values[k - 1], values[k], found.theta[k - 1]
    near, far = found.chi2[k - 1], found.chi2[k]
    share = (threshold - near) / (far - near) if far > near else 0.0
    return float(inner + np.clip(share, 0.0, 1.0) * (outer - inner))


def _outward(one: _Profiled, fit: Fit, values: Array) -> Fits:
    """Best fits at values that lead away from the estimate."""
    found = one.best(values, np.tile(fit.theta, (values.size, 1)))
    for _ in range(_SWEEPS):
        # Far out, the fit next to it is a better start than the estimate.
        again = one.best(values[1:], found.theta[:-1])
        if not (again.chi2 < found.chi2[1:] * (1 - 1e-6)).any():
            break
        better = np.concatenate(([False], again.chi2 < found.chi2[1:]))
        found.theta[better], found.chi2[better] = again.theta[better[1:]], again.chi2[better[1:]]
    return found


def _natural(one: _Profiled, end: float) -> float | None:
    """An end in the unit of its parameter; None at a bound of a shape parameter."""
    if one.index < 2:
        return end
    if min(end - one.low, one.high - end) <= 1e-6 * (one.high - one.low):
        return None
    return float(one.problem.law.parameters[one.index - 2].natural(np.asarray(end)))
