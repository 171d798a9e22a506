"""The grow rule of RigL and of sparse momentum: where the masked-dense network would learn most."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.grow.base import GrownValue, GrowRule, check_room, grown_weights
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class DenseGradient(GrowRule):
    """Grows the positions with the largest absolute gradient, without ever holding a dense gradient.

    With `memory` 0 the gradient is that of one batch (RigL, Evci et al. 2020). Else it is a running mean over
    the last `window` batches with weights (1 - memory) memory^age: the momentum of masked-dense training
    (sparse momentum, Dettmers and Zettlemoyer 2019) up to a factor, truncated to the window.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.DENSE_GRADIENT_TOP_K})
    kind: Literal["dense_gradient"] = field(
        "dense_gradient", help="largest gradients of the dense network first"
    )
    memory: float = field(
        0.0, help="weight of earlier batches: 0 takes one batch", unit="fraction", ge=0, lt=1
    )
    window: int = field(
        10, help="batches that are remembered where memory is above 0", unit="batches", ge=1, le=1024
    )
    value: GrownValue = field("zero", help="weight of a grown link: from the initial distribution, or zero")

    @property
    def kept_batches(self) -> int:
        """Batches whose activations and deltas the run has to keep; 0 for none."""
        return self.window if self.memory > 0 else 0

    def grow(
        self, layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """See `GrowRule.grow`."""
        check_room(layer, keep, count)
        positions, _ = layer.services.dense_gradient_top_k(layer.index, count, keep, self.memory)
        return positions, grown_weights(layer, keep, positions, self.value, draw)
