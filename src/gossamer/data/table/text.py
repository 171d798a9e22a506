"""A text table as rows of cells: how it is encoded, and what stands between its cells."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, cast

from gossamer.data.table.cells import is_finite_number
from gossamer.errors import DataError

Row = tuple[int, list[str]]
"""Number of the last line of a row, from 1, and its cells."""

SEPARATORS = {"tab": "\t", ";": ";", "|": "|", ",": ","}
WORDS = {"tab": "tab", ";": "semicolon", "|": "bar", ",": "comma", "blanks": "blanks"}
_SAMPLE_LINES, _SAMPLE_CHARACTERS = 64, 1 << 22
_BEGINNING_ROWS, _BEGINNING_CELLS = 1000, 500_000
_QUOTED = re.compile(r'(?:(?<=[,;|\t ])|^)"(?:[^"]|"")*"', re.MULTILINE)


@contextmanager
def described(path: Path) -> Iterator[None]:
    """What goes wrong while a text file is read, as a `DataError`."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not a text table in UTF-8 ({error}); save it as UTF-8, or with a byte order mark."
        ) from error
    except csv.Error as error:
        raise DataError(f"{path} is not a text table that can be taken apart: {error}.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is a damaged or cut-off gzip file ({error}); get it again.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from error


@contextmanager
def opened(path: Path) -> Iterator[TextIOWrapper]:
    """The file as text: gzipped or not; UTF-8, or UTF-16 if it begins with that byte order mark."""
    with path.open("rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw, mode="rb")) if compressed else raw
        mark = stream.read(2)
        stream.seek(0)
        encoding = "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with TextIOWrapper(stream, encoding=encoding, newline="") as text:
            yield text


def rows(stream: Iterable[str], separator: str) -> Iterator[Row]:
    """Rows that are not empty, as RFC 4180 has them.

    Parameters
    ----------
    stream : iterable of lines
    separator : one of `SEPARATORS`, or "blanks" for runs of blanks and tabs
    """
    if separator == "blanks":
        yield from _blank_rows(stream)
        return
    reader = csv.reader(stream, delimiter=SEPARATORS[separator], strict=True)
    for row in reader:
        if row:
            yield reader.line_num, row


def _blank_rows(stream: Iterable[str]) -> Iterator[Row]:
    for line, text in enumerate(stream, 1):
        if '"' in text:
            plain = " ".join(text.split())
            row = next(csv.reader([plain], delimiter=" ", strict=True), [])
        else:
            row = text.split()
        if row:
            yield line, row


def separator_of(path: Path, asked: str) -> str:
    """What stands between two cells.

    Every separator that gives all rows of the beginning of the file the same number of cells, two or more, is
    tried; a cell that holds another separator, or numbers with blanks or commas between them, speaks against
    it.

    Parameters
    ----------
    path : Path
    asked : str
        One of `WORDS` is taken as it is; "auto" is found out.

    Raises
    ------
    DataError
        If two separators would do.
    """
    if asked != "auto":
        return asked
    with opened(path) as stream:
        lines = _sample(stream)
    text = _QUOTED.sub("q", "".join(lines))
    tables = {name: _cells(text, name) for name in WORDS}
    even = [name for name, table in tables.items() if _is_even(table)]
    clean = [name for name in even if all(_is_clean(cell, name) for row in tables[name] for cell in row)]
    chosen = clean or even
    if len(chosen) > 1:
        chosen = [name for name in chosen if name != "blanks"]
    if len(chosen) > 1:
        names = " or ".join(f"'{name}'" for name in chosen)
        raise DataError(f"{path} may be separated by {names}; say which with data.separator.")
    return chosen[0] if chosen else _widest(tables)


def _sample(stream: TextIOWrapper) -> list[str]:
    lines = list[str]()
    characters = 0
    for line in stream:
        if line.strip():
            lines.append(line)
            characters += len(line)
        if len(lines) >= _SAMPLE_LINES or characters > _SAMPLE_CHARACTERS:
            break
    # A quoted cell over several lines may begin in the last one.
    while lines and "".join(lines).count('"') % 2:
        lines.pop()
    return lines


def _cells(text: str, separator: str) -> list[list[str]]:
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    if separator == "blanks":
        return [line.split() for line in lines]
    return [line.split(SEPARATORS[separator]) for line in lines]


def _is_even(table: list[list[str]]) -> bool:
    return bool(table) and len(table[0]) > 1 and len({len(row) for row in table}) == 1


def _is_clean(cell: str, separator: str) -> bool:
    cell = cell.strip()
    if not cell or is_finite_number(cell):
        return True
    if any(sign in cell for name, sign in SEPARATORS.items() if name not in (separator, ",")):
        return False
    pieces = cell.split() if separator == "," else cell.split(",")
    return len(pieces) == 1 or not any(map(is_finite_number, pieces))


def _widest(tables: dict[str, list[list[str]]]) -> str:
    """The separator that the first row speaks for, where the rows differ in length."""
    widths = {name: len(table[0]) for name, table in tables.items() if table and name != "blanks"}
    best = max(widths, key=lambda name: widths[name], default=",")
    if widths.get(best, 1) > 1:
        return best
    return "blanks" if any(len(row) > 1 for row in tables["blanks"]) else ","


def beginning(path: Path, separator: str) -> list[list[str]]:
    """Cells of the first rows, without blanks around them: a thousand rows, fewer of a wide table."""
    found = list[list[str]]()
    cells = 0
    with opened(path) as stream:
        for _, row in islice(rows(stream, separator), _BEGINNING_ROWS):
            found.append([cell.strip() for cell in row])
            cells += len(row)
            if cells > _BEGINNING_CELLS and len(found) >= 2:
                break
    return found
