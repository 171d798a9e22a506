"""Samples from a file, for prediction: what labels it may have are not used."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data.files import read_path
from gossamer.data.idx import read_idx
from gossamer.data.npy import Archive, read_npy
from gossamer.data.npz import SPARSE_KEYS
from gossamer.errors import DataError

_NAMES = ("x", "x_test", "x_train")


def read_samples(path: Path, label_column: str | int | None = None) -> Any:
    """Samples as they are in a file, before any scaling.

    Parameters
    ----------
    path : Path
        ``.npy``; ``.npz`` with an array ``x``, ``x_test`` or ``x_train``, or one array alone, or a SciPy CSR
        matrix; ``.csv`` or ``.tsv``, one row a sample, with or without a header; else an IDX file, gzipped
        or not.
    label_column : str or int, optional
        Column of a table that is left out: its name in the header, or its number from 0.

    Returns
    -------
    array [n, ...] or SciPy CSR array [n, d]

    Raises
    ------
    DataError
        If the file cannot be read or is not as above.
    """
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return read_npy(path)
    if suffix == ".npz":
        return _read_npz(path)
    if suffix in (".csv", ".tsv"):
        return _read_table(path, label_column)
    return read_idx(path)


def _read_npz(path: Path) -> Any:
    with Archive(path) as archive:
        names = {name.lower(): name for name in archive.names}
        if not SPARSE_KEYS.issubset(names):
            found = next((name for name in _NAMES if name in names), next(iter(names), ""))
            if found not in _NAMES and len(names) != 1:
                raise DataError(
                    f"{path} holds the arrays {', '.join(archive.names) or '(none)'}; "
                    f"one of {', '.join(_NAMES)}, or one array alone, is expected."
                )
            return archive.read(names[found])
    return read_path(path, -1).train.inputs


def _read_table(path: Path, label_column: str | int | None) -> NDArray[np.float64]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream, delimiter=delimiter) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a table ({error}).") from error
    header = [cell.strip() for cell in rows[0]] if rows and not _is_row(rows[0], label_column) else None
    dropped = _dropped(path, label_column, header, len(rows[0]) if rows else 0)
    samples = [
        _numbers(path, number, row, dropped)
        for number, row in enumerate(rows[1:] if header else rows, start=2 if header else 1)
    ]
    if len({len(sample) for sample in samples}) != 1:
        raise DataError(f"{path} has rows of different lengths, or none; one row a sample is expected.")
    return np.array(samples, dtype=np.float64)


def _is_row(row: list[str], label_column: str | int | None) -> bool:
    if isinstance(label_column, str):
        return False
    rest = (
        row if label_column is None else [cell for k, cell in enumerate(row) if k != label_column % len(row)]
    )
    return all(_number(cell) is not None for cell in rest)


def _dropped(path: Path, label_column: str | int | None, header: list[str] | None, width: int) -> int | None:
    if label_column is None:
        return None
    if isinstance(label_column, str):
        if header is None or label_column not in header:
            raise DataError(f"{path} has no column called {label_column!r}.")
        return header.index(label_column)
    if not -width <= label_column < width:
        raise DataError(f"{path} has {width} columns; column {label_column} is none of them.")
    return label_column % width


def _numbers(path: Path, number: int, row: list[str], dropped: int | None) -> list[float]:
    values = [_number(cell) for k, cell in enumerate(row) if k != dropped]
    wrong = next((k for k, value in enumerate(values) if value is None), None)
    if wrong is not None:
        raise DataError(
            f"{path}, row {number}, holds {row[wrong][:40]!r} where a number is expected; "
            "a column with labels is left out with --label-column."
        )
    return [value for value in values if value is not None]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
