"""What an analysis may be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gossamer.analysis.laws.paper_law import ESC
from gossamer.analysis.laws.shapes import LAWS, law_named
from gossamer.errors import AnalysisError, ConfigError

_OF_THE_SAMPLE = ("axis", "harder", "reading")


@dataclass(frozen=True)
class Settings:
    """Settings of `analyse`; all have defaults.

    Parameters
    ----------
    delta : float in (0, 1)
        Fall of accuracy that defines the contour; 0.01 is 1 point.
    confidence : float in (0.5, 1)
        Of every interval.
    draws : int >= 100
        Bootstrap draws.
    seed : int
        Seed of the bootstrap.
    alpha : float in (0, 0.5)
        Level of the tests behind the last safe level.
    laws : tuple of str
        Names of the laws to compare.
    esc : float
        The contour that the paper's equation (3) takes as given.

    Raises
    ------
    AnalysisError
        If a value is out of range or a law is unknown.
    """

    delta: float = 0.01
    confidence: float = 0.95
    draws: int = 1000
    seed: int = 0
    alpha: float = 0.05
    laws: tuple[str, ...] = tuple(LAWS)
    esc: float = ESC

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("delta", self.delta, 0.0, 1.0),
            ("confidence", self.confidence, 0.5, 1.0),
            ("alpha", self.alpha, 0.0, 0.5),
        ):
            if not low < value < high:
                raise AnalysisError(f"{name} is {value:g}, but must lie between {low:g} and {high:g}.")
        if self.draws < 100:
            raise AnalysisError(f"draws is {self.draws}, but percentiles need at least 100 bootstrap draws.")
        if not self.laws:
            raise AnalysisError("No law was asked for; name at least one.")
        for law in self.laws:
            law_named(law)


def settings_of(tables: Mapping[str, Any]) -> Settings:
    """Settings of a study's `analysis` table; what says which runs are read is left out.

    Raises
    ------
    ConfigError
        If a name is unknown.
    AnalysisError
        If a value is out of range.
    """
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in tables.items()
        if name not in _OF_THE_SAMPLE
    }
    try:
        return Settings(**fields)
    except TypeError as error:
        raise ConfigError(f"The study's analysis settings do not fit: {error}.") from error
