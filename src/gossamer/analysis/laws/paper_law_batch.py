"""The paper's equation (2) for many curves at once, as `paper_law.fit_with_contour` fits one."""

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.laws.paper_law import ESC
from gossamer.analysis.laws.shapes.base import exp_within, steepness_bounds

Array = NDArray[np.float64]

AXIS = "zeta"
"""The axis of the paper's ESC."""

_MOST_ROUNDS = 20
_SAME_LEVEL = 1e-9
_GRID = 80
_ZOOMS = 5
_ZOOM_POINTS = 9


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
    B = len(means)
    sums = np.cumsum(means, axis=1)
    members = np.full(B, _members(x, np.array([esc]))[0])
    for _ in range(_MOST_ROUNDS):
        plateau = sums[np.arange(B), members - 1] / members
        a, b = _least_squares(x, plateau[:, None] - means)
        with np.errstate(divide="ignore", invalid="ignore"):
            contour = np.where(a > delta, 1.0 + np.log(delta / a) / b, np.inf)
        settled, members = members, _members(x, contour)
        if np.array_equal(settled, members):
            break
    return a, b


def _least_squares(x: Array, lost: Array) -> tuple[Array, Array]:
    """Fall and steepness that come nearest to what each curve has lost, [B, L]; the fall may exceed 1.

    The best fall for a steepness is linear; the steepness is searched on a grid that is cut finer around its
    best point.
    """
    low, high = steepness_bounds(x)
    step = (high - low) / (_GRID - 1)
    centre, width = np.full(len(lost), (low + high) / 2), (high - low) / 2
    offsets = np.linspace(-1.0, 1.0, _GRID)
    for _ in range(_ZOOMS + 1):
        steepness = centre[:, None] + width * offsets
        gain = _explained(x, lost, steepness)
        centre = np.take_along_axis(steepness, gain.argmax(axis=1)[:, None], axis=1)[:, 0]
        width, step = step, step / 4
        offsets = np.linspace(-1.0, 1.0, _ZOOM_POINTS)
    shape = exp_within(np.exp(centre)[:, None] * (x - 1.0))
    fall = (shape * lost).sum(axis=1) / (shape**2).sum(axis=1)
    return np.maximum(fall, 0.0), np.exp(centre)


def _explained(x: Array, lost: Array, steepness: Array) -> Array:
    """How much of the squares of [B, L] each steepness [B, K] explains with its best fall, float64 [B, K]."""
    shape = exp_within(np.exp(steepness)[..., None] * (x - 1.0))
    product = np.maximum(np.einsum("bkl,bl->bk", shape, lost), 0.0)
    return np.asarray(product**2 / np.maximum(np.einsum("bkl,bkl->bk", shape, shape), 1e-300))


def _members(x: Array, contour: Array) -> NDArray[np.int64]:
    """Levels up to the contour, at least one, int64 [B]."""
    return np.maximum(np.searchsorted(x, contour + _SAME_LEVEL, side="right"), 1)
