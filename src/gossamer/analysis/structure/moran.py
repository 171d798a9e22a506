"""Moran's I: does a map vary smoothly over the image?

After Moran 1950, *Notes on continuous stochastic phenomena*.

With z the map minus its mean, and w_ij = 1 for pixels that share an edge and 0 for others,

    I = (d / sum_ij w_ij) * sum_ij w_ij z_i z_j / sum_i z_i^2.

Under permutation of the pixels its mean is -1 / (d - 1). Channels of an image are not neighbours.
"""

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.structure.correlation import standardised

Array = NDArray[np.float64]


def has_grid(shape: tuple[int, ...] | None) -> bool:
    """Whether samples of this shape are images of height, width (and channels) with neighbours at all."""
    return shape is not None and len(shape) in (2, 3) and shape[0] * shape[1] > 1


def moran(values: Array, shape: tuple[int, ...]) -> Array:
    """Moran's I of each map.

    Parameters
    ----------
    values : float64 [m, d], one map a row
    shape : tuple of int
        Height, width (and channels) with product d; see `has_grid`.

    Returns
    -------
    float64 [m], NaN for a map that is constant
    """
    return _of_standardised(standardised(values), shape)


def moran_null(values: Array, shape: tuple[int, ...], orders: NDArray[np.int64]) -> Array:
    """`moran` with the inputs permuted: float64 [m, P] for orders [P, d]."""
    return np.stack([_of_standardised(row[orders], shape) for row in standardised(values)])


def _of_standardised(z: Array, shape: tuple[int, ...]) -> Array:
    """Rows have mean 0 and mean square 1; each pair of neighbours counts once in sum and weight."""
    grid = z.reshape(len(z), *shape)
    pairs = ((grid[:, :-1], grid[:, 1:]), (grid[:, :, :-1], grid[:, :, 1:]))
    products = sum((a * b).reshape(len(z), -1).sum(axis=1) for a, b in pairs)
    return np.asarray(products / sum(a[0].size for a, _ in pairs))
