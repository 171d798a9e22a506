"""What an analysis may be told."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from gossamer.analysis.laws.paper_law import ESC
from gossamer.analysis.laws.shapes import LAWS, law_named
from gossamer.fields import field
from gossamer.train.problems import validated


class Settings(BaseModel):
    """Settings of `analyse`, the ``[analysis]`` table of a study; all have defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delta: float = field(
        0.01, gt=0, lt=1, unit="score", help="fall that defines the contour; 0.01 is one point of accuracy"
    )
    confidence: float = field(0.95, gt=0.5, lt=1, unit="probability", help="of every interval")
    draws: int = field(1000, ge=100, le=10**6, unit="draws", help="bootstrap draws")
    seed: int = field(0, ge=0, lt=2**63, unit="seed", help="seed of the bootstrap")
    alpha: float = field(0.05, gt=0, lt=0.5, unit="probability", help="level of tests")
    laws: tuple[str, ...] = field(
        tuple(LAWS), min_length=1, help=f"laws that are compared, of {', '.join(LAWS)}"
    )
    esc: float = field(
        ESC, unit="of the axis", help="the contour that the paper's equation (3) takes as given"
    )
    axis: str | None = field(
        None, help="axis of the curves, by alias or path; the numeric one with most levels if not set"
    )
    reading: Literal["selected", "last", "best_on_test"] | None = field(
        None, help="which score of a run is read; selected if not set, best_on_test without validation"
    )
    harder: Literal["larger", "smaller"] | None = field(
        None, help="which levels of the axis are the harder ones; known for zeta, epsilon and their like"
    )

    @field_validator("laws")
    @classmethod
    def _laws_exist(cls, laws: tuple[str, ...]) -> tuple[str, ...]:
        for law in laws:
            law_named(law)
        return laws


def settings_of(tables: Mapping[str, Any]) -> Settings:
    """Settings of a study's `analysis` table (ConfigError: a name is unknown, or a value out of range)."""
    return validated(Settings, dict(tables), "analysis")
