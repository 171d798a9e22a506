"""Least-squares fits of one law to many curves at once.

The bootstrap, left-out errors and profiles need thousands of fits of the same law to the same levels. Plateau
and fall enter linearly, so they are solved exactly for every trial of the shape parameters (variable
projection: Golub and Pereyra 1973), which leaves one or two parameters to search: first over the law's
candidates, all curves in a few matrix products, then by Gauss-Newton steps with Marquardt's damping in
Kaufman's form.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.laws.shapes.base import Law

Array = NDArray[np.float64]

_STEPS = 40
_TOLERANCE = 1e-8


@dataclass(frozen=True, eq=False)
class Fits:
    """Fits of a law to B curves.

    Parameters
    ----------
    plateau, fall : float64 [B]
        Both in [0, 1].
    theta : float64 [B, q]
        Shape parameters on the scale of the fit.
    chi2 : float64 [B]
        Weighted sum of squared residuals.
    """

    plateau: Array
    fall: Array
    theta: Array
    chi2: Array


@dataclass(frozen=True, eq=False)
class Pins:
    """Parameters that are held while the others are fitted.

    Parameters
    ----------
    plateau, fall : float64 [B] or None
        Values to hold; None leaves them free.
    shape : tuple of int
        Indices of shape parameters that stay where they start.
    """

    plateau: Array | None = None
    fall: Array | None = None
    shape: tuple[int, ...] = field(default=())

    def of(self, rows: NDArray[np.intp]) -> "Pins":
        """The pins of some of the curves."""
        plateau, fall = (None if held is None else held[rows] for held in (self.plateau, self.fall))
        return Pins(plateau, fall, self.shape)


def linear_part(shape: Array, y: Array, w: Array, pins: Pins | None = None) -> tuple[Array, Array, Array]:
    """Best plateau and fall in [0, 1] for given shapes, and the sum of squares they leave.

    Parameters
    ----------
    shape : float64 [..., L]
        Shapes of the law at the levels.
    y, w : float64, broadcast against `shape`
        Level means and weights.
    pins : Pins or None
        Plateau or fall to hold.

    Returns
    -------
    plateau, fall, chi2 : float64 [...]
    """
    total = w.sum(axis=-1)
    if pins is not None and pins.plateau is not None:
        plateau = pins.plateau
        fall = _fall_below(plateau, shape, y, w)
    else:
        fall = _free_fall(shape, y, w, total) if pins is None or pins.fall is None else pins.fall
        plateau = (w * (y + fall[..., None] * shape)).sum(axis=-1) / total
        over = plateau > 1.0
        if np.any(over):
            plateau = np.minimum(plateau, 1.0)
            if pins is None or pins.fall is None:
                fall = np.where(over, _fall_below(plateau, shape, y, w), fall)
    residual = y - plateau[..., None] + fall[..., None] * shape
    return plateau, fall, (w * residual**2).sum(axis=-1)


def _free_fall(shape: Array, y: Array, w: Array, total: Array) -> Array:
    centred = shape - ((w * shape).sum(axis=-1) / total)[..., None]
    power = (w * centred**2).sum(axis=-1)
    # A shape that is constant over the levels (to rounding) explains nothing.
    flat = power <= 1e-24 * total
    fall = -(w * centred * y).sum(axis=-1) / np.where(flat, 1.0, power)
    return np.where(flat, 0.0, np.clip(fall, 0.0, 1.0))


def _fall_below(plateau: Array, shape: Array, y: Array, w: Array) -> Array:
    square = np.maximum((w * shape**2).sum(axis=-1), 1e-300)
    return np.asarray(np.clip((w * shape * (plateau[..., None] - y)).sum(axis=-1) / square, 0.0, 1.0))


def fit_many(law: Law, z: Array, y: Array, w: Array) -> Fits:
    """Fit `law` to each row of y.

    Parameters
    ----------
    law : Law
        The law to fit.
    z : float64 [L]
        The law's variable at the levels.
    y : float64 [B, L]
        Level means, one curve a row.
    w : float64 [L] or [B, L]
        Weights; 0 leaves a level out.
    """
    start = best_candidates(law, z, y, np.atleast_2d(w))
    return fit_from(law, z, y, np.broadcast_to(np.atleast_2d(w), y.shape), start)


def fit_from(law: Law, z: Array, y: Array, w: Array, start: Array, pins: Pins | None = None) -> Fits:
    """Fit `law` to each row of y from given shape parameters, with some parameters held.

    Parameters
    ----------
    law : Law
        The law to fit.
    z : float64 [L]
        The law's variable at the levels.
    y, w : float64 [B, L]
        Level means and weights.
    start : float64 [B, q]
        Shape parameters to start from.
    pins : Pins or None
        What to hold.
    """
    pins = pins or Pins()
    theta = start.copy()
    plateau, fall, chi2 = linear_part(law.shape(z, theta), y, w, pins)
    damping, bounds = np.full(len(y), 1e-3), law.bounds(z)
    active = np.arange(len(y))
    for _ in range(_STEPS):
        some = pins.of(active)
        step, hope = _step(law, z, y[active], w[active], theta[active], damping[active], some, bounds)
        trial = np.clip(theta[active] + step, *bounds)
        p, a, c = linear_part(law.shape(z, trial), y[active], w[active], some)
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


def best_candidates(law: Law, z: Array, y: Array, w: Array) -> Array:
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
    np.clip(fall, 0.0, 1.0, out=fall)
    # What each candidate adds to the sum of squares of a constant: fall (2 product + fall power), in place.
    product *= 2.0
    product += fall * power
    product *= fall
    return np.asarray(candidates[np.argmin(product, axis=0)])


def _step(
    law: Law,
    z: Array,
    y: Array,
    w: Array,
    theta: Array,
    damping: Array,
    pins: Pins,
    bounds: tuple[Array, Array],
) -> tuple[Array, Array]:
    """Damped Gauss-Newton step of the shape parameters [B, q], and the fall of chi2 that it hopes for [B]."""
    shape = law.shape(z, theta)
    plateau, fall, _ = linear_part(shape, y, w, pins)
    residual = y - plateau[:, None] + fall[:, None] * shape
    slopes = law.slopes(z, theta) * fall[:, None, None]
    if pins.plateau is None:
        total = w.sum(axis=1)[:, None]
        slopes = slopes - (np.einsum("blq,bl->bq", slopes, w) / total)[:, None, :]
        shape = shape - (w * shape).sum(axis=1)[:, None] / total
    if pins.fall is None:
        slopes = _without(slopes, shape, w, free=fall < 1.0)
    gradient = np.einsum("blq,bl->bq", slopes, w * residual)
    matrix = np.einsum("blq,blr->bqr", slopes, w[..., None] * slopes)
    low, high = bounds
    stuck = ((theta <= low) & (gradient > 0)) | ((theta >= high) & (gradient < 0))
    stuck[:, list(pins.shape)] = True
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
