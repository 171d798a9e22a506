"""Which column of a table is what: label, feature, or left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gossamer.data.columns import Schema
from gossamer.data.config import DataConfig
from gossamer.data.table.header import LABEL_NAMES
from gossamer.errors import DataError


@dataclass(frozen=True)
class Layout:
    """Columns of one table.

    Parameters
    ----------
    width : int
        Cells of a row.
    names : tuple of str or None
        Of all columns; None without a header.
    label : int or None
        Position of the labels; None where there are none.
    label_reason : str
    features : tuple of int
        Positions of the columns of features, in the order of the features.
    words : frozenset of int
        Positions of columns of words, as far as they are known before the table is read.
    left_out : tuple of str
        Columns that are not used, as a person names them.
    """

    width: int
    names: tuple[str, ...] | None
    label: int | None
    label_reason: str
    features: tuple[int, ...]
    words: frozenset[int]
    left_out: tuple[str, ...]

    def title(self, position: int) -> str:
        """How a sentence names a column."""
        return f"column {position + 1}" + (f" ('{self.names[position]}')" if self.names else "")


def layout_of(
    path: Path, names: tuple[str, ...] | None, width: int, config: DataConfig, label: str | int | None
) -> Layout:
    """Columns of a table that nothing is known of but what the user says.

    Parameters
    ----------
    path : Path
        For errors.
    names : tuple of str or None
        The header.
    width : int
        Cells of the first row.
    config : DataConfig
    label : str, int or None
        The column of labels; None if there is none.

    Raises
    ------
    DataError
        If a column does not exist, a name is there twice, or it is open which column the labels are in.
    """
    _check_names(path, names)
    out = [position_of(path, column, names, width, "leave_out") for column in config.leave_out]
    words = {position_of(path, column, names, width, "words") for column in config.words}
    place = None if label is None else position_of(path, label, names, width, "label_column")
    if place is not None and place in out:
        raise DataError(f"{path}: data.leave_out names the column of the labels, {_called(place, names)}.")
    reason = ""
    if place is not None and label is not None:
        _check_label(path, names, place, label, out)
        reason = _reason(label, place, width)
    features = tuple(k for k in range(width) if k != place and k not in out)
    if not features:
        what = "at least one feature" if label is None else "a label and at least one feature"
        raise DataError(f"{path} has {width} columns, {len(out)} of them left out; {what} are expected.")
    left_out = tuple(_called(k, names) for k in out)
    return Layout(width, names, place, reason, features, frozenset(words - {place, *out}), left_out)


def layout_like(
    path: Path, names: tuple[str, ...] | None, width: int, schema: Schema, label: str | int | None
) -> Layout:
    """Columns of a table that has to have those of an earlier one: by name where that one has names.

    Parameters
    ----------
    path, names, width, label
        As in `layout_of`.
    schema : Schema
        The columns of the earlier table.

    Raises
    ------
    DataError
        If columns are missing or there are others.
    """
    _check_names(path, names)
    place = None if label is None else position_of(path, label, names, width, "label_column")
    if schema.names is not None and names is not None:
        return _by_name(path, names, schema, place)
    # Without names the positions of columns left out hold only where the labels are there as in training.
    out = {k % width for k in schema.left_out if isinstance(k, int)} if place is not None else set()
    features = tuple(k for k in range(width) if k != place and k not in out)
    expected = schema.features if schema.columns is None else len(schema.columns)
    if len(features) != expected:
        hint = "; a column of labels is left out with --label-column" if label is None else ""
        raise DataError(
            f"{path} has {len(features)} columns of features; {expected} are expected, as in training{hint}."
        )
    words = frozenset(k for k, column in zip(features, schema.columns or (), strict=False) if column.words)
    return Layout(width, names, place, "as in training", features, words, ())


def _by_name(path: Path, names: tuple[str, ...], schema: Schema, place: int | None) -> Layout:
    columns = {column.name or "": column for column in schema.columns or ()}
    missing = [name for name in columns if name not in names]
    known = {*columns, *schema.left_out, schema.label_name}
    extra = [name for k, name in enumerate(names) if k != place and name not in known]
    if missing or extra:
        said = [f"lacks {_listed(missing)}"] if missing else []
        said += [f"has {_listed(extra)}, which the training data do not have"] if extra else []
        raise DataError(
            f"{path} {' and '.join(said)}; the same columns as in training are expected, in any order."
        )
    features = tuple(names.index(name) for name in columns)
    if place is not None and place in features:
        raise DataError(
            f"{path}: '{names[place]}' is a feature of the training data and cannot be the label."
        )
    words = frozenset(names.index(name) for name, column in columns.items() if column.words is not None)
    left_out = tuple(_called(k, names) for k in range(len(names)) if k not in {*features, place})
    return Layout(len(names), names, place, "as in training", features, words, left_out)


def position_of(path: Path, column: str | int, names: tuple[str, ...] | None, width: int, field: str) -> int:
    """Position of a column that the user gives by name or number.

    Raises
    ------
    DataError
        If there is no such column, or more than one.
    """
    if isinstance(column, str):
        if names is None:
            raise DataError(f"{path} has no header, so that data.{field} = '{column}' means no column of it.")
        if names.count(column) != 1:
            raise DataError(f"{path} has {names.count(column)} columns called '{column}'; name one.")
        return names.index(column)
    if not -width <= column < width:
        raise DataError(f"{path} has {width} columns; {field} = {column} is none of them.")
    return column % width


def _check_names(path: Path, names: tuple[str, ...] | None) -> None:
    twice = [name for name in dict.fromkeys(names or ()) if (names or ()).count(name) > 1]
    if twice:
        raise DataError(
            f"{path} has {(names or ()).count(twice[0])} columns called '{twice[0]}'; give each its own name."
        )


def _check_label(
    path: Path, names: tuple[str, ...] | None, place: int, asked: str | int, out: Sequence[int]
) -> None:
    """A column with the name of a label that is not taken as the label was hardly meant as a feature."""
    if names is None or isinstance(asked, str):
        return
    named = [k for k, name in enumerate(names) if name.lower() in LABEL_NAMES and k not in out]
    if named and place not in named:
        raise DataError(
            f"{path} has a column called '{names[named[0]]}', but data.label_column = {asked} is "
            f"'{names[place]}'; say data.label_column={names[named[0]]}, or data.label_column={names[place]} "
            "if that is meant."
        )


def _reason(asked: str | int, place: int, width: int) -> str:
    if isinstance(asked, str):
        return "named so by data.label_column"
    return "the last one" if place == width - 1 else f"data.label_column = {asked}"


def _called(position: int, names: tuple[str, ...] | None) -> str:
    return f"column {position + 1}" if names is None else f"'{names[position]}'"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return shown + (f" and {len(names) - 5} more columns" if len(names) > 5 else "")
