"""Rounds of a study on disk: the cells of each round, stored before the round starts."""

from collections.abc import Mapping
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
    """

    def __init__(self, folder: Path, plan: str) -> None:
        self._folder = folder / plan[:16]
        self._plan = plan

    def load(self) -> list[list[PlannedRun]]:
        """All stored rounds in order (StoreError if one is damaged)."""
        rounds: list[list[PlannedRun]] = []
        while self.exists(len(rounds) + 1):
            rounds.append(self.read(len(rounds) + 1))
        return rounds

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
        return [PlannedRun.from_json(run.model_dump()) for run in stored.runs]

    def save(self, number: int, runs: list[PlannedRun]) -> None:
        """Store round `number`, 1 and up."""
        path = self._path(number)
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        content = {"plan": self._plan, "round": number, "runs": [run.as_json() for run in runs]}
        write_json(path, content)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:04d}.json"
