"""When the topology changes."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import SerializeAsAny

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


class When(Part):
    """Says after which steps an update is due."""

    role: ClassVar[str] = "when"

    @abstractmethod
    def next(self, done: int, clock: Clock) -> int | None:
        """Smallest number of steps above `done` after which an update is due; None if there is none."""

    @property
    def depends_on_total(self) -> bool:
        """Whether the answer depends on the length of the training, so that a run cannot be extended."""
        return False


AnyWhen = Annotated[SerializeAsAny[When], by_kind("when")]


@register
class EveryEpoch(When):
    """After every `every`-th epoch."""

    kind: Literal["every_epoch"] = field("every_epoch", help="at the end of epochs")
    every: int = field(1, help="epochs from one update to the next", unit="epochs", ge=1)

    def next(self, done: int, clock: Clock) -> int | None:
        """See `When.next`."""
        return _next_multiple(done, self.every * clock.steps_per_epoch, clock.total_steps)


@register
class EverySteps(When):
    """After every `every`-th step, during the first part of the training."""

    kind: Literal["every_steps"] = field("every_steps", help="every so many steps")
    every: int = field(100, help="steps from one update to the next", unit="steps", ge=1)
    until: float = field(1.0, help="part of the training that has updates", unit="fraction", gt=0, le=1)

    def next(self, done: int, clock: Clock) -> int | None:
        """See `When.next`."""
        return _next_multiple(done, self.every, int(self.until * clock.total_steps))

    @property
    def depends_on_total(self) -> bool:
        """See `When.depends_on_total`."""
        return self.until < 1


def _next_multiple(done: int, period: int, last: int) -> int | None:
    step = (done // period + 1) * period
    return step if step <= last else None
