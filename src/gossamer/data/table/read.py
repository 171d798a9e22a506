"""A text table -> a source of samples, or samples alone for a prediction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gossamer.data.columns import Column, Reading, Schema
from gossamer.data.config import DataConfig
from gossamer.data.source import Part, Source
from gossamer.data.table.beginning import decimal_of, header_of, names_of, word_columns
from gossamer.data.table.body import MAX_LABEL, Body, Reader, new_words
from gossamer.data.table.cells import is_missing, number
from gossamer.data.table.features import columns_of, complete_rows, features_of
from gossamer.data.table.layout import Layout, layout_like, layout_of
from gossamer.data.table.text import WORDS, beginning, described, opened, rows, separator_of
from gossamer.errors import DataError

_COUNTING = 10


def read_table(path: Path, config: DataConfig, schema: Schema | None = None) -> Source:
    """Data set of a text table.

    What stands between cells, the decimal mark and whether the first row holds names are found out, or taken
    from `config`; where two readings are plausible the table is refused. Empty lines are skipped, blanks
    around cells do not count. A column without any number holds words and becomes one feature for each word;
    truth values become 0 and 1.

    Parameters
    ----------
    path : Path
        UTF-8, or UTF-16 with a byte order mark; gzipped or not; quotes as in RFC 4180.
    config : DataConfig
        ``label_column``, ``header``, ``separator``, ``decimal``, ``missing``, ``missing_values``,
        ``leave_out`` and ``words``.
    schema : Schema, optional
        Of the table of training samples, if this one holds test samples: columns are matched by name.

    Returns
    -------
    Source
        Inputs float64, shape (n, d); labels float64 where all of them are numbers, else strings. Missing
        values are NaN if ``missing = "mean"``.

    Raises
    ------
    DataError
        If the file cannot be read, is no table, or could be read in two ways.
    """
    # Several columns of labels are numbers like features, and are taken out of these afterwards.
    label = None if isinstance(config.label_column, tuple) else config.label_column
    if schema is not None and schema.label_name is not None:
        label = schema.label_name
    with described(path):
        table = _read(path, config, schema, label, drop=config.missing == "drop")
    if table.body.missing and config.missing != "drop":
        _check_missing(path, table, config)
    layout = table.layout
    called = None if layout.label is None or layout.names is None else layout.names[layout.label]
    return Source(
        path.name,
        Part(table.inputs, _plain(table.labels, table.reading.decimal or ".")),
        None,
        f"file {path.name}",
        columns=table.columns,
        label_name=called,
        missing=config.missing == "mean",
        reading=table.reading,
    )


def read_rows(
    path: Path, config: DataConfig, schema: Schema, label_column: str | int | None = None
) -> NDArray[np.float64]:
    """Samples of a text table for a network that was trained on another one.

    Parameters
    ----------
    path : Path
    config : DataConfig
        As in `read_table`; the label's column is not looked at.
    schema : Schema
        Of the table that the network was trained on.
    label_column : str or int, optional
        Column that is no feature; one called as the labels of the training table is left out anyway.

    Returns
    -------
    float64 array, shape (n, d)
        In the order of the features of the training table; NaN where a value is missing and the training
        mean can stand in, with ``missing = "mean"``.

    Raises
    ------
    DataError
        As `read_table`; if columns are missing or there are others; if a value is missing and nothing can
        stand in.
    """
    with described(path):
        table = _read(path, config, schema, label_column)
    if table.body.missing and config.missing != "mean":
        raise DataError(_missing_sentence(path, table, "every sample has to have all of them"))
    return table.inputs


def read_numbers(path: Path, config: DataConfig) -> NDArray[np.float64]:
    """Numbers of a text table without header and labels, shape (n, d).

    Raises
    ------
    DataError
        As `read_table`; if a value is missing or a cell is a word.
    """
    plain = config.model_copy(update={"header": "no", "leave_out": (), "words": ()})
    with described(path):
        table = _read(path, plain, None, None)
    if table.body.missing:
        raise DataError(_missing_sentence(path, table, "every sample has to have all of them"))
    if table.columns is not None:
        raise DataError(f"{path} holds words; numbers are expected.")
    return table.inputs


def read_labels(path: Path) -> NDArray[np.str_] | NDArray[np.float64]:
    """One label a line, shape (n,): float64 where all of them are numbers, else strings.

    Raises
    ------
    DataError
        If the file cannot be read or a line holds more than one word.
    """
    with described(path), opened(path) as stream:
        found = [(line, text.split()) for line, text in enumerate(stream, 1) if text.strip()]
    for line, words in found:
        if len(words) != 1 or len(words[0]) > MAX_LABEL:
            raise DataError(f"{path}, line {line}, holds '{' '.join(words)[:40]}'; one label is expected.")
    return _plain([words[0] for _, words in found], ".")


@dataclass(frozen=True, eq=False)
class _Table:
    layout: Layout
    body: Body
    inputs: NDArray[np.float64]
    labels: list[str]
    columns: tuple[Column, ...] | None
    reading: Reading


def _read(
    path: Path,
    config: DataConfig,
    schema: Schema | None,
    label: str | int | None,
    *,
    drop: bool = False,
) -> _Table:
    separator = separator_of(path, config.separator)
    sample = beginning(path, separator)
    if not sample:
        what = "at least one feature" if label is None else "a label and at least one feature"
        raise DataError(f"{path} has 0 columns; {what} are expected.")
    missing = frozenset(config.missing_values)
    header = header_of(path, sample, config, schema, label, missing)
    names = names_of(path, sample) if header else None
    width = len(sample[0])
    if schema is None:
        layout = layout_of(path, names, width, config, label)
    else:
        layout = layout_like(path, names, width, schema, label)
    even = [row for row in sample[header:] if len(row) == width]
    decimal = decimal_of(path, even, layout, config.decimal)
    words = layout.words if schema else layout.words | word_columns(even, layout, missing)
    body = _body(path, separator, header, layout, words, decimal, missing)
    more = new_words(path, layout, body)
    if more and schema is not None:
        position = min(more)
        odd = body.odd[position]
        raise DataError(
            f"{path}, line {odd.line}, {layout.title(position)}, holds '{odd.cell[:40]}'; a finite number is "
            "expected, as in training."
        )
    if more:
        body = _body(path, separator, header, layout, words | more, decimal, missing)
    dropped = len(body.rows_missing) if drop else 0
    body = complete_rows(path, body) if dropped else body
    columns = schema.columns if schema else columns_of(path, layout, body, decimal)
    inputs = features_of(path, layout, body, columns)
    return _Table(
        layout=layout,
        body=body,
        inputs=inputs,
        labels=body.labels,
        columns=columns,
        reading=Reading(
            format="text table",
            separator=WORDS[separator],
            decimal=decimal,
            header=header,
            label=None if layout.label is None else layout.title(layout.label),
            label_reason=layout.label_reason or None,
            left_out=layout.left_out,
            missing=body.missing,
            dropped=dropped,
            notes=_notes(layout, body),
        ),
    )


def _body(
    path: Path,
    separator: str,
    header: bool,
    layout: Layout,
    words: frozenset[int],
    decimal: str,
    missing: frozenset[str],
) -> Body:
    with opened(path) as stream:
        below: Iterator[tuple[int, list[str]]] = islice(rows(stream, separator), int(header), None)
        return Reader(path, layout, words, decimal, missing).read(below)


def _check_missing(path: Path, table: _Table, config: DataConfig) -> None:
    """Refuse missing values, and with "mean" missing labels."""
    missing = frozenset(config.missing_values)
    without = next((k for k, label in enumerate(table.labels) if is_missing(label, missing)), None)
    if without is not None:
        raise DataError(
            f"{path} has no label for sample {without}, counted from 0, but '{table.labels[without]}'; "
            "fill it in, leave such rows out with data.missing=drop, or take it out of data.missing_values."
        )
    if config.missing == "error":
        raise DataError(
            _missing_sentence(path, table, "say data.missing=mean or data.missing=drop, or fill it in")
        )


def _missing_sentence(path: Path, table: _Table, hint: str) -> str:
    line, position, cell = table.body.first_missing or (0, 0, "")
    more = f", the first of {table.body.missing} missing values" if table.body.missing > 1 else ""
    return (
        f"{path}, line {line}, {table.layout.title(position)}, holds '{cell.strip()}', a missing "
        f"value{more}; {hint}."
    )


def _notes(layout: Layout, body: Body) -> tuple[str, ...]:
    """Columns that only count the samples: they tell how a file is sorted, not what a sample is."""
    values = body.values
    if len(values) < _COUNTING:
        return ()
    steps = np.flatnonzero(values[1] - values[0] == 1)
    counting = [layout.title(body.numeric[k]) for k in steps if (np.diff(values[:, k]) == 1).all()]
    return tuple(
        f"{title[:1].upper()}{title[1:]} counts the samples; "
        "if it is their number, leave it out with data.leave_out."
        for title in counting
    )


def _plain(labels: Sequence[str], decimal: str) -> NDArray[np.str_] | NDArray[np.float64]:
    numbers = [number(label, decimal) for label in labels]
    found = [value for value in numbers if value is not None]
    if len(found) == len(labels):
        return np.array(found, dtype=np.float64)
    return np.array(labels)
