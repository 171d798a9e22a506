"""Equations (1) to (3) of the source paper, exactly as it states them, apart from the laws with a free
plateau.

    (2)  acc(zeta) = -a exp(b (zeta - 1)) + acc_p
    (3)  acc_p     = mean accuracy of the levels from 0 to ESC
    (1)  the paper's own numbers for (2)

Least squares are unweighted over the levels, as in the paper. One curve is fitted by steepest descent, as
there, and by SciPy; many curves by a grid.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from gossamer.analysis.laws.shapes.base import exp_within
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]

PLATEAU, FALL, STEEPNESS, ESC = 0.868, 0.204, 183.0, 0.96
"""Equation (1): acc_p, a, b, and the extreme sparsity contour that the paper reads off its heat maps."""

AXIS = "zeta"
"""The axis of the paper's ESC."""

GRADIENT_NORM = 1e-10
_MOST_STEPS = 20_000
_SMALLEST = np.finfo(np.float64).tiny
_MOST_ROUNDS = 20
_SAME_LEVEL = 1e-9
_STEEPEST = 50.0
"""Steepness times the finest step at which the law has fallen at the hardest level alone."""


@dataclass(frozen=True)
class PaperLaw:
    """Equation (2) fitted the paper's way.

    Parameters
    ----------
    esc : float
        Contour up to which levels make the plateau, as a hardness.
    esc_from : str
        "given", or "contour" where esc is contour(delta) of the law itself, iterated to a fixed point.
    plateau, a, b : float
        acc_p by equation (3); a and b by gradient descent in (a, ln b).
    mse : float
        Mean squared error over the levels (the paper: 0.013 %, read as 1.3e-4).
    steps : int
        Steps of gradient descent.
    gradient_norm : float
        Norm of the gradient of the mse by (a, ln b) at the end; below 1e-10.
    a_least_squares, b_least_squares : float
        The same minimum by SciPy's least squares.
    contour : float
        Hardness at which the law lies `delta` under its plateau; inf where that is not within the levels.
    note : str
        Empty, or one sentence.
    """

    esc: float
    esc_from: str
    plateau: float
    a: float
    b: float
    mse: float
    steps: int
    gradient_norm: float
    a_least_squares: float
    b_least_squares: float
    contour: float
    note: str = ""


def paper_accuracy(x: Array, plateau: float = PLATEAU, a: float = FALL, b: float = STEEPNESS) -> Array:
    """Equation (2); with the defaults equation (1). Same shape as x."""
    return plateau - a * np.exp(b * (x - 1.0))


def paper_contour(delta: float, a: float = FALL, b: float = STEEPNESS) -> float:
    """Level at which equation (2) lies delta under its plateau: 1 + ln(delta / a) / b; inf if a < delta."""
    return float(1.0 + np.log(delta / a) / b) if a >= delta else np.inf


def plateau_mean(x: Array, accuracy: Array, esc: float) -> float:
    """Equation (3): mean accuracy of the levels up to esc.

    Raises
    ------
    AnalysisError
        If there is no such level.
    """
    below = x <= esc + _SAME_LEVEL
    if not below.any():
        raise AnalysisError(
            f"No level lies at or below ESC = {esc:g}, so equation (3) has no plateau; add easier levels."
        )
    return float(accuracy[below].mean())


def fit_given_esc(x: Array, accuracy: Array, esc: float = ESC, delta: float = 0.01) -> PaperLaw:
    """Equation (2) with the plateau of equation (3) for a given ESC.

    `x` is the hardness of the levels (zeta itself on the paper's axis), `accuracy` the mean over the runs of
    each, both float64 [L]; `delta` is the fall that `contour` reports.

    Raises
    ------
    AnalysisError
        If there are fewer than 4 levels, no level up to ESC, no fall, or no minimum.
    """
    plateau = plateau_mean(x, accuracy, esc)
    return _fitted(x, accuracy, plateau, esc, "given", delta, "")


def fit_with_contour(x: Array, accuracy: Array, delta: float = 0.01, start: float = ESC) -> PaperLaw:
    """Equation (2) where ESC is the law's own contour(delta), iterated until the plateau's levels stay the
    same; of a cycle the smallest contour is taken, with a note.
    """
    seen: list[float] = []
    esc = start
    while esc not in seen:
        a, b = _least_squares(x, accuracy, plateau_mean(x, accuracy, esc))
        contour = min(paper_contour(delta, a, b), float(x.max()))
        if seen and np.ptp(_members(x, np.array([contour, esc]))) == 0:
            plateau = plateau_mean(x, accuracy, esc)
            return _fitted(x, accuracy, plateau, contour, "contour", delta, "")
        seen.append(esc)
        esc = contour
    esc = min(seen[seen.index(esc) :])
    note = "The iteration of ESC runs in a cycle; the smallest contour of the cycle was taken."
    return _fitted(x, accuracy, plateau_mean(x, accuracy, esc), esc, "contour", delta, note)


