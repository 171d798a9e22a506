"""CSV (and TSV) files: one row a sample, one column the label, all others numbers."""

import csv
import math
from array import array
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.source import Part, Source
from gossamer.errors import DataError

MAX_LABEL = 200
"""Characters of a label: NumPy gives every string of an array the room of the longest one."""


def read_table(path: Path, label_column: str | int) -> Source:
    """Data set of a text table in UTF-8.

    The first row is a header if `label_column` is a name, or if one of its other cells is not a number. Empty
    lines are skipped.

    Parameters
    ----------
    path : Path
        Cells are separated by commas, or by tabs if the name ends in ``.tsv``; quotes as in RFC 4180.
    label_column : str or int
        Name in the header, or number of the column from 0; negative numbers count from the end.

    Returns
    -------
    Source
        Inputs float64, shape (n, columns - 1), in the order of the columns; labels float64 where all of them
        are numbers, else strings.

    Raises
    ------
    DataError
        If the file cannot be read, a row has too few or too many cells, or a cell is empty or not a finite
        number.
    """
    inputs, labels = read_columns(path, label_column)
    return Source(path.name, Part(inputs, _plain(labels)), None, f"file {path.name}")


def read_columns(path: Path, label_column: str | int | None) -> tuple[NDArray[np.float64], list[str]]:
    """Numbers and labels of a text table as `read_table` takes it.

    Parameters
    ----------
    path : Path
    label_column : str, int or None
        As in `read_table`; None if all columns are numbers.

    Returns
    -------
    inputs : float64 array, shape (n, d)
    labels : list of str, empty if `label_column` is None

    Raises
    ------
    DataError
        As `read_table`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return _read(_rows(stream, path), path, label_column)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a text table in UTF-8 ({error}).") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from error


def _rows(stream: Iterator[str], path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not empty."""
    reader = csv.reader(stream, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
    for row in reader:
        if row:
            yield reader.line_num, row


def _read(
    rows: Iterator[tuple[int, list[str]]], path: Path, label_column: str | int | None
) -> tuple[NDArray[np.float64], list[str]]:
    first_line, first = next(rows, (0, []))
    width, features = len(first), len(first) - (label_column is not None)
    if features < 1:
        what = "at least one feature" if label_column is None else "a label and at least one feature"
        raise DataError(f"{path} has {width} columns; {what} are expected.")
    label = None if label_column is None else _label_position(first, label_column, path)
    values, labels, samples = array("d"), list[str](), 0
    if not isinstance(label_column, str) and not _is_header(first, label):
        rows = chain([(first_line, first)], rows)
    for line, row in rows:
        if len(row) != width:
            raise DataError(
                f"{path}, line {line}, has {len(row)} cells; {width} are expected, as in its first line."
            )
        _append(line, row, label, values, labels, path)
        samples += 1
    if not samples:
        raise DataError(f"{path} has no samples.")
    return np.frombuffer(values, dtype=np.float64).reshape(samples, features), labels


def _label_position(first: list[str], label_column: str | int, path: Path) -> int:
    if isinstance(label_column, str):
        header = [cell.strip() for cell in first]
        if header.count(label_column) != 1:
            raise DataError(
                f"{path} has {header.count(label_column)} columns called '{label_column}'; name one."
            )
        return header.index(label_column)
    if not -len(first) <= label_column < len(first):
        raise DataError(f"{path} has {len(first)} columns; label_column = {label_column} is none of them.")
    return label_column % len(first)


def _is_header(first: list[str], label: int | None) -> bool:
    return any(not _is_number(cell) for position, cell in enumerate(first) if position != label)


def _append(
    line: int, row: list[str], label: int | None, values: "array[float]", labels: list[str], path: Path
) -> None:
    if label is not None:
        if len(row[label]) > MAX_LABEL:
            raise DataError(
                f"{path}, line {line}, has a label of {len(row[label])} characters; {MAX_LABEL} are allowed."
            )
        labels.append(row[label])
    numbers = [_number(cell) for position, cell in enumerate(row) if position != label]
    if not all(map(math.isfinite, numbers)):
        wrong = next(k for k, cell in enumerate(row) if k != label and not math.isfinite(_number(cell)))
        hint = "; a column of labels is left out with --label-column" if label is None else ""
        raise DataError(
            f"{path}, line {line}, column {wrong + 1}, holds '{row[wrong][:40]}'; a finite number "
            f"is expected{hint}."
        )
    values.extend(numbers)


def _is_number(cell: str) -> bool:
    """Whether the cell is meant as a number, be it an infinity or NaN."""
    return not math.isnan(_number(cell)) or cell.strip().lower().lstrip("+-") == "nan"


def _number(cell: str) -> float:
    """The cell as a number; NaN for anything else, also for Python's own notation with underscores."""
    try:
        return float(cell) if "_" not in cell else math.nan
    except ValueError:
        return math.nan


def _plain(labels: list[str]) -> NDArray[np.str_] | NDArray[np.float64]:
    if all(map(_is_number, labels)):
        return np.array([_number(label) for label in labels], dtype=np.float64)
    return np.array(labels)
