"""A number of links that validation accuracy drives: the reconstruction of AccSET."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from gossamer.errors import ConfigError
from gossamer.evolve.density.base import Density, Links
from gossamer.evolve.layer import LayerView, Occasion
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class AccuracyDriven(Density):
    """Regrows only a part f of what was dropped, the less the better the network is on validation samples.

    A reconstruction: of AccSET (Lapshyna 2020) only the abstract and a sentence of van Engers 2021 could be
    read, which say that links are gradually removed as accuracy increases. With a_t the validation accuracy
    of epoch t::

        complement  f = 1 - a_t
        record      f = 1 - a_t where a_t is a new maximum, else 1
        relative    f = (1 - a_t) / (1 - a_1)
        improving   f = 1 where a_t > a_(t-1), else 1 - a_t

    Never fewer links than `floor` times those of the start are left. The test samples have no part in this.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.VALIDATION_ACCURACY})
    kind: Literal["accuracy"] = field(
        "accuracy", help="regrows the less the higher the validation accuracy is"
    )
    variant: Literal["complement", "record", "relative", "improving"] = field(
        "record", help="how the part that regrows follows from validation accuracy"
    )
    floor: float = field(
        0.3, help="least number of links, in parts of the start's", unit="fraction", ge=0, le=1
    )

    def target(self, links: Links, occasion: Occasion, layers: Sequence[LayerView]) -> int:
        """See `Density.target`."""
        found = layers[0].services.validation_accuracies() if layers else ()
        if not found:
            raise ConfigError(
                "The density part 'accuracy' follows accuracy on validation samples, and there are none; "
                "set data.validation_samples, and update at the end of epochs."
            )
        regrown = round(self.regrown_part(found) * (links.shrunk - links.survivors))
        return max(links.survivors + regrown, min(links.before, round(self.floor * links.first)))

    def regrown_part(self, accuracies: Sequence[float]) -> float:
        """The part f of what was dropped that regrows after these validation accuracies, in [0, 1]."""
        now, before = accuracies[-1], accuracies[:-1]
        left = 1 - now
        if self.variant == "record":
            return left if now > max(before, default=-1.0) else 1.0
        if self.variant == "relative":
            return min(1.0, left / (1 - accuracies[0])) if accuracies[0] < 1 else 0.0
        if self.variant == "improving":
            return 1.0 if before and now > before[-1] else left
        return left
