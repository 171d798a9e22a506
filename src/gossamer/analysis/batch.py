"""Least-squares fits of one law to many curves at once.

The bootstrap and the left-out errors need thousands of fits of the same law to the same levels. Plateau and
fall enter linearly, so they are solved exactly for every trial of the shape parameters (variable projection:
Golub and Pereyra 1973), which leaves one or two parameters to search: first over the law's candidates, all
curves in a few matrix products, then by Gauss-Newton steps with Marquardt's damping in Kaufman's form.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.law.base import Law

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


def linear_part(shape: Array, y: Array, w: Array) -> tuple[Array, Array, Array]:
    """Best plateau and fall in [0, 1] for given shapes, and the sum of squares they leave.

    Parameters
    ----------
    shape : float64 [..., L]
        Shapes of the law at the levels.
    y, w : float64, broadcast against `shape`
        Level means and weights.

    Returns
    -------
    plateau, fall, chi2 : float64 [...]
    """
    total = w.sum(axis=-1)
    centred = shape - ((w * shape).sum(axis=-1) / total)[..., None]
    power = (w * centred**2).sum(axis=-1)
    # A shape that is constant over the levels (to rounding) explains nothing.
    flat = power <= 1e-24 * total
    fall = np.clip(-(w * centred * y).sum(axis=-1) / np.where(flat, 1.0, power), 0.0, 1.0)
    fall = np.where(flat, 0.0, fall)
    plateau = (w * (y + fall[..., None] * shape)).sum(axis=-1) / total
    over = plateau > 1.0
    if np.any(over):
        square = np.maximum((w * shape**2).sum(axis=-1), 1e-300)
        capped = np.clip((w * shape * (1.0 - y)).sum(axis=-1) / square, 0.0, 1.0)
        fall, plateau = np.where(over, capped, fall), np.minimum(plateau, 1.0)
    residual = y - plateau[..., None] + fall[..., None] * shape
    return plateau, fall, (w * residual**2).sum(axis=-1)


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
    weights = np.broadcast_to(np.atleast_2d(w), y.shape)
    theta = best_candidates(law, z, y, np.atleast_2d(w))
    plateau, fall, chi2 = linear_part(law.shape(z, theta), y, weights)
    damping = np.full(len(y), 1e-2)
    active = np.arange(len(y))
    for _ in range(_STEPS):
        trial = theta[active] + _step(law, z, y[active], weights[active], theta[active], damping[active])
        trial = np.clip(trial, *law.bounds(z))
        p, a, c = linear_part(law.shape(z, trial), y[active], weights[active])
        better = c < chi2[active]
        gain = np.where(better, chi2[active] - c, 0.0)
        moved = active[better]
        theta[moved], chi2[moved] = trial[better], c[better]
        plateau[moved], fall[moved] = p[better], a[better]
        damping[active] = np.where(better, damping[active] / 10.0, damping[active] * 10.0)
        done = np.where(better, gain <= _TOLERANCE * chi2[active], damping[active] > 1e4)
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


def _step(law: Law, z: Array, y: Array, w: Array, theta: Array, damping: Array) -> Array:
    """Damped Gauss-Newton step of the shape parameters, float64 [B, q]."""
    shape = law.shape(z, theta)
    plateau, fall, _ = linear_part(shape, y, w)
    residual = y - plateau[:, None] + fall[:, None] * shape
    slopes = law.slopes(z, theta) * fall[:, None, None]
    slopes = _project(slopes, shape, w, free=fall < 1.0)
    gradient = np.einsum("blq,bl->bq", slopes, w * residual)
    matrix = np.einsum("blq,blr->bqr", slopes, w[..., None] * slopes)
    low, high = law.bounds(z)
    stuck = ((theta <= low) & (gradient > 0)) | ((theta >= high) & (gradient < 0))
    gradient = np.where(stuck, 0.0, gradient)
    matrix = np.where(stuck[:, :, None] | stuck[:, None, :], 0.0, matrix)
    diagonal = np.einsum("bqq->bq", matrix)
    q = theta.shape[1]
    # The small term keeps the system regular where a parameter has no influence at all.
    ridge = diagonal * damping[:, None] + np.where(diagonal > 0, 1e-14 * diagonal, 1.0)
    matrix = matrix + np.eye(q) * ridge[..., None]
    return -np.linalg.solve(matrix, gradient[..., None])[..., 0]


def _project(slopes: Array, shape: Array, w: Array, free: NDArray[np.bool_]) -> Array:
    """Remove from slopes [B, L, q] what plateau and fall can take up: the weighted span of 1 and the shape.

    Where the fall is at its bound (not `free`), it can take up nothing.
    """
    total = w.sum(axis=1)[:, None]
    centred = shape - (w * shape).sum(axis=1)[:, None] / total
    slopes = slopes - (np.einsum("blq,bl->bq", slopes, w) / total)[:, None, :]
    power = np.maximum((w * centred**2).sum(axis=1), 1e-300)
    share = np.einsum("blq,bl->bq", slopes, w * centred) * (free / power)[:, None]
    return np.asarray(slopes - centred[..., None] * share[:, None, :])
