"""Progress on standard error: live on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.progress import TaskID as Task

from gossamer.cli import console
from gossamer.train.progress import Progress as RunProgress
from gossamer.train.score import ACCURACY
from gossamer.units import duration

_LINE_SECONDS = 10.0


class Training:
    """Shows how far a run is. Call it with every `gossamer.train.progress.Progress`."""

    def __init__(self) -> None:
        self._console = console.err()
        self._bar: Progress | None = None
        self._task = Task(0)
        self._began: tuple[float, int] | None = None
        self._line = 0.0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[scores]}"))
            self._bar = Progress(
                *columns, TextColumn("{task.fields[left]}"), console=self._console, transient=True
            )
            self._task = self._bar.add_task("", total=None, scores="", left="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: RunProgress) -> None:
        """Show a state of the run, and its message if it has one."""
        if progress.message:
            self.say(f"Note: {progress.message}")
        now = time.monotonic()
        if self._began is None:
            self._began = (now, progress.step)
            self._line = now
        left = self._left(progress, now)
        text = f"epoch {progress.epoch} of {progress.epochs}"
        if self._bar is not None:
            self._bar.update(
                self._task,
                description=text,
                completed=progress.step,
                total=progress.steps,
                scores=_scores(progress),
                left=left,
            )
        elif now - self._line >= _LINE_SECONDS:
            self._line = now
            self.say("  ".join(part for part in (text, _scores(progress), left) if part))

    def say(self, message: str) -> None:
        """Print a line beside the progress."""
        self._console.print(message, markup=False)

    def _left(self, progress: RunProgress, now: float) -> str:
        assert self._began is not None
        began, first = self._began
        done = progress.step - first
        if done <= 0 or now - began < 0.5:
            return ""
        return f"{duration((now - began) / done * (progress.steps - progress.step))} left"


def _scores(progress: RunProgress) -> str:
    """Loss and validation score. Test scores are no business of somebody who watches."""
    if progress.loss is None:
        return ""
    if progress.validation is None:
        return f"loss {progress.loss:.4g}"
    name = "" if progress.score == ACCURACY else f" {progress.score.label}"
    return f"loss {progress.loss:.4g}  validation{name} {progress.score.text(progress.validation)}"


class Download:
    """Shows how far a download is. Call it with file name, bytes so far, and bytes in all."""

    def __init__(self) -> None:
        self._console = console.err()
        self._bar: Progress | None = None
        self._tasks: dict[str, Task] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=self._console)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, name: str, done: int, total: int | None) -> None:
        """Show how much of a file is here."""
        if name not in self._tasks:
            self._tasks[name] = Task(-1)
            if self._bar is None:
                self._console.print(f"downloading {name}", markup=False)
            else:
                self._tasks[name] = self._bar.add_task(name, total=total)
        if self._bar is not None:
            self._bar.update(self._tasks[name], completed=done)
