"""The paper's equation (2) for many curves at once, as `paper_law.fit_with_contour` fits one."""

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.batch import Pins, best_candidates, fit_from
from gossamer.analysis.law.exponential import Exponential
from gossamer.analysis.paper_law import ESC

Array = NDArray[np.float64]

AXIS = "zeta"
"""The axis of the paper's ESC."""

_LAW = Exponential()
_MOST_ROUNDS = 20
_SAME_LEVEL = 1e-9


def first_esc(axis: str, x: Array) -> float:
    """Where the iteration of ESC starts: at the paper's on its own axis, else in the middle of the levels."""
    return ESC if axis == AXIS else float(np.median(x))


def equation_2(x: Array, means: Array, delta: float, esc: float) -> tuple[Array, Array]:
    """Fall a and steepness b of equation (2), float64 [B] each; least squares without weights.

    The plateau is the mean of the levels up to ESC, which is where the law itself lies delta under it, found
    by iteration; a curve whose iteration does not settle keeps its last one.

    Parameters
    ----------
    x : float64 [L], increasing
        Hardness.
    means : float64 [B, L]
        Level means, one curve a row.
    delta : float
        The fall that defines ESC.
    esc : float
        Where the iteration starts.
    """
    B, L = means.shape
    weights = np.ones((B, L))
    theta = best_candidates(_LAW, x, means, np.ones((1, L)))
    sums = np.cumsum(means, axis=1)
    members = np.full(B, _members(x, np.array([esc]))[0])
    for _ in range(_MOST_ROUNDS):
        plateau = sums[np.arange(B), members - 1] / members
        fits = fit_from(_LAW, x, means, weights, theta, Pins(plateau=plateau))
        theta, steepness = fits.theta, np.exp(fits.theta[:, 0])
        with np.errstate(divide="ignore"):
            contour = np.where(fits.fall > delta, 1.0 + np.log(delta / fits.fall) / steepness, np.inf)
        settled, members = members, _members(x, contour)
        if np.array_equal(settled, members):
            break
    return fits.fall, np.exp(fits.theta[:, 0])


def _members(x: Array, contour: Array) -> NDArray[np.int64]:
    """Levels up to the contour, at least one, int64 [B]."""
    return np.maximum(np.searchsorted(x, contour + _SAME_LEVEL, side="right"), 1)
