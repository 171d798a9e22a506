"""Which fraction of a layer's links an update rewires (zeta)."""

from abc import abstractmethod
from math import cos, pi
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SerializeAsAny

from gossamer.evolve.part import Part, by_kind, register
from gossamer.evolve.when import Clock
from gossamer.fields import field


class Fraction(Part):
    """Says which fraction of the links an update drops."""

    role: ClassVar[str] = "fraction"

    @abstractmethod
    def at(self, done: int, clock: Clock) -> float:
        """Fraction in [0, 1] at the update after `done` steps."""

    @property
    def depends_on_total(self) -> bool:
        """See `Part.depends_on_total`."""
        return True


AnyFraction = Annotated[SerializeAsAny[Fraction], by_kind("fraction")]


@register
class Constant(Fraction):
    """The same fraction at every update."""

    kind: Literal["constant"] = field("constant", help="the same at every update")
    zeta: float = field(0.3, help="fraction of links rewired at an update", unit="fraction", ge=0, le=1)

    def at(self, done: int, clock: Clock) -> float:
        """See `Fraction.at`."""
        return self.zeta

    @property
    def depends_on_total(self) -> bool:
        """See `Part.depends_on_total`."""
        return False


@register
class Linear(Fraction):
    """From `zeta` at the start of the training straight down to 0."""

    kind: Literal["linear"] = field("linear", help="straight down to 0")
    zeta: float = field(0.3, help="fraction of links rewired at the start", unit="fraction", ge=0, le=1)
    until: float = field(1.0, help="part of the training after which it is 0", unit="fraction", gt=0, le=1)

    def at(self, done: int, clock: Clock) -> float:
        """See `Fraction.at`."""
        return self.zeta * (1 - _progress(done, self.until, clock))


@register
class Cosine(Fraction):
    """From `zeta` at the start of the training to 0 along half a cosine (Dettmers and Zettlemoyer 2019)."""

    kind: Literal["cosine"] = field("cosine", help="down to 0 along half a cosine")
    zeta: float = field(0.3, help="fraction of links rewired at the start", unit="fraction", ge=0, le=1)
    until: float = field(1.0, help="part of the training after which it is 0", unit="fraction", gt=0, le=1)

    def at(self, done: int, clock: Clock) -> float:
        """See `Fraction.at`."""
        return self.zeta * (1 + cos(pi * _progress(done, self.until, clock))) / 2


@register
class Cubic(Fraction):
    """From `zeta` at the start of the training to 0 as the cube of what is left of it."""

    kind: Literal["cubic"] = field("cubic", help="down to 0 as the cube of what is left")
    zeta: float = field(0.3, help="fraction of links rewired at the start", unit="fraction", ge=0, le=1)
    until: float = field(1.0, help="part of the training after which it is 0", unit="fraction", gt=0, le=1)

    def at(self, done: int, clock: Clock) -> float:
        """See `Fraction.at`."""
        return self.zeta * (1 - _progress(done, self.until, clock)) ** 3


@register
class Exponential(Fraction):
    """From `zeta` at the start of the training to `last` at its end, by the same factor at every step."""

    kind: Literal["exponential"] = field("exponential", help="by the same factor at every step")
    zeta: float = field(0.3, help="fraction of links rewired at the start", unit="fraction", ge=0, le=1)
    last: float = field(0.003, help="fraction of links rewired at the end", unit="fraction", gt=0, le=1)

    def at(self, done: int, clock: Clock) -> float:
        """See `Fraction.at`."""
        return float(self.zeta * (self.last / self.zeta) ** _progress(done, 1.0, clock)) if self.zeta else 0.0


@register
class Steps(Fraction):
    """A level for each stretch of the training."""

    kind: Literal["steps"] = field("steps", help="a level for each stretch of the training")
    zeta: float = field(
        0.3, help="fraction of links rewired in the first stretch", unit="fraction", ge=0, le=1
    )
    later: tuple[Annotated[float, Field(ge=0, le=1)], ...] = field(
        (0.15, 0.0), help="fraction of links rewired in the later stretches", unit="fraction"
    )
    milestones: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = field(
        (0.5, 0.75), help="parts of the training after which the later stretches begin", unit="fraction"
    )

    def at(self, done: int, clock: Clock) -> float:
        """See `Fraction.at`."""
        passed = sum(done > part * clock.total_steps for part in self.milestones)
        return (self.zeta, *self.later)[min(passed, len(self.later))]


def _progress(done: int, until: float, clock: Clock) -> float:
    return min(1.0, done / (until * clock.total_steps))
