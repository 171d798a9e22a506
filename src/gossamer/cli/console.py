"""What commands share: where to print, and the options that hold for all of them."""

import json
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

data_dir: Path | None = None
"""Folder of ``--data-dir``."""

command = "gossamer"
"""The command line as it was given, to tell how to go on."""


def out() -> Console:
    """Console of standard output, for results."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=True)


def err() -> Console:
    """Console of standard error, for progress, warnings and errors."""
    return Console(file=sys.stderr, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """Print an error as one line."""
    err().print(f"gossamer: {message}", markup=False)


def print_json(value: Any) -> None:
    """Print a value as JSON, with nothing else on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


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
