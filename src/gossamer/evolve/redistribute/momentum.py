"""Redistribution of sparse momentum: to the layers whose links move."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.drop.base import Flags
from gossamer.evolve.layer import LayerView
from gossamer.evolve.part import Need, register
from gossamer.evolve.redistribute.base import Redistribute
from gossamer.fields import field


@register
class MeanMomentum(Redistribute):
    """In proportion to the mean absolute momentum of a layer's links (Dettmers and Zettlemoyer 2019).

    The mean runs over the links before the drop. With Adam the momentum is m / (sqrt(s) + 1e-8).
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.OPTIMIZER_STATE})
    kind: Literal["mean_momentum"] = field("mean_momentum", help="to layers with large mean |momentum|")

    def share(self, layer: LayerView, keep: Flags) -> float:
        """See `Redistribute.share`."""
        momentum = momentum_of(layer)
        return float(np.abs(momentum).mean(dtype=np.float64)) if len(momentum) else 0.0


def momentum_of(layer: LayerView) -> NDArray[Any]:
    """Momentum of the links of a layer [nnz], from the columns of the optimizer."""
    columns = layer.columns
    if "velocity" in columns:
        return columns["velocity"]
    return np.asarray(
        columns["moment1"] / (np.sqrt(columns["moment2"]) + columns["moment2"].dtype.type(1e-8))
    )
