"""When the topology changes."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, SerializeAsAny, model_validator

from gossamer.evolve.part import Part, by_kind, register
from gossamer.fields import field


@dataclass(frozen=True)
class Clock:
    """Length of a training: steps in an epoch, and epochs."""

    steps_per_epoch: int
    epochs: int

    @property
    def total_steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_per_epoch * self.epochs


@dataclass(frozen=True)
class Moment:
    """Where a training is: steps taken, and its length."""

    done: int
    clock: Clock

    def progress(self, until: float = 1.0, first: float = 0.0) -> float:
        """How far the training is between two parts `first` and `until` of it: 0 before, 1 after them."""
        total = self.clock.total_steps
        return min(1.0, max(0.0, (self.done - first * total) / ((until - first) * total)))


class When(Part):
    """Says after which steps an update is due."""

    role: ClassVar[str] = "when"

    @abstractmethod
    def next(self, done: int, clock: Clock) -> int | None:
        """Smallest number of steps above `done` after which an update is due; None if there is none."""


AnyWhen = Annotated[SerializeAsAny[When], by_kind("when")]


@register
class EveryEpoch(When):
    """After every `every`-th epoch, from the first to the last that may have an update."""

    kind: Literal["every_epoch"] = field("every_epoch", help="at the end of epochs")
    every: int = field(1, help="epochs from one update to the next", unit="epochs", ge=1)
    first: int = field(1, help="first epoch that may end in an update", unit="epochs", ge=1, absent=(1,))
    until: float = field(
        1.0, help="part of the training that has updates", unit="fraction", gt=0, le=1, absent=(1.0,)
    )

    def next(self, done: int, clock: Clock) -> int | None:
        """See `When.next`."""
        start = max(done, self.first * clock.steps_per_epoch - 1)
        return _next_multiple(start, self.every * clock.steps_per_epoch, int(self.until * clock.total_steps))

    @property
    def depends_on_total(self) -> bool:
        """See `Part.depends_on_total`."""
        return self.until < 1


@register
class Stretches(When):
    """At the end of epochs, more rarely in each stretch of the training than in the last one."""

    kind: Literal["stretches"] = field("stretches", help="at the end of epochs, ever more rarely")
    every: tuple[Annotated[int, Field(ge=1)], ...] = field(
        (1, 2, 4, 8), help="epochs from one update to the next in each stretch", unit="epochs"
    )
    milestones: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = field(
        (0.2, 0.4, 0.6), help="parts of the training after which the next stretch begins", unit="fraction"
    )
    until: float = field(0.8, help="part of the training that has updates", unit="fraction", gt=0, le=1)

    @model_validator(mode="after")
    def _one_interval_a_stretch(self) -> Self:
        if len(self.every) != len(self.milestones) + 1 or list(self.milestones) != sorted(self.milestones):
            raise ValueError(
                f"every and milestones are {list(self.every)} and {list(self.milestones)}, "
                "expected ascending milestones and one interval more than milestones"
            )
        return self

    def next(self, done: int, clock: Clock) -> int | None:
        """See `When.next`."""
        for epoch in range(done // clock.steps_per_epoch + 1, int(self.until * clock.epochs) + 1):
            stretch = sum(epoch > part * clock.epochs for part in self.milestones)
            if epoch % self.every[stretch] == 0:
                return epoch * clock.steps_per_epoch
        return None

    @property
    def depends_on_total(self) -> bool:
        """See `Part.depends_on_total`."""
        return True


@register
class EverySteps(When):
    """After every `every`-th step, from one part of the training to another."""

    kind: Literal["every_steps"] = field("every_steps", help="every so many steps")
    every: int = field(100, help="steps from one update to the next", unit="steps", ge=1)
    until: float = field(1.0, help="part of the training that has updates", unit="fraction", gt=0, le=1)
    first: int = field(
        0, help="first step that may be followed by an update", unit="steps", ge=0, absent=(0,)
    )

    def next(self, done: int, clock: Clock) -> int | None:
        """See `When.next`."""
        return _next_multiple(max(done, self.first - 1), self.every, int(self.until * clock.total_steps))

    @property
    def depends_on_total(self) -> bool:
        """See `Part.depends_on_total`."""
        return self.until < 1


def _next_multiple(done: int, period: int, last: int) -> int | None:
    step = (done // period + 1) * period
    return step if step <= last else None
