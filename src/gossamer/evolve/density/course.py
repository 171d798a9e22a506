"""Schedules of the number of links that follow the clock: cubic, sigmoid, in levels."""

from abc import abstractmethod
from collections.abc import Sequence
from math import exp
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from gossamer.evolve.density.base import Density, Links, smallest_gone, total_links
from gossamer.evolve.drop.base import DropRule, Flags
from gossamer.evolve.layer import LayerView, Occasion
from gossamer.evolve.part import register
from gossamer.evolve.when import Moment
from gossamer.fields import field


class ScheduledDensity(Density):
    """A density of the evolving layers together that depends on the part of the training that is over.

    Where the density falls, the links with the smallest scores of the method's drop rule go first, and the
    drop is from what is left.
    """

    scope: Literal["layer", "network"] = field(
        "network",
        help="whether links are taken from every layer in proportion, or the smallest of the network",
    )

    @property
    def depends_on_total(self) -> bool:
        """See `Part.depends_on_total`."""
        return True

    @abstractmethod
    def links_at(self, links: Links, moment: Moment) -> float:
        """Links wanted at a moment."""

    def target(self, links: Links, occasion: Occasion, layers: Sequence[LayerView]) -> int:
        """See `Density.target`."""
        return round(self.links_at(links, occasion.moment))

    def shrink(self, layers: Sequence[LayerView], drop: DropRule, occasion: Occasion) -> list[Flags] | None:
        """See `Density.shrink`."""
        links = total_links(layers)
        surplus = links.before - self.target(links, occasion, layers)
        if surplus <= 0:
            return None
        return smallest_gone(layers, drop, surplus, occasion, whole_network=self.scope == "network")


class _Falling(ScheduledDensity):
    """From the density of the start to a final one; it never rises."""

    final: float = field(0.1, help="density at the end", unit="fraction", ge=0, le=1)
    initial: float | None = field(
        None,
        help="density that the schedule starts from; that of the start if not set",
        unit="fraction",
        ge=0,
        le=1,
    )
    first: float = field(0.0, help="part of the training before the change", unit="fraction", ge=0, lt=1)
    until: float = field(0.75, help="part of the training after the change", unit="fraction", gt=0, le=1)

    def links_at(self, links: Links, moment: Moment) -> float:
        """See `ScheduledDensity.links_at`."""
        first = links.first if self.initial is None else self.initial * links.positions
        last = self.final * links.positions
        return min(links.before, last + (first - last) * self._left(moment.progress(self.until, self.first)))

    @abstractmethod
    def _left(self, progress: float) -> float:
        """Part of the change that is still to come."""


@register
class CubicDensity(_Falling):
    """Fast at first: d = final + (initial - final) (1 - progress)^3 (Zhu and Gupta 2017)."""

    kind: Literal["cubic"] = field("cubic", help="falling as the cube of what is left")

    def _left(self, progress: float) -> float:
        return (1 - progress) ** 3


@register
class SigmoidDensity(_Falling):
    """Slow, fast, slow: a logistic curve through the middle of the change, scaled to reach both ends.

    CHTss of Zhang et al. 2025 uses steepness 6; how it is scaled to its ends is a reconstruction.
    """

    kind: Literal["sigmoid"] = field("sigmoid", help="falling along a logistic curve")
    steepness: float = field(6.0, help="k of 1 / (1 + exp(-k (2 progress - 1)))", unit="1", gt=0, le=100)

    def _left(self, progress: float) -> float:
        def logistic(x: float) -> float:
            return 1 / (1 + exp(-self.steepness * x))

        low, high = logistic(-1), logistic(1)
        return (high - logistic(2 * progress - 1)) / (high - low)


@register
class LevelsDensity(ScheduledDensity):
    """A multiple of the start's links for each stretch of the training: up, then down again (MEST, EM&S)."""

    kind: Literal["levels"] = field("levels", help="a multiple of the start for each stretch of the training")
    levels: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = field(
        (1.5, 1.25, 1.0), help="multiples of the start's links, one more than milestones", unit="ratio"
    )
    milestones: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = field(
        (0.5625, 0.75), help="parts of the training after which the next level holds", unit="fraction"
    )

    def model_post_init(self, context: Any, /) -> None:
        """Refuse levels and milestones that do not belong together."""
        if len(self.levels) != len(self.milestones) + 1 or list(self.milestones) != sorted(self.milestones):
            raise ValueError(
                f"levels and milestones are {list(self.levels)} and {list(self.milestones)}, expected "
                "ascending milestones and one level more than milestones"
            )

    def links_at(self, links: Links, moment: Moment) -> float:
        """See `ScheduledDensity.links_at`."""
        total = moment.clock.total_steps
        level = self.levels[sum(moment.done > part * total for part in self.milestones)]
        return min(links.positions, level * links.first)


@register
class PointsDensity(ScheduledDensity):
    """A multiple of the start's links, in straight lines through given points: growth, then pruning."""

    kind: Literal["points"] = field("points", help="multiples of the start, straight lines between them")
    multiples: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = field(
        (1.0, 2.0, 1.0), help="multiples of the start's links", unit="ratio"
    )
    parts: tuple[Annotated[float, Field(ge=0, le=1)], ...] = field(
        (0.0, 0.3, 0.8), help="parts of the training at which they are reached, ascending", unit="fraction"
    )

    def model_post_init(self, context: Any, /) -> None:
        """Refuse points that do not belong together."""
        if len(self.multiples) != len(self.parts) or list(self.parts) != sorted(set(self.parts)):
            raise ValueError(
                f"multiples and parts are {list(self.multiples)} and {list(self.parts)}, expected as many "
                "ascending parts as multiples"
            )

    def links_at(self, links: Links, moment: Moment) -> float:
        """See `ScheduledDensity.links_at`."""
        part = moment.done / moment.clock.total_steps
        return min(links.positions, float(np.interp(part, self.parts, self.multiples)) * links.first)
