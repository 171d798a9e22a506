"""What the policy `adaptive` may be told: the table ``[refinement.settings]`` of a study."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, model_validator

from gossamer.errors import ConfigError
from gossamer.fields import field
from gossamer.study.axes import Number, Range
from gossamer.train.problems import validated

_MOST_CANDIDATES = 5_000


class AdaptiveSettings(BaseModel):
    """How an adaptive study chooses its runs, and when it has enough of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: float = field(
        help="stop when the 95 % interval of the contour is at most this wide from end to end",
        unit="of the axis",
        gt=0,
    )
    step: Number = field(help="distance between levels that may be tried", unit="of the axis")
    first_levels: int = field(
        6, help="evenly spread levels of the first round, both ends among them", unit="levels", ge=6, le=100
    )
    round_runs: int = field(6, help="runs of each later round, for every curve", unit="runs", ge=1, le=1000)
    max_rounds: int = field(50, help="most rounds, the first included", unit="rounds", ge=1, le=1000)
    max_replicates: int = field(
        20, help="most replicates that later rounds lead a level to", unit="runs", ge=2, le=10_000
    )

    @model_validator(mode="after")
    def _width_can_be_reached(self) -> "AdaptiveSettings":
        if float(abs(self.step)) > self.width:
            raise ConfigError(
                f"width is {self.width:g}, but levels are {self.step} apart; a contour cannot be known "
                "better than its levels, so make step at most width."
            )
        return self

    def candidates(self, start: Decimal, stop: Decimal) -> list[int | float]:
        """Levels that may be tried, from the easy end to the hard end of the axis.

        Raises
        ------
        ConfigError
            If no whole number of steps leads from start to stop, or there are too few or too many.
        """
        levels = validated(Range, {"start": start, "stop": stop, "step": self.step}).levels()
        if not self.first_levels <= len(levels) <= _MOST_CANDIDATES:
            raise ConfigError(
                f"From {start} to {stop} in steps of {self.step} there are {len(levels)} levels, expected "
                f"between first_levels = {self.first_levels} and {_MOST_CANDIDATES}; change the step."
            )
        return levels
