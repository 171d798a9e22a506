"""Pearson's correlation of maps with a feature of the inputs, and its permutation null."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def correlation(values: Array, feature: Array) -> Array:
    """Correlation of each map with a feature over the inputs.

    Parameters
    ----------
    values : float64 [m, d], one map a row
    feature : float64 [d]

    Returns
    -------
    float64 [m], NaN for a map that is constant, or for all if the feature is
    """
    return np.asarray(standardised(values) @ standardised(feature[None, :])[0] / values.shape[1])


def correlation_null(values: Array, feature: Array, orders: NDArray[np.int64]) -> Array:
    """`correlation` with the inputs permuted: float64 [m, P] for orders [P, d]."""
    permuted = standardised(feature[None, :])[0][orders]
    return np.asarray(standardised(values) @ permuted.T / values.shape[1])


def standardised(values: Array) -> Array:
    """Rows with mean 0 and standard deviation 1 (divisor d); NaN where a row is constant."""
    centred = values - values.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1, keepdims=True)
    constant = values.min(axis=1, keepdims=True) == values.max(axis=1, keepdims=True)
    return np.asarray(centred / np.where(constant, np.nan, deviation))
