"""Removal of what a drop leaves hanging: links of neurons that no signal enters or leaves any more."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.drop.base import AnyDrop, DropRule, Flags
from gossamer.evolve.drop.relative_importance import RelativeImportance
from gossamer.evolve.layer import Draw, LayerView, Occasion
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class ChainRemoval(DropRule):
    """Drops by another rule, then the links into neurons that nothing leaves and from those nothing enters.

    One pass goes from the last evolving layer to the first, one back (Zhang et al. 2024 and 2025). Only
    neurons between two layers that both evolve are looked at.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["chain_removal"] = field(
        "chain_removal", help="by another rule, then what hangs on dead neurons"
    )
    by: AnyDrop = field(help="the rule that drops first", default_factory=RelativeImportance)

    def model_post_init(self, context: Any, /) -> None:
        """Refuse a chain of chain removals."""
        if isinstance(self.by, ChainRemoval):
            raise ValueError("by is chain_removal itself, expected another drop rule")

    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> Flags:
        """See `DropRule.keep`; within one layer no neuron can be told to be dead."""
        return self.by.keep(layer, fraction, draw)

    def keep_all(self, layers: Sequence[LayerView], fraction: float, occasion: Occasion) -> list[Flags]:
        """See `DropRule.keep_all`."""
        keep = self.by.keep_all(layers, fraction, occasion)
        adjoining = [k for k in range(len(layers) - 1) if layers[k + 1].index == layers[k].index + 1]
        for k in reversed(adjoining):
            alive = _touched(layers[k + 1].pattern.link_sources()[keep[k + 1]], layers[k].pattern.n_out)
            keep[k] = keep[k] & alive[layers[k].pattern.targets]
        for k in adjoining:
            alive = _touched(layers[k].pattern.targets[keep[k]], layers[k].pattern.n_out)
            keep[k + 1] = keep[k + 1] & alive[layers[k + 1].pattern.link_sources()]
        return keep


def _touched(neurons: NDArray[Any], count: int) -> NDArray[np.bool_]:
    touched = np.zeros(count, np.bool_)
    touched[neurons] = True
    return touched
