"""The drop rule of SRigL: small weights, whole neurons that matter little, and what exceeds the fan-in."""

from typing import ClassVar, Literal

from gossamer.evolve.drop.base import DropRule, Flags
from gossamer.evolve.fan_in import fan_in_plan
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class FanInDrop(DropRule):
    """Keeps what a layer of constant fan-in with ablation keeps; see `fan_in_plan`."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS, Need.DENSE_GRADIENT_TOP_K})
    kind: Literal["fan_in"] = field(
        "fan_in", help="smallest weights, ablated neurons, what exceeds the fan-in"
    )
    ablation: float = field(
        0.3,
        help="a neuron with fewer salient links than this part of the fan-in goes",
        unit="fraction",
        ge=0,
        le=1,
    )

    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> Flags:
        """See `DropRule.keep`."""
        return fan_in_plan(layer, fraction, self.ablation).keep
