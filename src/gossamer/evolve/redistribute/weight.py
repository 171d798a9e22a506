"""Redistribution to the layers with large weights."""

from typing import ClassVar, Literal

import numpy as np

from gossamer.evolve.drop.base import Flags
from gossamer.evolve.layer import LayerView
from gossamer.evolve.part import Need, register
from gossamer.evolve.redistribute.base import Redistribute
from gossamer.fields import field


@register
class MeanWeight(Redistribute):
    """In proportion to the mean absolute weight of the links that a layer keeps."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["mean_weight"] = field("mean_weight", help="to layers with large mean |weight|")

    def share(self, layer: LayerView, keep: Flags) -> float:
        """See `Redistribute.share`."""
        kept = layer.weights[keep]
        return float(np.abs(kept).mean(dtype=np.float64)) if len(kept) else 0.0
