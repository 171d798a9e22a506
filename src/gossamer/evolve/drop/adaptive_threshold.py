"""The drop rule of dynamic sparse reparameterization: one threshold for the network, which adapts."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from gossamer.evolve.drop.base import DropRule, Flags
from gossamer.evolve.layer import Draw, LayerView, Occasion
from gossamer.evolve.part import Need, register
from gossamer.fields import field

_MEMORY = "adaptive_threshold.threshold"


@register
class AdaptiveThreshold(DropRule):
    """Drops the weights of the network below a threshold, then moves the threshold (Mostafa and Wang 2019).

    The threshold doubles for the next update if fewer than ``1 - tolerance`` of the wanted number were
    dropped, and halves if more than ``1 + tolerance`` were. How many go is thus only about the fraction
    asked for.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["adaptive_threshold"] = field(
        "adaptive_threshold", help="below one threshold for the network, which adapts"
    )
    threshold: float = field(
        1e-3, help="threshold of the first update", unit="weight", gt=0, allow_inf_nan=False
    )
    tolerance: float = field(
        0.1, help="relative miss of the wanted number that leaves the threshold", unit="fraction", ge=0, lt=1
    )

    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> Flags:
        """See `DropRule.keep`; the links of one layer against the first threshold."""
        return np.asarray(np.abs(layer.weights) >= self.threshold)

    def keep_all(self, layers: Sequence[LayerView], fraction: float, occasion: Occasion) -> list[Flags]:
        """See `DropRule.keep_all`."""
        threshold = float(occasion.memory.get(_MEMORY, np.array(self.threshold)))
        flags = [np.asarray(np.abs(layer.weights) >= threshold) for layer in layers]
        wanted = fraction * sum(len(part) for part in flags)
        dropped = sum(len(part) - int(np.count_nonzero(part)) for part in flags)
        if dropped < (1 - self.tolerance) * wanted:
            threshold *= 2
        elif dropped > (1 + self.tolerance) * wanted:
            threshold /= 2
        occasion.memory[_MEMORY] = np.array(threshold)
        return flags
