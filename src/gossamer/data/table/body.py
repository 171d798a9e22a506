"""The rows of a table below its header -> numbers, words and labels, row by row."""

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.table.cells import TRUTH, has_decimal_comma, is_missing, looks_numeric, number
from gossamer.data.table.layout import Layout
from gossamer.data.table.text import Row
from gossamer.errors import DataError

MAX_LABEL = 200
"""Characters of a label or word: NumPy gives every string of an array the room of the longest one."""

_MISSING_WORD = -1

_PARSED = 100_000


@dataclass
class Odd:
    """Cells of a column of numbers that are none: how many of each kind, and where the first one is."""

    missing: int = 0
    truth: int = 0
    words: int = 0
    line: int = 0
    cell: str = ""


@dataclass
class Words:
    """A column of words: its distinct ones by number, and the number of every row (-1: missing)."""

    numbers: dict[str, int] = field(default_factory=dict)
    rows: "array[int]" = field(default_factory=lambda: array("q"))


@dataclass
class Body:
    """All rows of a table, as they were read.

    Parameters
    ----------
    numeric : tuple of int
        Positions of the columns of numbers, in the order of the features.
    values : float64 array, shape (n, len(numeric))
        NaN where a value is missing.
    words : dict from position to Words
    labels : list of str
    odd : dict from position of a numeric column to Odd
    rows_missing : list of int
        Rows with a missing feature or label.
    first_missing : (line, position, cell) or None
    missing : int
        Missing cells.
    """

    numeric: tuple[int, ...]
    values: NDArray[np.float64]
    words: dict[int, Words]
    labels: list[str]
    odd: dict[int, Odd]
    rows_missing: list[int]
    first_missing: tuple[int, int, str] | None
    missing: int


class Parsed(dict[str, float]):
    """Numbers by their text: many tables hold few different ones, and finding is faster than parsing."""

    def __missing__(self, cell: str) -> float:
        value = self[cell] = float(cell)
        return value


class Reader:
    """Takes the rows of one table, one after the other.

    Parameters
    ----------
    path : Path
        For errors.
    layout : Layout
    words : set of int
        Positions of the columns of words.
    decimal : "." or ","
    missing : collection of str
        Cells that stand for a missing value.
    """

    def __init__(
        self, path: Path, layout: Layout, words: frozenset[int], decimal: str, missing: frozenset[str]
    ) -> None:
        self._path, self._layout, self._decimal, self._missing = path, layout, decimal, missing
        # Numbers that stand for a missing value, such as -9.
        self._codes = {cell for cell in missing if _is_finite(number(cell, decimal))}
        self._numeric = tuple(k for k in layout.features if k not in words)
        self._words = {k: Words() for k in layout.features if k in words}
        self._parsed = Parsed()
        self._parse: Callable[[str], float] = self._parsed.__getitem__
        self._values, self._labels = array("d"), list[str]()
        self._odd = dict[int, Odd]()
        self._rows_missing = list[int]()
        self._first: tuple[int, int, str] | None = None
        self._count = self._samples = 0

    def read(self, rows: Iterator[Row]) -> Body:
        """All rows.

        Raises
        ------
        DataError
            If a row has too few or too many cells, a number is infinite, or there are no rows.
        """
        width, label = self._layout.width, self._layout.label
        whole = self._numeric == tuple(range(width))
        pick = _picker(self._numeric)
        for line, row in rows:
            if len(row) != width:
                raise DataError(
                    f"{self._path}, line {line}, has {len(row)} cells; {width} are expected, "
                    "as in its first line."
                )
            before = self._count
            self._add_numbers(line, row if whole else pick(row))
            for position, words in self._words.items():
                self._add_word(line, position, words, row[position].strip())
            if label is not None:
                self._add_label(line, label, row[label].strip())
            if self._count != before:
                self._rows_missing.append(self._samples)
            self._samples += 1
        if not self._samples:
            raise DataError(f"{self._path} has no samples.")
        values = np.frombuffer(self._values, dtype=np.float64) if self._values else np.empty(0)
        return Body(
            numeric=self._numeric,
            values=values.reshape(self._samples, len(self._numeric)),
            words=self._words,
            labels=self._labels,
            odd=self._odd,
            rows_missing=self._rows_missing,
            first_missing=self._first,
            missing=self._count,
        )

    def _add_numbers(self, line: int, cells: Sequence[str]) -> None:
        numbers: Iterable[float] | None = self._plain_numbers(cells)
        if numbers is None:
            numbers = (self._number(line, k, cell) for k, cell in zip(self._numeric, cells, strict=True))
        self._values.extend(numbers)

    def _plain_numbers(self, cells: Sequence[str]) -> "array[float] | None":
        """All cells at once if every one is a finite number; else None, and they are looked at one by one."""
        text = "".join(cells)
        if "_" in text or not text.isascii() or (self._decimal == "," and "." in text):
            return None
        plain = [cell.replace(",", ".") for cell in cells] if self._decimal == "," else cells
        try:
            numbers = array("d", map(self._parse, plain))
        except ValueError:
            return None
        if len(self._parsed) > _PARSED:
            self._parsed, self._parse = Parsed(), float
        if not math.isfinite(sum(numbers)) or (self._codes and self._has_code(cells)):
            return None
        return numbers

    def _has_code(self, cells: Sequence[str]) -> bool:
        return not self._codes.isdisjoint(cell.strip() for cell in cells)

    def _number(self, line: int, position: int, cell: str) -> float:
        """One cell of a column of numbers; NaN for what is none, which is kept in mind."""
        if is_missing(cell, self._missing):
            self._odd.setdefault(position, Odd()).missing += 1
            self._miss(line, position, cell)
            return math.nan
        value = number(cell, self._decimal)
        if value is not None and math.isfinite(value):
            return value
        odd = self._odd.setdefault(position, Odd())
        truth = TRUTH.get(cell.strip().lower())
        if truth is not None:
            odd.truth += 1
            return truth
        odd.words += 1
        if not odd.line:
            odd.line, odd.cell = line, cell.strip()
        return math.nan

    def _add_word(self, line: int, position: int, words: Words, cell: str) -> None:
        if is_missing(cell, self._missing):
            self._miss(line, position, cell)
            words.rows.append(_MISSING_WORD)
            return
        self._check_length(line, cell)
        words.rows.append(words.numbers.setdefault(cell, len(words.numbers)))

    def _add_label(self, line: int, position: int, cell: str) -> None:
        if is_missing(cell, self._missing):
            self._miss(line, position, cell)
        self._check_length(line, cell)
        self._labels.append(cell)

    def _check_length(self, line: int, cell: str) -> None:
        if len(cell) > MAX_LABEL:
            raise DataError(
                f"{self._path}, line {line}, has a label or word of {len(cell)} characters; {MAX_LABEL} are "
                "allowed."
            )

    def _miss(self, line: int, position: int, cell: str) -> None:
        self._count += 1
        self._first = self._first or (line, position, cell)