def mse_surface(x: Array, accuracy: Array, plateau: float, a: Array, b: Array) -> Array:
    """Mean squared error of equation (2) over a grid of a and b (Figure 5).

    `x` and `accuracy` are the levels', `plateau` is held; `a` [n] are the columns, `b` [m] the rows of the
    result, float64 [m, n].
    """
    shape = np.exp(b[:, None] * (x - 1.0))
    fall = plateau - accuracy
    squares = (shape**2).mean(axis=1)[:, None] * a**2
    return np.asarray(squares - 2.0 * (shape * fall).mean(axis=1)[:, None] * a + (fall**2).mean())


def _fitted(
    x: Array, accuracy: Array, plateau: float, esc: float, esc_from: str, delta: float, note: str
) -> PaperLaw:
    a_ls, b_ls = _least_squares(x, accuracy, plateau)
    a, b, steps, norm = gradient_descent(x, accuracy, plateau)
    mse = float(((accuracy - paper_accuracy(x, plateau, a, b)) ** 2).mean())
    contour = paper_contour(delta, a, b)
    if not x.min() <= contour <= x.max():
        contour = np.inf
        note = note or "Equation (2) does not lie delta under its plateau within the studied levels."
    return PaperLaw(esc, esc_from, plateau, a, b, mse, steps, norm, a_ls, b_ls, contour, note)


def _start(x: Array, accuracy: Array, plateau: float) -> Array:
    """First (a, ln b): the fall at the hardest level, and a steepness that halves it where that is seen."""
    if x.size < 4:
        raise AnalysisError(f"Equation (2) needs at least 4 levels, but {x.size} can be fitted.")
    order = np.argsort(x)
    fall = plateau - accuracy[order]
    a = float(fall[-1])
    if not a > 0:
        raise AnalysisError(
            "Accuracy at the hardest level is not below the plateau, so equation (2) has no fall to fit."
        )
    halved = x[order][fall >= a / 2][0]
    distance = max(float(x.max() - halved), float(np.diff(np.unique(x)).min()))
    return np.array([a, np.log(np.log(2.0) / distance)])


def _least_squares(x: Array, accuracy: Array, plateau: float) -> tuple[float, float]:
    def residuals(v: Array) -> Array:
        return np.asarray(plateau - v[0] * np.exp(exp_within(v[1]) * (x - 1.0)) - accuracy)

    def jacobian(v: Array) -> Array:
        exponent = exp_within(v[1]) * (x - 1.0)
        shape = np.exp(exponent)
        return np.column_stack((-shape, -v[0] * exponent * shape))

    start = _start(x, accuracy, plateau)
    found = least_squares(residuals, start, jac=jacobian, xtol=1e-15, ftol=1e-15, gtol=1e-15, x_scale="jac")
    return float(found.x[0]), float(np.exp(found.x[1]))


def gradient_descent(x: Array, accuracy: Array, plateau: float) -> tuple[float, float, int, float]:
    """Minimise the mean squared error of equation (2) over (a, ln b) by steepest descent.

    Both parameters are scaled: b by the logarithm, then each by the root of its own Gauss-Newton
    curvature, which changes along the way. In these units the Hessian has ones on its diagonal, so its
    largest eigenvalue is at most 2 and a step of 1/2 descends; it is halved where the error would still rise.
    Gives a, b, the steps, and the norm of the gradient by (a, ln b), below 1e-10.

    Raises
    ------
    AnalysisError
        If the norm is not reached in 20,000 steps.
    """
    v = _start(x, accuracy, plateau)
    fall = plateau - accuracy
    steepest = np.log(_STEEPEST / np.diff(np.unique(x)).min())
    shrink = 1.0
    error = np.inf
    previous = v
    for step in range(_MOST_STEPS):
        exponent = np.exp(v[1]) * (x - 1.0)
        shape = np.exp(exponent)
        slopes = np.stack((shape, v[0] * exponent * shape))
        residual = v[0] * shape - fall
        now = float(residual @ residual) / x.size
        if now > error * (1 + 1e-12):
            v, shrink = (v + previous) / 2, shrink / 2
            continue
        gradient = 2.0 * (slopes @ residual) / x.size
        norm = float(np.hypot(gradient[0], gradient[1]))
        if norm < GRADIENT_NORM:
            return float(v[0]), float(np.exp(v[1])), step, norm
        # For a flat line, or a fall at the hardest level alone, b ends where it has no effect left.
        curvature = np.maximum(2.0 * (slopes**2).mean(axis=1), _SMALLEST)
        error, previous = now, v
        v = v - shrink * gradient / (2.0 * curvature)
        v[1] = min(v[1], steepest)
        shrink = min(1.0, shrink * 1.1)
    raise AnalysisError(
        f"Gradient descent on equation (2) did not reach a gradient norm of {GRADIENT_NORM:g}"
        f" in {_MOST_STEPS} steps; the levels hardly determine a and b."
    )


def first_esc(axis: str, x: Array) -> float:
    """Where the iteration of ESC starts: at the paper's on its own axis, else in the middle of the levels."""
    return ESC if axis == AXIS else float(np.median(x))


def _members(x: Array, contour: Array) -> NDArray[np.int64]:
    """Levels up to the contour, at least one, int64 [B]."""
    return np.maximum(np.searchsorted(x, contour + _SAME_LEVEL, side="right"), 1)
