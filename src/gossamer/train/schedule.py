"""Learning rate of every step: warm-up, then a schedule."""

import math
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gossamer.fields import field

ScheduleKind = Literal["constant", "step", "linear", "cosine"]


class ScheduleConfig(BaseModel):
    """Factor on the learning rate at step s of the run, s = 0, 1, ...

    ::

        constant  1
        step      factor ** (number of `milestones` that are complete epochs at step s)
        linear    1 -> final over the whole run, in equal steps
        cosine    1 -> final over the whole run, half a wave (Loshchilov and Hutter 2017)

    During the first `warmup_epochs` it is multiplied by (s + 1) / (steps of the warm-up).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ScheduleKind = field("constant", help="how the learning rate changes after the warm-up")
    warmup_epochs: float = field(
        0.0, help="length of the linear warm-up", unit="epochs", ge=0, allow_inf_nan=False
    )
    milestones: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = field(
        (), help="of 'step': when the factor is applied, ascending", unit="epochs"
    )
    factor: float = field(0.1, help="of 'step': factor at each milestone", unit="ratio", gt=0, le=1)
    final: float = field(
        0.0, help="of 'linear' and 'cosine': the factor at the end of the run", unit="ratio", ge=0, le=1
    )

    @model_validator(mode="after")
    def _milestones_ascend(self) -> Self:
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError(f"milestones is {list(self.milestones)}, expected ascending epochs")
        return self

    @property
    def depends_on_total(self) -> bool:
        """Whether the factor of a step depends on the number of epochs of the whole run."""
        return self.kind in ("linear", "cosine")

    def factors(self, first: int, count: int, steps_per_epoch: int, total: int) -> NDArray[np.float64]:
        """Factors of steps first .. first + count - 1 of a run of `total` steps: float64 [count]."""
        warmup = self.warmup_epochs * steps_per_epoch
        factors = np.empty(count)
        for k in range(count):
            step = first + k
            ramp = min(1.0, (step + 1) / warmup) if warmup > 0 else 1.0
            factors[k] = ramp * self._factor(step, steps_per_epoch, total)
        return factors

    def _factor(self, step: int, steps_per_epoch: int, total: int) -> float:
        if self.kind == "step":
            return float(self.factor ** sum(step >= epoch * steps_per_epoch for epoch in self.milestones))
        progress = step / max(1, total - 1)
        if self.kind == "linear":
            return 1.0 - (1.0 - self.final) * progress
        if self.kind == "cosine":
            return self.final + (1.0 - self.final) * (1.0 + math.cos(math.pi * progress)) / 2.0
        return 1.0
