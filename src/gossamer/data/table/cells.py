"""What one cell of a text table is: a number, a missing value, a truth value, or a word."""

import math
import re
from collections.abc import Collection

TRUTH = {"true": 1.0, "false": 0.0}
"""Truth values, whatever their capitals, and the numbers they are read as."""

_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


def number(cell: str, decimal: str) -> float | None:
    """The cell as a number, be it NaN or infinite; None for anything else.

    Python's own notation with underscores, digits of other scripts, and the other
    decimal mark are no numbers.

    Parameters
    ----------
    cell : str
    decimal : "." or ","
    """
    if "_" in cell or not cell.isascii():
        return None
    if decimal == ",":
        if "." in cell or cell.count(",") > 1:
            return None
        cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None


def is_finite_number(cell: str) -> bool:
    """Whether the cell is a finite number, with a decimal point or a decimal comma."""
    value = number(cell, ".")
    if value is None and has_decimal_comma(cell):
        return True
    return value is not None and math.isfinite(value)


def has_decimal_comma(cell: str) -> bool:
    """Whether the cell is a number if its comma is a decimal mark."""
    return _COMMA.fullmatch(cell.strip()) is not None


def may_be_thousands(cell: str) -> bool:
    """Whether the commas of the cell may as well separate thousands: ``1,234``."""
    return _THOUSANDS.fullmatch(cell.strip()) is not None


def is_missing(cell: str, missing: Collection[str]) -> bool:
    """Whether the cell stands for a missing value: one of `missing`, nothing, or NaN in any spelling."""
    cell = cell.strip()
    return not cell or cell in missing or (cell.lower().lstrip("+-") == "nan" and "nan" in missing)


def is_word(cell: str, missing: Collection[str]) -> bool:
    """Whether the cell is neither a number in any notation nor a missing value."""
    return not is_missing(cell, missing) and number(cell, ".") is None and not has_decimal_comma(cell)


def looks_numeric(word: str) -> bool:
    """Whether a word has digits and no letters, as dates, shares in percent and amounts of money have."""
    return any(c.isdigit() for c in word) and not any(c.isalpha() for c in word)
