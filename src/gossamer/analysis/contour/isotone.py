"""Monotone curves: non-increasing least squares, its centred interpolation, and where it crosses a height.

Many curves are treated at once (rows of an array), because the bootstrap asks for a thousand of them.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def antitonic(values: Array, weights: Array) -> Array:
    """Non-increasing least-squares fit of each row.

    Uses the min-max formula: the fit at i is the smallest, over starts s <= i, of the largest mean of
    values[s..t] over ends t >= i (Robertson, Wright and Dykstra 1988, *Order Restricted Statistical
    Inference*). It costs O(L) array operations for all rows together.

    Parameters
    ----------
    values : float64 [B, L]
        Level means, one curve a row.
    weights : float64 [L], positive
        Weights of the levels.

    Returns
    -------
    float64 [B, L]
    """
    B, L = values.shape
    weight_sum = np.concatenate(([0.0], np.cumsum(weights)))
    value_sum = np.concatenate((np.zeros((B, 1)), np.cumsum(values * weights, axis=1)), axis=1)
    fit = np.full((B, L), np.inf)
    for s in range(L):
        means = (value_sum[:, s + 1 :] - value_sum[:, s : s + 1]) / (weight_sum[s + 1 :] - weight_sum[s])
        largest = np.maximum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        np.minimum(fit[:, s:], largest, out=fit[:, s:])
    return fit


def block_centres(x: Array, fit: Array, weights: Array) -> Array:
    """Weighted centre of the flat piece that each level belongs to, float64 [B, L].

    Centred isotonic regression (Oron and Flournoy 2017, *Statistics in Biopharmaceutical Research*) puts
    the value of a flat piece at its centre and interpolates linearly between centres. The curve is then
    strictly monotone, so its inverse is unique, and equals the data where they are monotone already.
    """
    L = x.size
    index = np.arange(L)
    # A rounding error is no step: means of the same levels may differ in the last bits.
    step = np.abs(np.diff(fit, axis=1)) > 1e-12
    edge = np.ones((fit.shape[0], 1), dtype=np.bool_)
    first = np.maximum.accumulate(np.where(np.hstack((edge, step)), index, 0), axis=1)
    last = np.where(np.hstack((step, edge)), index, L - 1)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    weight_sum = np.concatenate(([0.0], np.cumsum(weights)))
    moment_sum = np.concatenate(([0.0], np.cumsum(weights * x)))
    return np.asarray(
        (moment_sum[last + 1] - moment_sum[first]) / (weight_sum[last + 1] - weight_sum[first]),
        dtype=np.float64,
    )


def last_crossing(x: Array, fit: Array, weights: Array, height: Array, edge: NDArray[np.int64]) -> Array:
    """Where each non-increasing curve falls below a height for good, float64 [B]; inf where it never does.

    Up to level `edge` (the end of the plateau) a value stays at its own level; beyond it flat pieces are
    centred.

    Parameters
    ----------
    x : float64 [L], increasing
        Places of the levels.
    fit : float64 [B, L]
        Rows of `antitonic`.
    weights : float64 [L]
        Weights of the levels.
    height : float64 [B]
        At most ``fit[b, edge[b]]``.
    edge : int64 [B]
        Index of the last plateau level of each curve.
    """
    B, L = fit.shape
    row = np.arange(B)
    place = np.where(np.arange(L) <= edge[:, None], x, block_centres(x, fit, weights))
    above = np.maximum((fit >= height[:, None]).sum(axis=1) - 1, 0)
    below = np.minimum(above + 1, L - 1)
    fall = fit[row, above] - fit[row, below]
    share = np.divide(fit[row, above] - height, fall, out=np.zeros(B), where=fall > 0)
    crossing = place[row, above] + share * (place[row, below] - place[row, above])
    return np.where(above == L - 1, np.inf, crossing)
