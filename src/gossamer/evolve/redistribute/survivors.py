"""Redistribution of dynamic sparse reparameterization: to the layers that keep most links."""

from typing import ClassVar, Literal

import numpy as np

from gossamer.evolve.drop.base import Flags
from gossamer.evolve.layer import LayerView
from gossamer.evolve.part import Need, register
from gossamer.evolve.redistribute.base import Redistribute
from gossamer.fields import field


@register
class Survivors(Redistribute):
    """In proportion to the links that a layer keeps (Mostafa and Wang 2019)."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["survivors"] = field("survivors", help="to layers that keep many links")

    def share(self, layer: LayerView, keep: Flags) -> float:
        """See `Redistribute.share`."""
        return float(np.count_nonzero(keep))
