"""What commands share: where to print, and the options that hold for all of them."""

import errno
import json
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

from rich.console import Console
from rich.markup import escape

from gossamer.errors import StoreError
from gossamer.stopping import leave_terminal

data_dir: Path | None = None
"""Folder of ``--data-dir``."""

command = "gossamer"
"""The command line as it was given, to tell how to go on."""


def out() -> Console:
    """Console of standard output, for results."""
    return Console(file=cast(TextIO, _Output(sys.stdout)), highlight=False, soft_wrap=True)


def help_out() -> Console:
    """Console of standard output for help, which is wrapped to the terminal."""
    return Console(file=cast(TextIO, _Output(sys.stdout)))


def err() -> Console:
    """Console of standard error, for progress, warnings and errors, also where the terminal closes."""
    return Console(file=cast(TextIO, _Closable(sys.stderr)), highlight=False, soft_wrap=True)


class _Output:
    """Standard output: what cannot be written is one sentence; a closed one (None) takes everything."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Whether somebody looks at it."""
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        """Write at once, so that a full disk is told by the command and not at the end of the process."""
        if self._stream is not None:
            with _writable():
                self._stream.write(text)
        self.flush()
        return len(text)

    def flush(self) -> None:
        """Flush."""
        if self._stream is not None:
            with _writable():
                self._stream.flush()


@contextmanager
def _writable() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is left in the buffer has nowhere to go; Python would try it again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise StoreError(f"Standard output cannot be written: {error.strerror or error}.") from error


class _Closable:
    """A text stream that ends nowhere when its terminal is gone, so that a run can still save itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, to the terminal or to nowhere."""
        with _without_terminal():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, to the terminal or to nowhere."""
        with _without_terminal():
            self._stream.flush()


@contextmanager
def _without_terminal() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        leave_terminal()


def complain(message: str) -> None:
    """Print an error as one line."""
    err().print(f"gossamer: {message}", markup=False)


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Say what goes on while it does: a moving line in a terminal, a plain one elsewhere."""
    if not err().is_terminal:
        err().print(f"{what} ...", markup=False)
        yield
        return
    with err().status(escape(what)):
        yield


def print_json(value: Any) -> None:
    """Print a value as JSON, with nothing else on standard output."""
    _Output(sys.stdout).write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_pairs(pairs: dict[str, str]) -> None:
    """Print lines of a name and a value, the values below each other."""
    width = max(map(len, pairs)) + 2
    for name, value in pairs.items():
        out().print(f"{name:<{width}}{value}", markup=False)


def print_rows(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> None:
    """Print rows below each other in columns that fit; columns `right` are aligned on that side."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        out().print("  ".join(cells).rstrip(), markup=False)
