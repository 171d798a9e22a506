"""The grow rule of SET: anywhere that is free, each position equally likely."""

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.evolve.grow.base import GrownValue, GrowRule, free_positions, grown_weights
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import register
from gossamer.fields import field


@register
class Uniform(GrowRule):
    """Grows links at positions drawn uniformly among the free ones. Mocanu et al. 2018."""

    kind: Literal["uniform"] = field("uniform", help="uniform among the free positions")
    value: GrownValue = field(
        "init", help="weight of a grown link: from the initial distribution, zero, or 1e-12 of a random sign"
    )
    allow_regrow: bool = field(True, help="whether a link may grow where the same update just dropped one")

    alive_only: bool = field(
        False,
        help="whether links grow only at neurons that keep a link in this layer",
        absent=(False,),
    )

    def grow(
        self, layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """See `GrowRule.grow`."""
        if self.alive_only:
            positions = _among_alive(layer, keep, count, draw)
        else:
            positions = free_positions(layer, keep, count, draw, allow_regrow=self.allow_regrow)
        return positions, grown_weights(layer, keep, positions, self.value, draw)


def _among_alive(layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw) -> NDArray[np.uint64]:
    """Draw free positions between neurons that keep links, as in a layer without the other neurons."""
    pattern = layer.pattern
    sources, of = np.unique(pattern.link_sources()[keep], return_inverse=True)
    targets, to = np.unique(pattern.targets[keep], return_inverse=True)
    if not len(sources):
        return np.zeros(0, np.uint64)
    order = np.lexsort((to, of))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=len(sources)))]).astype(np.int64)
    small = Pattern(len(sources), len(targets), offsets, to[order].astype(np.uint32))
    view = replace(layer, pattern=small)
    free = len(sources) * len(targets) - small.nnz
    drawn = free_positions(view, np.ones(small.nnz, np.bool_), min(count, free), draw)
    rows, columns = np.divmod(drawn.astype(np.int64), len(targets))
    return np.asarray(
        sources[rows].astype(np.uint64) * np.uint64(pattern.n_out) + targets[columns], np.uint64
    )
