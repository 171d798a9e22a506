"""Fewer links because whole neurons go: importance pruning."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from gossamer.evolve.density.base import Density, Links, none_gone
from gossamer.evolve.drop.base import DropRule, Flags
from gossamer.evolve.drop.relative_importance import neuron_sums
from gossamer.evolve.layer import LayerView, Occasion
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class NeuronImportance(Density):
    """From time to time takes the links of the least important neurons, for good (Curci et al. 2021).

    The importance of a neuron is the sum of the absolute weights that enter it. Neurons with links whose
    importance is at most the given percentile of their layer's lose all links that enter them, and those that
    leave them where the next layer evolves as well. The number of links falls by as many. In the published
    program the growth that follows gives such neurons links again; grow with ``alive_only`` to prevent that.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["neuron_importance"] = field(
        "neuron_importance", help="the least important neurons lose their links"
    )
    percentile: float = field(
        20.0, help="of importance, up to which neurons go", unit="percent", ge=0, le=100
    )
    first: float = field(0.5, help="part of the training before the first time", unit="fraction", ge=0, le=1)
    every: int = field(10, help="epochs from one time to the next", unit="epochs", ge=1)

    @property
    def depends_on_total(self) -> bool:
        """See `Part.depends_on_total`."""
        return True

    def target(self, links: Links, occasion: Occasion, layers: Sequence[LayerView]) -> int:
        """See `Density.target`."""
        return links.shrunk

    def shrink(self, layers: Sequence[LayerView], drop: DropRule, occasion: Occasion) -> list[Flags] | None:
        """See `Density.shrink`."""
        moment = occasion.moment
        period = self.every * moment.clock.steps_per_epoch
        if moment.done <= self.first * moment.clock.total_steps or moment.done % period:
            return None
        keep = none_gone(layers)
        for k, layer in enumerate(layers):
            _, importance = neuron_sums(layer.pattern, np.abs(layer.weights).astype(np.float64))
            linked = np.diff(layer.pattern.target_offsets) > 0
            if not linked.any():
                continue
            edge = np.percentile(importance[linked], self.percentile, method="lower")
            gone = linked & (importance <= edge)
            keep[k] &= ~gone[layer.pattern.targets]
            if k + 1 < len(layers) and layers[k + 1].index == layer.index + 1:
                keep[k + 1] &= ~gone[layers[k + 1].pattern.link_sources()]
        return keep
