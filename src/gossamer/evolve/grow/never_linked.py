"""The grow rule of ITOP's random exploration: where no link has been yet."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import sample_free
from gossamer.evolve.grow.base import GrownValue, GrowRule, check_room, free_positions, grown_weights
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.fields import field
from gossamer.random import Purpose
from gossamer.topology.base import pattern_of


@register
class NeverLinked(GrowRule):
    """Grows uniformly among the positions that never held a link (Liu et al. 2021, arXiv 2102.02887).

    Once fewer of them are left than links grow, all of those are taken and the rest is drawn uniformly among
    the free positions.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.EVER_LINKED})
    kind: Literal["never_linked"] = field(
        "never_linked", help="uniform among positions that never held a link"
    )
    value: GrownValue = field("zero", help="weight of a grown link: from the initial distribution, or zero")

    def grow(
        self, layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """See `GrowRule.grow`."""
        check_room(layer, keep, count)
        ever = layer.services.ever_linked(layer.index)
        fresh = min(count, layer.positions - len(ever))
        if fresh == count:
            pattern, flags = (
                pattern_of(ever, layer.pattern.n_in, layer.pattern.n_out),
                np.ones(len(ever), np.uint8),
            )
            positions = sample_free(pattern, flags, count, draw.seed, draw.step, draw.layer, False)
        else:
            never = np.setdiff1d(np.arange(layer.positions, dtype=np.uint64), ever, assume_unique=True)
            free = free_positions(layer, keep, min(count + fresh, self._free(layer, keep)), draw)
            others = np.setdiff1d(free, never, assume_unique=True)
            chosen = others[np.argsort(draw.uniform(len(others), Purpose.GROW_POSITION))[: count - fresh]]
            positions = np.sort(np.concatenate([never, chosen]))
        return positions, grown_weights(layer, keep, positions, self.value, draw)

    def _free(self, layer: LayerView, keep: NDArray[np.bool_]) -> int:
        return layer.positions - int(np.count_nonzero(keep))
