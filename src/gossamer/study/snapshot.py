"""What a study is doing at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gossamer.study.axes import name_of
from gossamer.train.canonical import canonical_json


@dataclass(frozen=True)
class Running:
    """A run in training.

    Attributes
    ----------
    label : str, level and replicate
    epoch, epochs : int, finished and in all
    accuracy : float or None, test accuracy after the last finished epoch
    """

    label: str
    epoch: int
    epochs: int
    accuracy: float | None


@dataclass(frozen=True)
class Snapshot:
    """Counts of a study's planned runs, and the runs in training.

    Attributes
    ----------
    name : str, name of the study
    round : int, number of the round, 1 and up
    done, diverged, failed, waiting : int
        Runs; `diverged` are among `done`, and those in training among none of them.
    running : tuple of Running
    seconds : float, since the command started
    left : float or None, estimated seconds to the end of the round
    """

    name: str
    round: int
    done: int
    diverged: int
    failed: int
    waiting: int
    running: tuple[Running, ...]
    seconds: float
    left: float | None

    @property
    def total(self) -> int:
        """Runs that are planned so far."""
        return self.done + self.failed + self.waiting + len(self.running)


def label_of(level: Mapping[str, Any], replicate: int) -> str:
    """A cell in words: ``zeta 0.3, epsilon 13 · 2``."""
    return f"{level_label(level)} · {replicate}"


def level_label(level: Mapping[str, Any]) -> str:
    """A level in words: ``zeta 0.3, epsilon 13``."""
    parts = [f"{name_of(path)} {_short(value)}" for path, value in level.items()]
    return ", ".join(parts) or "base"


def _short(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)
