"""What a density schedule is: how many links the evolving layers have together after an update."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import SerializeAsAny

from gossamer.errors import ConfigError
from gossamer.evolve.drop.base import DropRule, Flags, ScoredDrop
from gossamer.evolve.layer import LayerView, Occasion
from gossamer.evolve.part import Part, by_kind
from gossamer.evolve.selection import apportioned


@dataclass(frozen=True)
class Links:
    """Links of the evolving layers together, at the stages of an update.

    Attributes
    ----------
    positions : int, n_in * n_out
    first : int, asked for by the start
    before : int, before the update
    shrunk : int, once the schedule has taken links away
    survivors : int, after the drop
    """

    positions: int
    first: int
    before: int
    shrunk: int
    survivors: int


class Density(Part):
    """Says how many links there are after an update; without one, as many as before."""

    role: ClassVar[str] = "density"

    @abstractmethod
    def target(self, links: Links, occasion: Occasion, layers: Sequence[LayerView]) -> int:
        """Links wanted after growth; what lies below the survivors or above the positions is cut off."""

    def shrink(self, layers: Sequence[LayerView], drop: DropRule, occasion: Occasion) -> list[Flags] | None:
        """Flags of the links that outlast the schedule, before the drop looks at them; None if all do."""
        return None


AnyDensity = Annotated[SerializeAsAny[Density], by_kind("density")]


def total_links(layers: Sequence[LayerView]) -> Links:
    """Links of the layers before an update."""
    nnz = sum(layer.pattern.nnz for layer in layers)
    positions = sum(layer.positions for layer in layers)
    return Links(positions, sum(layer.first_links for layer in layers), nnz, nnz, nnz)


def smallest_gone(
    layers: Sequence[LayerView], drop: DropRule, count: int, occasion: Occasion, *, whole_network: bool
) -> list[Flags]:
    """Flags of the links that stay when `count` go, those with the smallest scores of the drop rule.

    Without `whole_network` every layer loses its part of them in proportion to its links.

    Raises
    ------
    ConfigError
        If the drop rule has no scores.
    """
    if not isinstance(drop, ScoredDrop):
        raise ConfigError(
            f"The number of links shrinks, which asks for a drop part with scores, and {drop.kind!r} has "
            "none; take magnitude, for example."
        )
    if whole_network:
        return drop.keep_all_but(layers, count, occasion)
    nnz = [layer.pattern.nnz for layer in layers]
    counts = apportioned(count, nnz, nnz)
    return [drop.keep_all_but([layer], k, occasion)[0] for layer, k in zip(layers, counts, strict=True)]


def none_gone(layers: Sequence[LayerView]) -> list[Flags]:
    """Flags that keep everything."""
    return [np.ones(layer.pattern.nnz, np.bool_) for layer in layers]
