"""How many paths lead from an input to an output, in logarithms."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np

from gossamer.topology import Pattern
from gossamer.topology.paths import network_sizes


@dataclass(frozen=True)
class PathCounts:
    """Paths from inputs to outputs.

    Attributes
    ----------
    log10_paths : float or None
        None where there is no path.
    log10_expected : float or None
        Of the mean number when as many links lie at random in each layer; None where a layer has none.
    """

    log10_paths: float | None
    log10_expected: float | None


def count_paths(patterns: Sequence[Pattern]) -> PathCounts:
    """Count paths by one pass over the links; O(links).

    The number itself overflows any type in a deep network, so the counts of each layer are kept relative to
    their largest, whose logarithm is added up.
    """
    sizes = network_sizes(patterns)
    logarithm, reaching = 0.0, np.ones(sizes[0])
    for pattern in patterns:
        weights = reaching[pattern.link_sources()]
        reaching = np.bincount(pattern.targets, weights, minlength=pattern.n_out).astype(np.float64)
        largest = float(reaching.max())
        if largest == 0.0:
            return PathCounts(None, _expected(patterns, sizes))
        reaching /= largest
        logarithm += log10(largest)
    return PathCounts(logarithm + log10(float(reaching.sum())), _expected(patterns, sizes))


def _expected(patterns: Sequence[Pattern], sizes: Sequence[int]) -> float | None:
    """Each of the prod(sizes) rows of neurons is a path with the product of the densities."""
    if not all(pattern.nnz for pattern in patterns):
        return None
    densities = sum(log10(pattern.nnz) - log10(pattern.n_in) - log10(pattern.n_out) for pattern in patterns)
    return sum(map(log10, sizes)) + densities
