"""The grow rule of SET: anywhere that is free, each position equally likely."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.grow.base import GrownValue, GrowRule, free_positions, grown_weights
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import register
from gossamer.fields import field


@register
class Uniform(GrowRule):
    """Grows links at positions drawn uniformly among the free ones. Mocanu et al. 2018."""

    kind: Literal["uniform"] = field("uniform", help="uniform among the free positions")
    value: GrownValue = field("init", help="weight of a grown link: from the initial distribution, or zero")
    allow_regrow: bool = field(True, help="whether a link may grow where the same update just dropped one")

    def grow(
        self, layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """See `GrowRule.grow`."""
        positions = free_positions(layer, keep, count, draw, allow_regrow=self.allow_regrow)
        return positions, grown_weights(layer, keep, positions, self.value, draw)
