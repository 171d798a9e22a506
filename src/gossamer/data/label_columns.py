"""Several columns of a table as targets: taken out from among its features."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gossamer.data.config import DataConfig
from gossamer.data.source import Part, Source
from gossamer.errors import DataError


def with_label_columns(source: Source, config: DataConfig) -> Source:
    """The source with the columns of ``label_column = [a, b, ...]`` as targets in place of features.

    Raises
    ------
    DataError
        If the source is no table, a column does not exist, is there twice, holds words or lacks values, or no
        feature is left.
    """
    asked = config.label_column
    if not isinstance(asked, tuple):
        return source
    what = f"'{source.name}'"
    if source.reading is None or source.reading.format != "text table":
        raise DataError(
            f"{what} is no text table, so that data.label_column = {list(asked)} means nothing in it; leave "
            "it out, and give the targets as one array with a column for each."
        )
    width = len(source.columns) if source.columns else int(source.train.inputs.shape[1])
    names = [column.name for column in source.columns or ()]
    places = [_place(what, column, names, width, config) for column in asked]
    if len(set(places)) < len(places) or not places:
        raise DataError(f"{what}: data.label_column is {list(asked)}; name each column once, at least one.")
    if len(places) == width:
        raise DataError(f"{what}: data.label_column names every column; at least one feature is expected.")
    for place in places:
        if source.columns and source.columns[place].words is not None:
            raise DataError(f"{what}: the column of labels {names[place]!r} holds words; use numbers.")
    sizes = [1] * width if source.columns is None else [len(c.words or "1") for c in source.columns]
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))[places]
    found = tuple(
        names[place] or f"column {place + 1}" if names else f"column {place + 1}" for place in places
    )
    parts = [
        None if part is None else _split(what, part, starts, found) for part in (source.train, source.test)
    ]
    columns = source.columns and tuple(c for k, c in enumerate(source.columns) if k not in places)
    assert parts[0] is not None
    return replace(
        source,
        train=parts[0],
        test=parts[1],
        columns=columns,
        target_names=found,
        reading=replace(
            source.reading,
            label=f"columns {', '.join(repr(name) for name in found)}",
            label_reason="named so by data.label_column",
        ),
    )


def _place(what: str, column: int | str, names: list[str | None], width: int, config: DataConfig) -> int:
    if isinstance(column, str):
        if column not in names:
            known = ", ".join(str(name) for name in names if name) or "none, because it has no header"
            raise DataError(f"{what} has no column {column!r}; data.label_column can name {known}.")
        return names.index(column)
    if config.leave_out:
        raise DataError(
            f"{what}: data.label_column gives the number {column}, and columns are left out; give names."
        )
    if not -width <= column < width:
        raise DataError(f"{what} has {width} columns; label_column = {column} is none of them.")
    return column % width


def _split(what: str, part: Part, starts: NDArray[np.int64], names: tuple[str, ...]) -> Part:
    targets = part.inputs[:, starts]
    missing = np.argwhere(np.isnan(targets))
    if missing.size:
        row, column = missing[0].tolist()
        raise DataError(
            f"{what} has no value of {names[column]!r} for sample {row}, counted from 0; fill it in, or "
            "leave such rows out with data.missing=drop."
        )
    return Part(np.delete(part.inputs, starts, axis=1), targets)
