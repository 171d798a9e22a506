"""Numbers that change during a training: any hyper-parameter may be one number or a schedule."""

from abc import abstractmethod
from math import cos, pi
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, SerializeAsAny

from gossamer.evolve.part import Part, by_kind, register
from gossamer.evolve.when import Moment
from gossamer.fields import field


class Schedule(Part):
    """A number as a function of the part of the training that is over."""

    role: ClassVar[str] = "schedule"

    @abstractmethod
    def at(self, moment: Moment) -> float:
        """The number at a moment."""

    @property
    def depends_on_total(self) -> bool:
        """See `Part.depends_on_total`."""
        return True


Scheduled = Annotated[
    Annotated[SerializeAsAny[Schedule], by_kind("schedule")] | float, Field(union_mode="left_to_right")
]
"""A number, or a schedule of one."""


def value_at(value: "Schedule | float", moment: Moment) -> float:
    """The number that a hyper-parameter is at a moment."""
    return value.at(moment) if isinstance(value, Schedule) else value


class _Course(Schedule):
    """From one number to another between two parts of the training; constant before and after."""

    start: float = field(1.0, help="number at the start", unit="of the field", allow_inf_nan=False)
    end: float = field(0.0, help="number at the end", unit="of the field", allow_inf_nan=False)
    first: float = field(0.0, help="part of the training before the change", unit="fraction", ge=0, lt=1)
    until: float = field(1.0, help="part of the training after the change", unit="fraction", gt=0, le=1)

    def model_post_init(self, context: Any, /) -> None:
        """Refuse a change that ends before it begins."""
        if self.until <= self.first:
            raise ValueError(
                f"until is {self.until}, expected a part of the training after first, {self.first}"
            )

    def at(self, moment: Moment) -> float:
        """See `Schedule.at`."""
        return self.end + (self.start - self.end) * self._left(moment.progress(self.until, self.first))

    @abstractmethod
    def _left(self, progress: float) -> float:
        """Part of the change that is still to come, 1 at progress 0 and 0 at progress 1."""


@register
class LinearSchedule(_Course):
    """In a straight line."""

    kind: Literal["linear"] = field("linear", help="in a straight line")

    def _left(self, progress: float) -> float:
        return 1 - progress


@register
class CosineSchedule(_Course):
    """Along half a cosine."""

    kind: Literal["cosine"] = field("cosine", help="along half a cosine")

    def _left(self, progress: float) -> float:
        return (1 + cos(pi * progress)) / 2


@register
class CubicSchedule(_Course):
    """Fast at first: the cube of what is left of the training (Zhu and Gupta 2017)."""

    kind: Literal["cubic"] = field("cubic", help="as the cube of what is left")

    def _left(self, progress: float) -> float:
        return (1 - progress) ** 3


@register
class ExponentialSchedule(_Course):
    """By the same factor at every step; both numbers are above 0."""

    kind: Literal["exponential"] = field("exponential", help="by the same factor at every step")
    start: float = field(1.0, help="number at the start", unit="of the field", gt=0, allow_inf_nan=False)
    end: float = field(0.01, help="number at the end", unit="of the field", gt=0, allow_inf_nan=False)

    def at(self, moment: Moment) -> float:
        """See `Schedule.at`."""
        return float(self.start * (self.end / self.start) ** moment.progress(self.until, self.first))

    def _left(self, progress: float) -> float:
        return 1 - progress


@register
class StepSchedule(Schedule):
    """A level for each stretch of the training."""

    kind: Literal["steps"] = field("steps", help="a level for each stretch of the training")
    levels: tuple[float, ...] = field(
        (1.0, 0.0), help="numbers, one more than milestones", unit="of the field"
    )
    milestones: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = field(
        (0.5,), help="parts of the training after which the next level holds", unit="fraction"
    )

    def model_post_init(self, context: Any, /) -> None:
        """Refuse levels and milestones that do not belong together."""
        if len(self.levels) != len(self.milestones) + 1 or list(self.milestones) != sorted(self.milestones):
            raise ValueError(
                f"levels and milestones are {list(self.levels)} and {list(self.milestones)}, expected "
                "ascending milestones and one level more than milestones"
            )

    def at(self, moment: Moment) -> float:
        """See `Schedule.at`."""
        total = moment.clock.total_steps
        return self.levels[sum(moment.done > part * total for part in self.milestones)]
