"""Progress of a study for people: a live table in a terminal, plain lines elsewhere."""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gossamer.train.score import ACCURACY, Score
from gossamer.units import duration

_LINE_SECONDS = 30.0
_LAST_ENDED = 5


@dataclass(frozen=True)
class Running:
    """A run in training.

    Attributes
    ----------
    label : str, level and replicate
    epoch, epochs : int, finished and in all
    validation : float or None, validation score after the last finished epoch; test samples tell nothing here
    score : Score, what that is
    loss : float or None, mean training loss of that epoch
    """

    label: str
    epoch: int
    epochs: int
    validation: float | None
    score: Score = ACCURACY
    loss: float | None = None

    @classmethod
    def of(cls, label: str, epochs: int, said: Mapping[str, Any], score: Score) -> "Running":
        """From what a worker last said."""
        return cls(label, int(said.get("epoch", 0)), epochs, said.get("validation"), score, said.get("loss"))

    @property
    def text(self) -> str:
        """Loss and validation score in words; empty before the first epoch is finished."""
        loss = "" if self.loss is None else f"loss {self.loss:.4g}"
        score = "" if self.validation is None else f"validation {self.score.text(self.validation)}"
        return ", ".join(part for part in (loss, score) if part)

    def as_json(self) -> dict[str, Any]:
        """Plain values; the validation score stands under its name."""
        return {
            "label": self.label,
            "epoch": self.epoch,
            "epochs": self.epochs,
            "loss": self.loss,
            f"validation_{self.score.name}": self.validation,
        }


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


class Reporter(Protocol):
    """Who is told how a study gets on."""

    def note(self, sentence: str) -> None:
        """Something that a person should know."""

    def ended(self, line: str) -> None:
        """A run ended."""

    def show(self, snapshot: Snapshot) -> None:
        """The state of affairs, several times a second."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Base:
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Silent(_Base):
    """Tells nobody anything."""

    def note(self, sentence: str) -> None:
        """See `Reporter`."""

    def ended(self, line: str) -> None:
        """See `Reporter`."""

    def show(self, snapshot: Snapshot) -> None:
        """See `Reporter`."""


class Lines(_Base):
    """One plain line for every run that ended, and one every half minute."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = time.monotonic() + _LINE_SECONDS

    def note(self, sentence: str) -> None:
        """See `Reporter`."""
        self._write(sentence)

    def ended(self, line: str) -> None:
        """See `Reporter`."""
        self._write(line)

    def show(self, snapshot: Snapshot) -> None:
        """See `Reporter`."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LINE_SECONDS
            self._write(counts(snapshot))

    def _write(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class LiveTable(_Base):
    """A table that is redrawn in place: counts, time left, what each worker does, runs that ended last."""

    def __init__(self, console: Console) -> None:
        self._ended: deque[str] = deque(maxlen=_LAST_ENDED)
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def note(self, sentence: str) -> None:
        """See `Reporter`."""
        self._live.console.print(Text(sentence, style="yellow"))

    def ended(self, line: str) -> None:
        """See `Reporter`."""
        self._ended.append(line)

    def show(self, snapshot: Snapshot) -> None:
        """See `Reporter`."""
        self._live.update(_drawing(snapshot, self._ended))

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()


def reporter_for(console: Console) -> Reporter:
    """Live table where the console is a terminal, plain lines where it is not."""
    return LiveTable(console) if console.is_terminal else Lines(console)


def counts(snapshot: Snapshot) -> str:
    """One line of counts: ``digits: 12 of 50 done, 2 running, 36 waiting, 1 failed; 40 s left``."""
    parts = [
        f"{snapshot.done} of {snapshot.total} done",
        f"{len(snapshot.running)} running",
        f"{snapshot.waiting} waiting",
    ]
    parts += [f"{snapshot.diverged} diverged"] if snapshot.diverged else []
    parts += [f"{snapshot.failed} failed"] if snapshot.failed else []
    line = f"{snapshot.name}: {', '.join(parts)}"
    return line if snapshot.left is None else f"{line}; {duration(snapshot.left)} left"


def _drawing(snapshot: Snapshot, ended: Sequence[str]) -> Group:
    bar = ProgressBar(total=max(snapshot.total, 1), completed=snapshot.done + snapshot.failed, width=40)
    table = Table(box=None, padding=(0, 2))
    score = snapshot.running[0].score if snapshot.running else ACCURACY
    for heading in ("run", "epoch", "loss", f"validation {score.label}"):
        table.add_column(heading, justify="left" if heading == "run" else "right")
    for run in snapshot.running:
        loss = "" if run.loss is None else f"{run.loss:.4g}"
        held_out = "" if run.validation is None else score.text(run.validation)
        table.add_row(Text(run.label), f"{run.epoch} / {run.epochs}", loss, held_out)
    spent = f"round {snapshot.round}, {duration(snapshot.seconds)} so far"
    last = [Text(line, style="dim") for line in ended]
    return Group(Text(counts(snapshot), style="bold"), bar, Text(spent, style="dim"), table, *last)
