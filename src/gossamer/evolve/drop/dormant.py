"""The drop rule of DEEP R: the links whose latent parameter has reached zero."""

from typing import ClassVar, Literal

from gossamer.evolve.drop.base import DropRule, Flags
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class Dormant(DropRule):
    """Drops the links whose theta is not above 0 (Bellec et al. 2018); needs the latent rule "deep_r"."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    by_fraction: ClassVar[bool] = False
    latent: ClassVar[str] = "deep_r"
    kind: Literal["dormant"] = field("dormant", help="latent parameter at or below zero")

    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> Flags:
        """See `DropRule.keep`."""
        return layer.columns["latent"] > 0
