"""Profile-likelihood intervals of a law's parameters.

A value belongs to the interval if some parameters with that value have a sum of squares under the threshold
chi2_min + scale F(confidence; 1, freedom). For fixed shape parameters the sum of squares is a parabola in
plateau and fall, so the region is known in closed form there, and only the shape parameters (one or two) are
searched: on a grid that grows until it holds the region, and is then refined at each end.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gossamer.analysis.batch import linear_part
from gossamer.analysis.estimate import Interval
from gossamer.analysis.fit import Fit, Problem

Array = NDArray[np.float64]

_POINTS = {1: 201, 2: 61}
_POINTS_CLOSE = {1: 31, 2: 13}
_REFINEMENTS = 4
_GROWTH = 30


@dataclass(frozen=True, eq=False)
class _Region:
    """Shape parameters theta [K, q] under the threshold, and the ends of plateau and fall at each."""

    theta: Array
    plateau: tuple[Array, Array]
    fall: tuple[Array, Array]


_Quantity = Callable[[_Region], tuple[Array, Array]]


def profile_intervals(problem: Problem, fit: Fit, confidence: float = 0.95) -> dict[str, Interval]:
    """Interval of every parameter by name, in its unit.

    The scale is chi2 / freedom where that is above 1 (Birge): lack of fit, and weights that are only
    estimated, widen the intervals. An end that lies at a bound of the search is open (None).

    Parameters
    ----------
    problem : Problem
        A law and the level means.
    fit : Fit
        The least-squares fit of `problem`.
    confidence : float in (0, 1)
        Of each interval on its own.
    """
    scale = max(1.0, fit.chi2 / problem.freedom) if problem.scaled else fit.chi2 / problem.freedom
    threshold = fit.chi2 + scale * float(stats.f.ppf(confidence, 1, problem.freedom))
    low, high = _enclosing_box(problem, fit, threshold)
    whole = _region(problem, _grid(low, high, _POINTS), threshold)
    cell = (high - low) / (_POINTS[low.size] - 1)
    intervals = {}
    for name, quantity in _quantities(problem).items():
        ends = [_extreme(problem, threshold, whole, cell, quantity, side) for side in (-1.0, 1.0)]
        intervals[name] = _interval(problem, name, ends, confidence)
    return intervals


def _quantities(problem: Problem) -> dict[str, _Quantity]:
    """What to bound: functions of a region that give the smallest and largest value at every theta."""
    quantities: dict[str, _Quantity] = {"plateau": lambda r: r.plateau, "a": lambda r: r.fall}
    for j, parameter in enumerate(problem.law.parameters):

        def shape_parameter(r: _Region, j: int = j) -> tuple[Array, Array]:
            return r.theta[:, j], r.theta[:, j]

        quantities[parameter.name] = shape_parameter
    return quantities


def _interval(problem: Problem, name: str, ends: list[tuple[float, Array]], confidence: float) -> Interval:
    values: list[float | None] = []
    lower, upper = problem.law.bounds(problem.z)
    names = [parameter.name for parameter in problem.law.parameters]
    for value, theta in ends:
        at_bound = False
        if name in names:
            j = names.index(name)
            at_bound = bool(min(theta[j] - lower[j], upper[j] - theta[j]) <= 1e-6 * (upper[j] - lower[j]))
            value = float(problem.law.parameters[j].natural(np.asarray(value)))
        values.append(None if at_bound or not np.isfinite(value) else value)
    return Interval(values[0], values[1], confidence, "profile likelihood")


def _grid(low: Array, high: Array, resolution: dict[int, int]) -> Array:
    """Regular grid over a box, float64 [K, q]."""
    points = resolution[low.size]
    axes = [np.linspace(a, b, points) for a, b in zip(low, high, strict=True)]
    return np.stack([mesh.ravel() for mesh in np.meshgrid(*axes, indexing="ij")], axis=-1)


def _enclosing_box(problem: Problem, fit: Fit, threshold: float) -> tuple[Array, Array]:
    """Box of shape parameters that holds the whole region, or reaches the bounds where the region does."""
    lower, upper = problem.law.bounds(problem.z)
    step = np.clip(_standard_errors(problem, fit), 1e-9 * (upper - lower), upper - lower)
    low, high = np.maximum(fit.theta - 3 * step, lower), np.minimum(fit.theta + 3 * step, upper)
    for _ in range(_GROWTH):
        theta = _grid(low, high, _POINTS)
        inside = linear_part(problem.law.shape(problem.z, theta), problem.y, problem.w)[2] <= threshold
        if not inside.any():
            # The region is thinner than a cell: look closer.
            low, high = (low + 4 * fit.theta) / 5, (high + 4 * fit.theta) / 5
            continue
        left = ((theta == low) & inside[:, None]).any(axis=0) & (low > lower)
        right = ((theta == high) & inside[:, None]).any(axis=0) & (high < upper)
        if not (left.any() or right.any()):
            return low, high
        width = high - low
        low = np.where(left, np.maximum(low - width, lower), low)
        high = np.where(right, np.minimum(high + width, upper), high)
    return low, high


def _standard_errors(problem: Problem, fit: Fit) -> Array:
    """Rough standard errors of the shape parameters from the curvature; the whole range where it has none."""
    lower, upper = problem.law.bounds(problem.z)
    slopes = -fit.fall * problem.law.slopes(problem.z, fit.theta)
    jacobian = np.column_stack((np.ones(problem.z.size), -problem.law.shape(problem.z, fit.theta), slopes))
    jacobian = jacobian * np.sqrt(problem.w)[:, None]
    variance = np.diag(np.linalg.pinv(jacobian.T @ jacobian))[2:]
    scale = max(1.0, fit.chi2 / problem.freedom) if problem.scaled else fit.chi2 / problem.freedom
    errors = np.sqrt(np.maximum(variance * scale, 0.0))
    return np.where(errors > 0, errors, (upper - lower) / 10)


def _region(problem: Problem, theta: Array, threshold: float) -> _Region:
    """The part of a grid under the threshold, with the parabola's ends of plateau and fall, cut to [0, 1]."""
    shape = problem.law.shape(problem.z, theta)
    plateau, fall, chi2 = linear_part(shape, problem.y, problem.w)
    inside = chi2 <= threshold
    shape, plateau, fall, chi2 = shape[inside], plateau[inside], fall[inside], chi2[inside]
    total = problem.w.sum()
    centre = (problem.w * shape).sum(axis=1) / total
    power = np.maximum((problem.w * (shape - centre[:, None]) ** 2).sum(axis=1), 1e-300)
    room = threshold - chi2
    of_fall = np.sqrt(room / power)
    of_plateau = np.sqrt(room * (1.0 / total + centre**2 / power))
    return _Region(
        theta[inside],
        (np.clip(plateau - of_plateau, 0.0, 1.0), np.clip(plateau + of_plateau, 0.0, 1.0)),
        (np.clip(fall - of_fall, 0.0, 1.0), np.clip(fall + of_fall, 0.0, 1.0)),
    )


def _extreme(
    problem: Problem, threshold: float, region: _Region, cell: Array, quantity: _Quantity, side: float
) -> tuple[float, Array]:
    """Smallest (side -1) or largest (side 1) value of a quantity over the region, and the theta where it is.

    The best point of the region is looked at again on finer and finer grids around it.
    """
    lower, upper = problem.law.bounds(problem.z)
    best, place = -np.inf, np.full(cell.size, np.nan)
    for _ in range(1 + _REFINEMENTS):
        if region.theta.size:
            values = side * quantity(region)[1 if side > 0 else 0]
            k = int(np.argmax(values))
            if values[k] >= best:
                best, place = float(values[k]), region.theta[k]
        low, high = np.maximum(place - 1.5 * cell, lower), np.minimum(place + 1.5 * cell, upper)
        region = _region(problem, _grid(low, high, _POINTS_CLOSE), threshold)
        cell = (high - low) / (_POINTS_CLOSE[cell.size] - 1)
    return side * best, place
