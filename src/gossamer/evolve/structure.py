"""Links and weights by input neuron: what the source paper's heat maps show."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern


@dataclass(frozen=True, eq=False)
class SourceSums:
    """Sums over the links that leave each source neuron of a layer.

    Attributes
    ----------
    links : int64 array [n_in]
    weight_sum : float64 array [n_in]
    absolute_sum : float64 array [n_in]
    """

    links: NDArray[np.int64]
    weight_sum: NDArray[np.float64]
    absolute_sum: NDArray[np.float64]


def source_sums(pattern: Pattern, weights: NDArray[Any], keep: NDArray[np.bool_] | None = None) -> SourceSums:
    """Links, weights and absolute weights by source neuron, of all links or of those that `keep` flags."""
    sources = pattern.link_sources()
    if keep is not None:
        sources, weights = sources[keep], weights[keep]
    n = pattern.n_in
    return SourceSums(
        np.bincount(sources, minlength=n),
        np.asarray(np.bincount(sources, weights, minlength=n), np.float64),
        np.asarray(np.bincount(sources, np.abs(weights), minlength=n), np.float64),
    )
