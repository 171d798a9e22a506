"""What the policy `adaptive` is told: ``[refinement.settings]`` of a study, and where it may look."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from gossamer.analysis.axis import Axis
from gossamer.analysis.settings import Settings, settings_of
from gossamer.errors import ConfigError, InternalError
from gossamer.fields import field
from gossamer.study.axes import Number, Range, name_of
from gossamer.study.config import StudyConfig
from gossamer.train.problems import validated

_MOST_CANDIDATES = 5_000
_SLACK = 1e-9


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
        6, help="evenly spread levels of the first round, both ends among them", unit="levels", ge=3, le=100
    )
    round_runs: int = field(3, help="runs of each later round, for every curve", unit="runs", ge=1, le=1000)
    max_rounds: int = field(100, help="most rounds, the first included", unit="rounds", ge=1, le=1000)
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


@dataclass(frozen=True, eq=False)
class Search:
    """Where a study may look, and when it knows enough.

    Parameters
    ----------
    config : StudyConfig
    adaptive : AdaptiveSettings
    settings : Settings
        Of the analysis.
    values : list of N numbers
        Levels that may be tried, easiest first.
    axis : Axis
    """

    config: StudyConfig
    adaptive: AdaptiveSettings
    settings: Settings
    values: list[int | float]
    axis: Axis

    @property
    def path(self) -> str:
        """Dotted path of the searched axis."""
        return str(self.config.refinement.path)

    @property
    def hardness(self) -> NDArray[np.float64]:
        """Hardness of the candidates, float64 [N], increasing."""
        return self.axis.hardness(self.values)

    def places(self, hardness: ArrayLike) -> NDArray[np.int64]:
        """Candidates that have these hardnesses."""
        return np.searchsorted(self.hardness, np.asarray(hardness) - _SLACK)


def search_of(config: StudyConfig) -> Search:
    """The search that a study asks for (ConfigError or AnalysisError where its parts disagree)."""
    refinement, settings = config.refinement, settings_of(config.analysis)
    if refinement.start is None or refinement.stop is None:
        raise InternalError("An adaptive study without start and stop was let through.")
    if refinement.drop != settings.delta:
        raise ConfigError(
            f"refinement.drop is {refinement.drop:g}, but the analysis reports the contour of a fall by "
            f"{settings.delta:g}; set analysis.delta to the same value."
        )
    reading = config.analysis.get("reading", refinement.accuracy)
    if reading != refinement.accuracy:
        raise ConfigError(
            f"refinement.accuracy is {refinement.accuracy}, but the analysis reads {reading}; "
            "set analysis.reading to the same value."
        )
    adaptive = validated(AdaptiveSettings, refinement.settings, "settings")
    values = adaptive.candidates(refinement.start, refinement.stop)
    axis = Axis.of(name_of(str(refinement.path)), values, config.analysis.get("harder"))
    if (axis.harder == "larger") != (refinement.stop > refinement.start):
        raise ConfigError(
            f"On the axis {axis.name} {axis.harder} levels are harder, but refinement.start is "
            f"{refinement.start} and refinement.stop is {refinement.stop}; start at the easy end."
        )
    return Search(config, adaptive, settings, values, axis)
