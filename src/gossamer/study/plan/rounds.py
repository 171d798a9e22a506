"""Rounds of a study on disk: the cells of each round, stored before the round starts."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue, ValidationError

from gossamer.errors import StoreError
from gossamer.files import Stored, disk_errors, read_json, write_json
from gossamer.study.plan.cells import Cell


class _StoredRun(Stored):
    """What has to hold of a planned run before it is believed."""

    block: str
    level: dict[str, JsonValue]
    replicate: int
    seed: int
    identity: str = Field(pattern=r"^[0-9a-f]{8,64}$")
    cost: float
    epochs: int


class _StoredRound(Stored):
    runs: list[_StoredRun]
    sha256: str | None = None  # older studies have none


@dataclass(frozen=True)
class PlannedRun:
    """A cell and the run that it is.

    Attributes
    ----------
    cell : Cell
    identity : str, lower-case hex
    cost : float, expected links x samples x epochs
    epochs : int
    """

    cell: Cell
    identity: str
    cost: float
    epochs: int

    def as_json(self) -> dict[str, Any]:
        """The planned run as JSON values."""
        facts = {"identity": self.identity, "cost": self.cost, "epochs": self.epochs}
        return {**self.cell.as_json(), **facts}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "PlannedRun":
        """Planned run of JSON values."""
        return cls(Cell.from_json(data), data["identity"], data["cost"], data["epochs"])


class Rounds:
    """Stored rounds of one plan.

    Parameters
    ----------
    folder : Path of the study's rounds
    plan : str, key of the plan; rounds of another plan are not seen
    seed_of : callable
        Seed of a cell by its level and replicate, which old rounds, without a checksum, are held to.
    """

    def __init__(self, folder: Path, plan: str, seed_of: Callable[[Cell], int | None]) -> None:
        self._folder = folder / plan[:16]
        self._plan = plan
        self._seed_of = seed_of

    def exists(self, number: int) -> bool:
        """Whether round `number`, 1 and up, is stored."""
        return self._path(number).exists()

    def read(self, number: int) -> list[PlannedRun]:
        """Round `number` as it was stored (StoreError if it is damaged)."""
        path = self._path(number)
        try:
            stored = _StoredRound.model_validate(read_json(path))
        except ValidationError as error:
            raise StoreError(f"{path} is damaged: it does not hold a round of runs.") from error
        runs = [PlannedRun.from_json(run.model_dump()) for run in stored.runs]
        if stored.sha256 is None:
            known = all(self._seed_of(run.cell) == run.cell.seed for run in runs)
        else:
            known = stored.sha256 == _checksum(runs)
        if not known:
            raise StoreError(
                f"{path} has been changed since it was written; run the study again to plan that round anew."
            )
        return runs

    def save(self, number: int, runs: list[PlannedRun]) -> None:
        """Store round `number`, 1 and up."""
        path = self._path(number)
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        content = {"plan": self._plan, "round": number, "sha256": _checksum(runs)}
        write_json(path, {**content, "runs": [run.as_json() for run in runs]})

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:04d}.json"


def _checksum(runs: list[PlannedRun]) -> str:
    """SHA-256 (hex) of planned runs, whatever way their JSON is laid out."""
    return hashlib.sha256(json.dumps([run.as_json() for run in runs], sort_keys=True).encode()).hexdigest()
