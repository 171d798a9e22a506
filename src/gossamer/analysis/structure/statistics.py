"""Statistics that compare maps of the input layer with the data, or with themselves, and their permutations.

- Correlation (Pearson's) with the standard deviation and with the mean of the inputs.
- Moran's I (Moran 1950, *Notes on continuous stochastic phenomena*): with z the map minus its mean, and w_ij
  = 1 for
  pixels that share an edge and 0 for others, I = (d / sum_ij w_ij) * sum_ij w_ij z_i z_j / sum_i z_i^2. Under
  permutation its mean is -1 / (d - 1). Channels of an image are not neighbours.
- Mutual information in bits of the map and of what each input tells about the label, both cut at their
  k-quantiles, k = round(d^(1/4)) for d inputs (5 for 784). It is the plug-in estimate, whose bias its
  permutations share.

A map is first made into a row of numbers, one an input (standardised, or quantile bins), which a permutation
of the inputs only reorders; a statistic is a function of such rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gossamer.analysis.structure.pixels import Pixels, entropy

Array = NDArray[np.float64]
Rows = NDArray[Any]
StatisticName = Literal["deviation", "mean", "moran", "label_information"]

_BLOCK_VALUES = 1 << 22


@dataclass(frozen=True)
class Statistic:
    """One way to compare maps.

    Attributes
    ----------
    two_sided : bool
        Whether small values mean as much as large ones.
    rows : callable from maps, float64 [m, d], to rows [m, d]
    of : callable from rows [m, d] to float64 [m], NaN where it is not defined
    of_pairs : bool
        Whether inputs are compared with each other. Else they are compared with a feature, and it is that
        which is permuted: rows follow the inverse order.
    """

    two_sided: bool
    rows: Callable[[Array], Rows]
    of: Callable[[Rows], Array]
    of_pairs: bool = False

    def __call__(self, maps: Array) -> Array:
        """The statistic of each map, float64 [m]."""
        return self.of(self.rows(maps))


def statistics_for(pixels: Pixels | None, shape: tuple[int, ...] | None) -> dict[StatisticName, Statistic]:
    """Statistics that can be computed: Moran's I needs an image, the others need the training data."""
    found: dict[StatisticName, Statistic] = {}
    if pixels is not None:
        found["deviation"] = correlation_with(pixels.deviation)
        found["mean"] = correlation_with(pixels.mean)
    if shape is not None and has_grid(shape):
        found["moran"] = moran(shape)
    if pixels is not None and pixels.information is not None:
        found["label_information"] = mutual_information_with(pixels.information)
    return found


def correlation_with(feature: Array) -> Statistic:
    """Correlation with a feature of the inputs, float64 [d]; NaN where a map or the feature is constant."""
    other = standardised(feature[None, :])[0]
    return Statistic(True, standardised, lambda rows: np.asarray(rows @ other / other.size))


def has_grid(shape: tuple[int, ...] | None) -> bool:
    """Whether samples of this shape are images of height, width (and channels) with neighbours at all."""
    return shape is not None and len(shape) in (2, 3) and shape[0] * shape[1] > 1


def moran(shape: tuple[int, ...]) -> Statistic:
    """Moran's I over images of this shape (height, width and channels); NaN for a constant map."""

    def of(rows: Rows) -> Array:
        # Rows have mean 0 and mean square 1; each pair of neighbours counts once in sum and weight.
        grid = rows.reshape(len(rows), *shape)
        pairs = ((grid[:, :-1], grid[:, 1:]), (grid[:, :, :-1], grid[:, :, 1:]))
        products = sum((a * b).reshape(len(rows), -1).sum(axis=1) for a, b in pairs)
        return np.asarray(products / sum(a[0].size for a, _ in pairs))

    return Statistic(False, standardised, of, of_pairs=True)


def mutual_information_with(information: Array) -> Statistic:
    """Mutual information with the label information of the inputs, float64 [d]; NaN if either is constant."""
    other = quantile_bins(information[None, :])
    return Statistic(False, quantile_bins, lambda rows: _shared(rows, other, bins_for(information.size)))


def standardised(maps: Array) -> Array:
    """Maps with mean 0 and standard deviation 1 (divisor d), float64 [m, d]; NaN where a map is constant."""
    centred = maps - maps.mean(axis=1, keepdims=True)
    constant = maps.min(axis=1, keepdims=True) == maps.max(axis=1, keepdims=True)
    return np.asarray(centred / np.where(constant, np.nan, centred.std(axis=1, keepdims=True)))


def bins_for(d: int) -> int:
    """Quantile bins for d inputs, at least 2."""
    return max(2, round(sqrt(sqrt(d))))


def quantile_bins(maps: Array) -> NDArray[np.int64]:
    """Number of the k-quantile that each value of a map falls into, int64 [m, d]; equal values share one."""
    k = bins_for(maps.shape[1])
    shares = (stats.rankdata(maps, axis=1) - 0.5) / maps.shape[1]
    return np.asarray(np.minimum(shares * k, k - 1), np.int64)


def _shared(a: NDArray[np.int64], b: NDArray[np.int64], k: int) -> Array:
    """Plug-in mutual information of binned rows in bits; NaN where one of them is in a single bin."""
    cells = a * k + b + np.arange(len(a))[:, None] * k * k
    counts = np.bincount(cells.ravel(), minlength=len(a) * k * k).reshape(-1, k, k)
    first, second = counts.sum(axis=2), counts.sum(axis=1)
    single = ((first > 0).sum(axis=1) < 2) | ((second > 0).sum(axis=1) < 2)
    shared = entropy(first) + entropy(second) - entropy(counts.reshape(len(a), -1))
    return np.where(single, np.nan, shared)


def permutations(random: np.random.Generator, count: int, n: int) -> Iterator[NDArray[np.int64]]:
    """Permutations of 0 .. n - 1, `count` in all, in blocks int64 [some, n] of bounded size."""
    rows = max(1, _BLOCK_VALUES // n)
    for start in range(0, count, rows):
        block = np.tile(np.arange(n, dtype=np.int64), (min(rows, count - start), 1))
        yield random.permuted(block, axis=1)