def new_words(path: Path, layout: Layout, body: Body) -> frozenset[int]:
    """Columns taken for numbers that hold words and nothing else, or only truth values and words.

    Raises
    ------
    DataError
        If a column holds both numbers and words.
    """
    found = set[int]()
    n = len(body.values)
    for position, odd in body.odd.items():
        numbers = n - odd.missing - odd.truth - odd.words
        if odd.words and (numbers or looks_numeric(odd.cell)):
            raise DataError(_not_a_number(path, layout.title(position), odd.line, odd.cell))
        if odd.words:
            found.add(position)
        elif odd.truth and numbers:
            raise DataError(
                f"{path}, {layout.title(position)}, holds truth values among numbers; write 0 and 1, or list "
                "the column in data.words."
            )
    return frozenset(found)


def check_words(path: Path, layout: Layout, position: int, words: Words, decimal: str) -> None:
    """Refuse a column of words of which some look like numbers, and one of which hardly any comes again.

    Raises
    ------
    DataError
    """
    title = layout.title(position)
    for word in words.numbers:
        if number(word, decimal) is not None or looks_numeric(word):
            raise DataError(_not_a_number(path, title, 0, word))
    n, distinct = len(words.rows), len(words.numbers)
    if distinct > 10 and distinct > n / 2:
        raise DataError(
            f"{path}, {title}, holds {distinct} different words in {n} rows, and one feature for each would "
            "tell little; leave it out with data.leave_out, or list it in data.words."
        )


def _not_a_number(path: Path, title: str, line: int, cell: str) -> str:
    place = f", line {line}" if line else ""
    if has_decimal_comma(cell):
        hint = "say data.decimal=, if the comma is a decimal mark"
    else:
        hint = "correct it, add it to data.missing_values, or list the column in data.words if it holds words"
    return f"{path}{place}, {title}, holds '{cell[:40]}' where a finite number is expected; {hint}."


def _picker(positions: tuple[int, ...]) -> Callable[[list[str]], Sequence[str]]:
    """A function that takes the cells at `positions` out of a row."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda row: [row[k] for k in positions]


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
