"""Mutual information: of each input with the label, and of a map with that.

Two quantities, both in bits:

- `label_information` of an input p is I(X_p; Y), estimated on the training samples. X_p is cut into at most
  8 bins of equal width between its smallest and its largest value, Y is the class. The plug-in estimate has
  its first-order bias (K_x - 1)(K_y - 1) / (2 n ln 2) subtracted (Miller and Madow, with occupied bins) and
  is never below 0.
- `mutual_information` of a map is I(M; Q) over the inputs: M is the value of the map, Q the label information
  of the input, both cut at their k-quantiles, k = round(d^(1/4)) for d inputs (5 for 784). It is the plug-in
  estimate, whose bias the permutation null shares.

It is 0 in the population when knowing how much an input tells about the label says nothing about its links.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

_BINS = 8


def label_information(values: Array, labels: NDArray[np.integer], n_classes: int) -> Array:
    """Information of each column on the label in bits, float64 [d].

    Parameters
    ----------
    values : float64 [n, d]
    labels : int [n], in [0, n_classes)
    n_classes : int
    """
    n, d = values.shape
    low, high = values.min(axis=0), values.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    # Constant columns fall into one bin and get 0.
    bins = np.minimum((values - low) / width * _BINS, _BINS - 1).astype(np.int64)
    cells = (np.arange(d) * n_classes + labels[:, None].astype(np.int64)) * _BINS + bins
    counts = np.bincount(cells.ravel(), minlength=d * n_classes * _BINS).reshape(d, n_classes, _BINS)
    by_bin, by_class = counts.sum(axis=1), counts.sum(axis=2)
    plug_in = _entropy(by_bin) + _entropy(by_class) - _entropy(counts.reshape(d, -1))
    freedom = ((by_bin > 0).sum(axis=1) - 1) * ((by_class > 0).sum(axis=1) - 1)
    return np.asarray(np.maximum(plug_in - freedom / (2 * n * np.log(2)), 0.0))


def mutual_information(values: Array, information: Array) -> Array:
    """Mutual information of each map with the label information in bits, float64 [m].

    Parameters
    ----------
    values : float64 [m, d], one map a row
    information : float64 [d]

    Returns
    -------
    float64 [m], NaN for a map that is constant, or for all if `information` is
    """
    rows, k = quantile_bins(values), bins_for(values.shape[1])
    return _of_bins(rows, quantile_bins(information[None, :]), k)


def mutual_information_null(values: Array, information: Array, orders: NDArray[np.int64]) -> Array:
    """`mutual_information` with the inputs permuted: float64 [m, P] for orders [P, d]."""
    rows, k = quantile_bins(values), bins_for(values.shape[1])
    permuted = quantile_bins(information[None, :])[0][orders]
    return np.stack([_of_bins(row[None, :], permuted, k) for row in rows])


def bins_for(d: int) -> int:
    """Quantile bins for d inputs, at least 2."""
    return max(2, round(sqrt(sqrt(d))))


def quantile_bins(values: Array) -> NDArray[np.int64]:
    """Number of the k-quantile that each value of a row falls into, int64 [m, d]; equal values share one."""
    d = values.shape[1]
    ranks = stats.rankdata(values, axis=1)
    return np.asarray(np.minimum((ranks - 0.5) / d * bins_for(d), bins_for(d) - 1), np.int64)


def _of_bins(a: NDArray[np.int64], b: NDArray[np.int64], k: int) -> Array:
    """Plug-in mutual information of binned rows, float64 [m]; NaN where one of them is in a single bin."""
    m = max(len(a), len(b))
    cells = a * k + b + np.arange(m)[:, None] * k * k
    counts = np.bincount(cells.ravel(), minlength=m * k * k).reshape(m, k, k)
    first, second = counts.sum(axis=2), counts.sum(axis=1)
    found = _entropy(first) + _entropy(second) - _entropy(counts.reshape(m, -1))
    single = ((first > 0).sum(axis=1) < 2) | ((second > 0).sum(axis=1) < 2)
    return np.where(single, np.nan, found)


def _entropy(counts: NDArray[np.int64]) -> Array:
    """Plug-in entropy of each row of counts in bits."""
    total = counts.sum(axis=1, keepdims=True)
    share = counts / np.maximum(total, 1)
    return np.asarray(
        -np.where(counts > 0, share * np.log2(np.where(counts > 0, share, 1.0)), 0.0).sum(axis=1)
    )
