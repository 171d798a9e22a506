"""The grow rule of SRigL: every neuron that is left gets the same number of links, by the dense gradient."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.fan_in import fan_in_plan, filled
from gossamer.evolve.grow.base import GrownValue, GrowRule, grown_weights
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class FanInGrow(GrowRule):
    """Fills every neuron that the drop rule `fan_in` left active up to the common fan-in (Lasby et al. 2024).

    The number of links of a layer stays that of the start up to what the same whole number for every neuron
    leaves over.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.ACTIVATIONS, Need.DENSE_GRADIENT_TOP_K})
    kind: Literal["fan_in"] = field("fan_in", help="largest gradients of every neuron, up to the same fan-in")
    ablation: float = field(0.3, help="as that of the drop rule", unit="fraction", ge=0, le=1)
    value: GrownValue = field("zero", help="weight of a grown link: from the initial distribution, or zero")

    def wanted(self, layer: LayerView, keep: NDArray[np.bool_]) -> int | None:
        """See `GrowRule.wanted`."""
        plan = fan_in_plan(layer, layer.fraction, self.ablation)
        return int(np.count_nonzero(plan.active)) * plan.fan_in - int(np.count_nonzero(keep))

    def grow(
        self, layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """See `GrowRule.grow`."""
        positions = filled(layer, keep, fan_in_plan(layer, layer.fraction, self.ablation))
        return positions, grown_weights(layer, keep, positions, self.value, draw)
