"""Template of a new rule: copy this file, rename classes and kinds, and import it where parts are made known.

A rule is a frozen model. Its fields are its hyper-parameters and appear in a run's config, with the rule's
``kind``, under ``method.drop`` or ``method.grow``. It reads the layer, returns NumPy arrays and changes
nothing: the swap of links and of all their state is done once, outside. Random numbers come from ``draw``.
Keep to arrays of the size of the links, for a layer may have far more positions than fit into memory.
"""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.drop import DropRule
from gossamer.evolve.grow import GrowRule, free_positions, grown_weights
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.evolve.selection import rounded, smallest
from gossamer.fields import field
from gossamer.random import Purpose


@register
class TemplateDrop(DropRule):
    """Drops the smallest weights, after each has been blurred by a random factor."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["template_drop"] = field("template_drop", help="smallest blurred weights first")
    blur: float = field(0.1, help="largest relative change of a weight's size", unit="fraction", ge=0, le=1)

    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> NDArray[np.bool_]:
        """See `DropRule.keep`."""
        n = layer.pattern.nnz
        factor = 1 + self.blur * (2 * draw.uniform(n, Purpose.DROP) - 1)
        return ~smallest(np.abs(layer.weights) * factor, rounded(fraction, n))


@register
class TemplateGrow(GrowRule):
    """Draws free positions, more than it needs, and grows those whose sources have the fewest links."""

    kind: Literal["template_grow"] = field("template_grow", help="at the sources with the fewest links")
    surplus: float = field(
        2.0, help="positions drawn for each link that grows", unit="positions per link", ge=1, le=100
    )

    def grow(
        self, layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """See `GrowRule.grow`."""
        pattern = layer.pattern
        free = pattern.n_in * pattern.n_out - int(np.count_nonzero(keep))
        drawn = free_positions(layer, keep, min(free, int(self.surplus * count)), draw)
        degree = np.bincount(pattern.link_sources()[keep], minlength=pattern.n_in)
        positions = drawn[smallest(degree[drawn // np.uint64(pattern.n_out)], count)]
        return positions, grown_weights(layer, keep, positions, "zero", draw)
