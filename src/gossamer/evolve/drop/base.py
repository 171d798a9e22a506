"""What a drop rule is, and what rules by score share."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import SerializeAsAny

from gossamer.evolve.layer import Draw, LayerView, Occasion
from gossamer.evolve.part import Part, by_kind
from gossamer.evolve.schedule import Scheduled, value_at
from gossamer.evolve.selection import rounded, sampled, smallest
from gossamer.fields import field
from gossamer.random import Purpose

Flags = NDArray[np.bool_]


class DropRule(Part):
    """Chooses the links that layers keep. A rule that looks at more than one layer overrides `keep_all`."""

    role: ClassVar[str] = "drop"
    by_fraction: ClassVar[bool] = True
    """Whether a method with this rule has to say which fraction of the links goes."""

    @abstractmethod
    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> Flags:
        """Flags bool [nnz] of the links that stay when about `fraction` (in [0, 1]) of them are to go."""

    def keep_all(self, layers: Sequence[LayerView], fraction: float, occasion: Occasion) -> list[Flags]:
        """Flags of every layer that evolves; see `keep`."""
        return [self.keep(layer, fraction, occasion.draw(layer)) for layer in layers]


class ScoredDrop(DropRule):
    """Drops the links of smallest score, of each layer or of the whole network, or samples by score."""

    scope: Literal["layer", "network"] = field(
        "layer",
        help="whether every layer drops its fraction, or the network the smallest of all",
        absent=("layer",),
    )
    sharpness: Scheduled | None = field(
        None,
        help="none drops the smallest scores; a number samples who stays, with odds score ** sharpness",
        absent=(None,),
    )

    @abstractmethod
    def scores(self, layer: LayerView) -> NDArray[Any]:
        """Scores [nnz], at least 0; the smallest go."""

    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> Flags:
        """See `DropRule.keep`."""
        scores = self.scores(layer)
        return self._choice(scores, rounded(fraction, len(scores)), layer, draw)

    def keep_all(self, layers: Sequence[LayerView], fraction: float, occasion: Occasion) -> list[Flags]:
        """See `DropRule.keep_all`."""
        if self.scope == "layer":
            return super().keep_all(layers, fraction, occasion)
        count = rounded(fraction, sum(layer.pattern.nnz for layer in layers))
        return self.keep_all_but(layers, count, occasion)

    def keep_all_but(self, layers: Sequence[LayerView], count: int, occasion: Occasion) -> list[Flags]:
        """Flags of all layers that drop `count` links together, the smallest scores of the network."""
        scores = [self.scores(layer) for layer in layers]
        ends = np.cumsum([len(part) for part in scores])[:-1]
        joined = np.concatenate(scores) if scores else np.zeros(0)
        flags = self._choice(joined, count, layers[0], occasion.draw(layers[0])) if layers else joined > 0
        return list(np.split(flags, ends))

    def _choice(self, scores: NDArray[Any], count: int, layer: LayerView, draw: Draw) -> Flags:
        if self.sharpness is None:
            return ~smallest(scores, count)
        odds = scores.astype(np.float64) ** value_at(self.sharpness, layer.moment)
        return sampled(odds, len(scores) - count, draw.uniform(len(scores), Purpose.DROP))


AnyDrop = Annotated[SerializeAsAny[DropRule], by_kind("drop")]
