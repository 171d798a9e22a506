"""Missing values: NaN in what a reader returns, filled before anything else sees the numbers."""

import numpy as np
from numpy.typing import NDArray

from gossamer.data.inputs import BLOCK_ROWS
from gossamer.errors import DataError


def fit_fill(train: NDArray[np.float64], what: str) -> NDArray[np.float64]:
    """What stands in for a missing value: the mean of each feature over the training samples that have it.

    Parameters
    ----------
    train : float64 array, shape (n, d)
        NaN where a value is missing.
    what : str
        How an error names the source.

    Returns
    -------
    float64 array, shape (d,)

    Raises
    ------
    DataError
        If a feature is missing in every training sample.
    """
    here = np.zeros(train.shape[1], np.int64)
    total = np.zeros(train.shape[1])
    for start in range(0, len(train), BLOCK_ROWS):
        block = train[start : start + BLOCK_ROWS]
        known = ~np.isnan(block)
        here += known.sum(axis=0)
        total += np.where(known, block, 0.0).sum(axis=0)
    if not here.all():
        raise DataError(
            f"{what} has no value of feature {int(np.argmin(here)) + 1} in any training sample, so there "
            "is no mean to fill in; leave that column out with data.leave_out."
        )
    return total / here


def filled(inputs: NDArray[np.float64], fill: NDArray[np.float64]) -> NDArray[np.float64]:
    """Copy of `inputs`, shape (n, d), with `fill`, shape (d,), in place of every NaN."""
    return np.where(np.isnan(inputs), fill, inputs)
