"""Whether the first row of a table holds names."""

from collections.abc import Collection, Sequence
from pathlib import Path

from gossamer.data.table.cells import is_missing, is_word
from gossamer.errors import DataError

LABEL_NAMES = ("label", "class", "target", "y")
"""Names, whatever their capitals, that only a column of labels has."""

_SURE_NAMES = LABEL_NAMES[:3]
"""Those of them that hardly any class is called; y stands for yes as well."""


def has_header(
    path: Path, sample: Sequence[Sequence[str]], asked: str, missing: Collection[str], *, named: bool
) -> bool:
    """Whether the first row is one of names.

    It is if its cells are words where the others of their columns are numbers; it is not if its cells are
    numbers or missing, or if most of its words come again in their columns. "label", "class" and "target"
    are names, and so are numbers that only count the columns. A row with words that are nowhere else and with
    numbers is one of values only if its numbers cannot be names: if they have decimals, or one comes twice.

    Parameters
    ----------
    path : Path
        For the error.
    sample : rows of cells
        From the beginning of the table, all of one length.
    asked : "auto", "yes" or "no"
    missing : collection of str
        Cells that stand for a missing value.
    named : bool
        Whether the user gave the name of a column, so that there have to be names.

    Raises
    ------
    DataError
        If it cannot be told.
    """
    if asked != "auto" or named:
        return asked != "no"
    first, others = sample[0], sample[1:]
    words = [k for k, cell in enumerate(first) if is_word(cell, missing)]
    numbers = [k for k, cell in enumerate(first) if k not in set(words) and not is_missing(cell, missing)]
    counting = _counts([first[k] for k in numbers])
    if not words:
        return _refuse_unless(not (len(numbers) == len(first) and counting and others), path, first)
    if not others:
        return not numbers
    columns = {k: [row[k] for row in others] for k in words}
    over_numbers = [k for k in words if _holds_numbers(columns[k], missing)]
    values = [k for k in words if first[k] in columns[k] and first[k].lower() not in LABEL_NAMES]
    sure = any(first[k].lower() in _SURE_NAMES for k in words)
    if values and (sure or over_numbers):
        return _refuse_unless(False, path, first)
    if len(values) > len(words) / 2:
        return False
    if sure or (over_numbers and (len(words) == len(first) or (counting and len(words) == 1))):
        return True
    if numbers and not over_numbers and not _may_be_names([first[k] for k in numbers]):
        return False
    return _refuse_unless(False, path, first)


def _holds_numbers(cells: Sequence[str], missing: Collection[str]) -> bool:
    there = [cell for cell in cells if not is_missing(cell, missing)]
    return bool(there) and not any(is_word(cell, missing) for cell in there)


def _counts(cells: Sequence[str]) -> bool:
    """Whether the cells count the columns, as pandas names those without names: 0, 1, 2 ... or 1, 2, 3, 4."""
    return len(cells) >= 2 and (
        list(cells) == [str(k) for k in range(len(cells))]
        or (len(cells) >= 4 and list(cells) == [str(k + 1) for k in range(len(cells))])
    )


def _may_be_names(numbers: Sequence[str]) -> bool:
    """Whether numbers may be names, as years are: whole, and all different."""
    return all(cell.lstrip("-").isdecimal() for cell in numbers) and len(set(numbers)) == len(numbers)


def _refuse_unless(is_data: bool, path: Path, first: Sequence[str]) -> bool:
    if is_data:
        return False
    shown = ", ".join(f"'{cell[:20]}'" for cell in first[:4]) + (" ..." if len(first) > 4 else "")
    raise DataError(
        f"{path} begins with the row {shown}, which may be names of columns or a sample; say data.header=yes "
        "or data.header=no (for predict: --header)."
    )
