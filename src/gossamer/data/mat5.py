"""Arrays of a .mat file of version 5 to 7 (MATLAB, "MAT-File Format", level 5): numbers, sparse, text.

SciPy's reader takes the types and sizes in such a file as they are and crashes on damaged ones, so the
elements are taken apart here, in NumPy, and every one is looked at.
"""

import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gossamer.data.idx import DEFLATE_LIMIT
from gossamer.data.limits import MAX_FEATURES
from gossamer.errors import DataError

_HEADER = 128
_DTYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_TEXT = {2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_CELL, _CHARACTERS, _SPARSE = 1, 4, 5
_MATRIX, _COMPRESSED = 14, 15
_COMPLEX, _LOGICAL = 0x08, 0x02


class MatFile:
    """The arrays of a .mat file; each is taken apart only when it is asked for.

    Parameters
    ----------
    path : Path

    Raises
    ------
    DataError
        If the file cannot be read, is of another version, or is damaged; later, from `read`, if an array is
        damaged or of a kind that is not read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path} cannot be read ({error.strerror or error}).") from error
        mark, version = content[126:128], content[124:126]
        if mark not in (b"IM", b"MI") or content[:4].count(0):
            raise DataError(f"{path} is no .mat file of version 5 to 7; save it with the option '-v7'.")
        self._order: Literal["<", ">"] = "<" if mark == b"IM" else ">"
        if self._numbers(memoryview(version), "u2")[0] != 0x0100:
            raise DataError(f"{path} is a .mat file of version 7.3; save it with the option '-v7'.")
        self._arrays = dict(self._named(memoryview(content)[_HEADER:]))

    @property
    def names(self) -> list[str]:
        """Names of the arrays."""
        return list(self._arrays)

    def read(self, name: str) -> Any:
        """The array called `name`: numbers or strings of its shape, or a CSR array from a sparse matrix."""
        array = self._matrix(self._arrays[name])
        if array is None:
            raise DataError(
                f"{self.path} holds neither numbers nor text in {name}; a plain array is expected there."
            )
        return array

    def _named(self, content: memoryview) -> Iterator[tuple[str, memoryview]]:
        for kind, payload in self._elements(content):
            if kind == _COMPRESSED:
                kind, payload = next(self._elements(self._inflated(payload)), (0, payload))
            if kind != _MATRIX:
                raise self._damaged()
            parts = list(self._elements(payload, 3))
            if len(parts) < 3:
                raise self._damaged()
            yield bytes(parts[2][1]).decode("latin-1"), payload

    def _matrix(self, content: memoryview) -> Any:
        """An array; a cell of text as strings; None for anything else."""
        parts = list(self._elements(content))
        if len(parts) < 3:
            raise self._damaged()
        flags, sizes, data = parts[0][1], parts[1][1], parts[3:]
        if len(flags) != 8 or len(sizes) < 8 or len(sizes) % 4:
            raise self._damaged()
        bits = int(self._numbers(flags, "u4")[0])
        kind, marks = bits & 0xFF, bits >> 8 & 0xFF
        shape = tuple(int(side) for side in self._numbers(sizes, "i4"))
        if min(shape) < 0 or marks & _COMPLEX or not data:
            return None
        if kind in _CLASSES:
            values = self._typed(data[0], math.prod(shape)).astype(_CLASSES[kind])
            return (values != 0 if marks & _LOGICAL else values).reshape(shape, order="F")
        if kind == _SPARSE and len(data) == 3 and len(shape) == 2:
            return self._sparse(shape[0], shape[1], data)
        if kind == _CHARACTERS:
            return self._text(data[0], shape)
        if kind == _CELL and len(data) == math.prod(shape):
            cells = [self._matrix(cell) if at == _MATRIX and len(cell) else None for at, cell in data]
            found = [cell.item() for cell in cells if isinstance(cell, np.ndarray) and cell.size == 1]
            if len(found) == len(cells) and all(isinstance(text, str) for text in found):
                return np.array(found).reshape(shape, order="F")
        return None

    def _sparse(self, n: int, d: int, data: list[tuple[int, memoryview]]) -> csr_array[Any, tuple[int, int]]:
        rows, offsets, values = (self._typed(part, None) for part in data)
        stored = int(offsets[-1]) if offsets.dtype.kind in "iu" and len(offsets) == d + 1 else -1
        rows, values, offsets = rows[:stored], values[:stored], offsets.astype(np.int64)
        if (
            stored < 0
            or min(n, d) < 1
            or max(n, d) > MAX_FEATURES
            or not len(rows) == len(values) == stored
            or offsets[0] != 0
            or (np.diff(offsets) < 0).any()
            or (stored and not 0 <= rows.min() <= rows.max() < n)
        ):
            raise self._damaged()
        by_column = csr_array((values.astype(np.float64), rows.astype(np.int64), offsets), shape=(d, n))
        return csr_array(by_column.T)

    def _text(self, part: tuple[int, memoryview], shape: tuple[int, ...]) -> NDArray[np.str_] | None:
        """One string for each row of characters, without blanks at its end."""
        kind, content = part
        try:
            order = "" if _TEXT[kind] in ("latin-1", "utf-8") else "-le" if self._order == "<" else "-be"
            characters = bytes(content).decode(_TEXT[kind] + order)
        except (KeyError, UnicodeDecodeError) as error:
            raise self._damaged() from error
        if len(shape) != 2 or len(characters) != math.prod(shape):
            return None
        return np.array(["".join(characters[k :: shape[0]]).rstrip() for k in range(shape[0])], dtype=str)

    def _typed(self, part: tuple[int, memoryview], count: int | None) -> NDArray[Any]:
        kind, content = part
        dtype = _DTYPES.get(kind)
        if dtype is None or len(content) % np.dtype(dtype).itemsize:
            raise self._damaged()
        values = self._numbers(content, dtype)
        if count is not None and len(values) != count:
            raise self._damaged()
        return values

    def _elements(self, content: memoryview, most: int | None = None) -> Iterator[tuple[int, memoryview]]:
        """Type and content of one element after the other."""
        place = found = 0
        while place < len(content) and found != most:
            if place + 8 > len(content):
                raise self._damaged()
            first, second = (int(number) for number in self._numbers(content[place : place + 8], "u4"))
            small = first >> 16
            kind, size, start = (first & 0xFFFF, small, place + 4) if small else (first, second, place + 8)
            end = start + size
            if end > len(content) or small > 4:
                raise self._damaged()
            yield kind, content[start:end]
            found += 1
            place = place + 8 if small else end + (0 if kind == _COMPRESSED else -end % 8)

    def _inflated(self, content: memoryview) -> memoryview:
        unpacker = zlib.decompressobj()
        try:
            inflated = unpacker.decompress(bytes(content), len(content) * DEFLATE_LIMIT + 1)
        except zlib.error as error:
            raise self._damaged() from error
        if not unpacker.eof:
            raise self._damaged()
        return memoryview(inflated)

    def _numbers(self, content: memoryview, dtype: str) -> NDArray[Any]:
        stored = np.dtype(dtype).newbyteorder(self._order)
        return np.frombuffer(content, dtype=stored).astype(stored.newbyteorder("="))

    def _damaged(self) -> DataError:
        return DataError(f"{self.path} is a damaged .mat file; get it again.")
