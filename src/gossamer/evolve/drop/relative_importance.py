"""The drop rule of Cannistraci-Hebb training: weights that are small beside those of both their neurons."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.evolve.drop.base import ScoredDrop
from gossamer.evolve.layer import LayerView
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class RelativeImportance(ScoredDrop):
    """Drops the smallest |w| / S_source + |w| / S_target, S the sum of |w| + epsilon (Zhang et al. 2025).

    The sums run over all positions of a neuron, so that epsilon counts once for each position.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["relative_importance"] = field(
        "relative_importance", help="smallest share in the weights of both neurons first"
    )
    epsilon: float = field(1e-5, help="added to every position's weight in the sums", unit="weight", ge=0)

    def scores(self, layer: LayerView) -> NDArray[Any]:
        """See `ScoredDrop.scores`."""
        size = np.abs(layer.weights).astype(np.float64)
        of_source, of_target = neuron_sums(layer.pattern, size)
        of_source += self.epsilon * layer.pattern.n_out
        of_target += self.epsilon * layer.pattern.n_in
        with np.errstate(invalid="ignore"):
            share = size / of_source[layer.pattern.link_sources()] + size / of_target[layer.pattern.targets]
        return np.nan_to_num(share, nan=0.0)


def neuron_sums(pattern: Pattern, values: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums of link values [nnz] by source neuron [n_in] and by target neuron [n_out], float64."""
    by_source = np.bincount(pattern.link_sources(), values, minlength=pattern.n_in)
    by_target = np.bincount(pattern.targets, values, minlength=pattern.n_out)
    return np.asarray(by_source, np.float64), np.asarray(by_target, np.float64)
