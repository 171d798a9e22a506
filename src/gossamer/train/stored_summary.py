"""The door for config and summary of a finished run: held to models, and to the identity that they make."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt, ValidationError, model_validator

from gossamer.errors import InternalError, StoreError
from gossamer.files import Stored
from gossamer.train.identity import content_identity
from gossamer.train.run import StoredFacts
from gossamer.train.task import TASKS


class _Reading(Stored):
    value: FiniteFloat
    epoch: PositiveInt


class _Readings(Stored):
    last: _Reading | None
    selected: _Reading | None
    best_on_test: _Reading | None


class _Layer(Stored):
    n_in: PositiveInt
    n_out: PositiveInt
    nnz: NonNegativeInt
    density: FiniteFloat


class _Coverage(Stored):
    sparsity: FiniteFloat
    effective_sparsity: FiniteFloat


class _Paths(Stored):
    start: _Coverage
    end: _Coverage


class _Summary(Stored):
    identity: str = Field(pattern=r"^[0-9a-f]{8,64}$")
    state: Literal["finished", "diverged"]
    epochs: NonNegativeInt
    diverged_epoch: PositiveInt | None
    layers: list[_Layer] = Field(min_length=1)
    evolving: list[bool]
    persisting_links: FiniteFloat
    fixed_links: NonNegativeInt
    paths: _Paths
    data: StoredFacts
    warnings: list[str]
    instruction_class: str
    numerics: PositiveInt
    parts: dict[str, str] = Field(default_factory=dict)
    train: dict[str, FiniteFloat] | None

    @model_validator(mode="after")
    def _has_the_scores_of_its_task(self) -> "_Summary":
        for score in TASKS[self.data.task].scores:
            found = _Readings.model_validate((self.model_extra or {}).get(score.name))
            epochs = [reading.epoch for reading in vars(found).values() if reading is not None]
            if (found.last is None) != (found.best_on_test is None) or max(epochs, default=0) > self.epochs:
                raise ValueError(f"{score.name} has readings that do not belong together")
        return self


def read_summary(content: bytes, path: Path) -> dict[str, Any]:
    """Summary of a finished run from the bytes of its file.

    Raises
    ------
    StoreError
        Names `path`, and the first member that is missing or is not what it should be.
    """
    summary = _table(content, path)
    try:
        _Summary.model_validate(summary)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"])) or "the summary"
        raise StoreError(f"{path} is damaged: {place}: {problem['msg']}.") from error
    return summary


def read_fields(content: bytes, path: Path) -> dict[str, Any]:
    """Identity fields of a finished run's config from the bytes of its file (StoreError: it is no table)."""
    return _table(content, path)


def result_identity(fields: Mapping[str, Any], summary: Mapping[str, Any], data: str = "") -> str:
    """Identity that a result has by its own content.

    Parameters
    ----------
    fields : mapping
        See `read_fields`.
    summary : mapping
        See `read_summary`.
    data : str
        Checksum of the data and their scaling where no config tells that; else the summary's own.
    """
    data = data or str(summary["data"]["checksum"])
    try:
        return content_identity(fields, data, int(summary["numerics"]), dict(summary.get("parts", {})))
    except InternalError:
        return ""  # a number that no identity field can be


def _table(content: bytes, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} is not JSON; the run is damaged.") from error
    if not isinstance(found, dict):
        raise StoreError(f"{path} is damaged: it does not hold a table.")
    return found
