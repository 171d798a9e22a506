"""What the first rows of a table tell: names, the decimal mark, columns of words."""

from pathlib import Path

from gossamer.data.columns import Schema
from gossamer.data.config import DataConfig
from gossamer.data.table.cells import TRUTH, has_decimal_comma, is_missing, is_word, may_be_thousands, number
from gossamer.data.table.header import has_header
from gossamer.data.table.layout import Layout
from gossamer.errors import DataError

_LOOKED_AT = 64


def header_of(
    path: Path,
    sample: list[list[str]],
    config: DataConfig,
    schema: Schema | None,
    label: str | int | None,
    missing: frozenset[str],
) -> bool:
    """Whether the first row holds names; names that are known from training decide it.

    Raises
    ------
    DataError
        If it cannot be told, or names are known from training and there are none.
    """
    even = [row for row in sample if len(row) == len(sample[0])]
    if schema is not None and schema.names is not None and config.header == "auto":
        if set(schema.names) <= set(sample[0]):
            return True
        if not has_header(path, even, "auto", missing, named=False):
            raise DataError(
                f"{path} has no names of columns, and the training data have them; add the names, or say "
                "data.header=no (for predict: --header) if they are the columns of training in their order."
            )
        return True
    user = (label, *config.leave_out, *config.words) if schema is None else (label,)
    return has_header(path, even, config.header, missing, named=any(isinstance(x, str) for x in user))


def names_of(path: Path, sample: list[list[str]]) -> tuple[str, ...]:
    """Names of all columns from the first row; one without a name is called by its number.

    Raises
    ------
    DataError
        If the first column has no name and counts the rows.
    """
    first = sample[0]
    column = [row[0] for row in sample[1:] if len(row) == len(first)]
    counted = [[str(k + start) for k in range(len(column))] for start in (0, 1)]
    if not first[0] and len(column) > 1 and column in counted:
        raise DataError(
            f"{path} has a first column without a name that counts the rows, as an index does; leave it out "
            "with data.leave_out=0, or give it a name."
        )
    return tuple(name or f"column {k + 1}" for k, name in enumerate(first))


def decimal_of(path: Path, sample: list[list[str]], layout: Layout, asked: str) -> str:
    """The decimal mark: a comma if numbers have one and none has a point.

    Raises
    ------
    DataError
        If every comma may as well separate thousands.
    """
    if asked != "auto":
        return asked
    used = [k for k in range(layout.width) if k in {*layout.features, layout.label} and k not in layout.words]
    with_comma = [row[k] for row in sample for k in used if "," in row[k] and has_decimal_comma(row[k])]
    if not with_comma:
        return "."
    if any("." in row[k] and number(row[k], ".") is not None for row in sample for k in used):
        return "."
    if all(map(may_be_thousands, with_comma)):
        raise DataError(
            f"{path} holds '{with_comma[0]}', whose comma may be a decimal mark or separate thousands; say "
            "data.decimal=, for the first, and take the commas out for the second."
        )
    return ","


def word_columns(sample: list[list[str]], layout: Layout, missing: frozenset[str]) -> frozenset[int]:
    """Columns that begin with words only, so that the table is mostly read but once."""
    found = set[int]()
    for position in layout.features:
        cells = [row[position] for row in sample[:_LOOKED_AT] if not is_missing(row[position], missing)]
        words = [is_word(cell, missing) for cell in cells]
        if words and all(words) and any(cell.lower() not in TRUTH for cell in cells):
            found.add(position)
    return frozenset(found)
