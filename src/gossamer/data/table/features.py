"""Columns of numbers and words -> one array of features."""

from array import array
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.columns import Column
from gossamer.data.table.body import Body, Words, check_words
from gossamer.data.table.layout import Layout
from gossamer.errors import DataError

MAX_VALUES = 2**31
"""Numbers of one table after words became features: 16 GiB."""


def complete_rows(path: Path, body: Body) -> Body:
    """The rows without a missing value, and of the words those that stand in them.

    Raises
    ------
    DataError
        If there are none.
    """
    keep = np.ones(len(body.values), bool)
    keep[body.rows_missing] = False
    if not keep.any():
        raise DataError(f"{path} has a missing value in every row; say data.missing=mean, or fill them in.")
    words = dict[int, Words]()
    for position, column in body.words.items():
        rows = array("q", np.frombuffer(column.rows, np.int64)[keep].tobytes())
        there = set(rows)
        numbers = {word: number for word, number in column.numbers.items() if number in there}
        words[position] = Words(numbers, rows)
    labels = [label for label, kept in zip(body.labels, keep, strict=bool(body.labels)) if kept]
    return replace(body, values=body.values[keep], words=words, labels=labels, rows_missing=[])


def columns_of(path: Path, layout: Layout, body: Body, decimal: str) -> tuple[Column, ...] | None:
    """Columns of features of a table, and the words of those that hold words; None for numbers without names.

    Raises
    ------
    DataError
        If a column holds numbers as well as words, or hardly any word comes again.
    """
    if layout.names is None and not body.words:
        return None
    columns = list[Column]()
    for position in layout.features:
        name = None if layout.names is None else layout.names[position]
        if position in body.words:
            if position not in layout.words:
                check_words(path, layout, position, body.words[position], decimal)
            columns.append(Column(name, tuple(sorted(body.words[position].numbers))))
        else:
            columns.append(Column(name))
    return tuple(columns)


def features_of(
    path: Path, layout: Layout, body: Body, columns: tuple[Column, ...] | None
) -> NDArray[np.float64]:
    """Numbers as they are, words as one feature each, in the order of the features.

    Raises
    ------
    DataError
        If they would be too many, or a word is none of its column.
    """
    if not body.words or columns is None:
        return body.values
    n = len(body.values)
    d = sum(1 if column.words is None else len(column.words) for column in columns)
    if n * d > MAX_VALUES:
        raise DataError(
            f"{path} would become {n} samples of {d} features, one for each word; leave columns out with "
            "data.leave_out."
        )
    inputs = np.zeros((n, d))
    place = 0
    for position, column in zip(layout.features, columns, strict=True):
        if column.words is None:
            inputs[:, place] = body.values[:, body.numeric.index(position)]
            place += 1
            continue
        numbers = _numbers(path, layout.title(position), body, position, column.words)
        block = inputs[:, place : place + len(column.words)]
        known = numbers >= 0
        block[np.flatnonzero(known), numbers[known]] = 1.0
        block[~known] = np.nan
        place += len(column.words)
    return inputs


def _numbers(path: Path, title: str, body: Body, position: int, words: tuple[str, ...]) -> NDArray[np.int64]:
    """Number of the word of every row in `words`; -1 where it is missing."""
    found = body.words[position]
    order = {word: k for k, word in enumerate(words)}
    unknown = [word for word in found.numbers if word not in order]
    if unknown:
        raise DataError(
            f"{path}, {title}, holds '{unknown[0][:40]}', which is not among its words in training."
        )
    # The last place is that of -1.
    table = np.full(max(found.numbers.values(), default=-1) + 2, -1, dtype=np.int64)
    for word, number in found.numbers.items():
        table[number] = order[word]
    return table[np.frombuffer(found.rows, dtype=np.int64)]
