"""NumPy's .npy and .npz formats without running pickles and without trust in headers."""

import io
import math
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data.idx import CHUNK, DEFLATE_LIMIT
from gossamer.data.object_text import strings_of
from gossamer.errors import DataError

MAGIC = b"\x93NUMPY"
MAX_HEADER = 1 << 16
DESCRIPTION = re.compile(rb"""['"]descr['"]\s*:\s*['"]([<>|=]?[biufUS]\d{1,9}|\|O)['"]""")
ORDER = re.compile(rb"""['"]fortran_order['"]\s*:\s*(True|False)""")
SHAPE = re.compile(rb"""['"]shape['"]\s*:\s*\(([\d\s,]{0,400})\)""")
DAMAGE = (
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile and numpy raise on damaged or hostile bytes."""


class Archive:
    """Read access to the arrays of an .npz file; each is read only when asked for.

    Parameters
    ----------
    path : Path

    Raises
    ------
    DataError
        If the file cannot be read or is not a zip archive; later, from `read`, if a member is damaged, holds
        Python objects, or promises more than the file can hold.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _described(path):
            self._zip = zipfile.ZipFile(path)
        self._members = {member.filename.removesuffix(".npy"): member for member in self._zip.infolist()}

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the arrays."""
        return tuple(self._members)

    def read(self, name: str) -> NDArray[Any]:
        """The array called `name`."""
        member = self._members[name]
        # A stored member cannot be longer than the file, a deflated one not longer than deflate can make it.
        factors = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: DEFLATE_LIMIT}
        limit = factors.get(member.compress_type, 0) * self.path.stat().st_size
        if member.file_size > limit:
            raise DataError(
                f"{self.path} holds array '{name}' with {member.file_size} bytes, more than its own size "
                "allows, or compressed by an unknown method; write it again with numpy.savez."
            )
        with _described(self.path), self._zip.open(member) as stream:
            return _array(stream, member.file_size, f"Array '{name}' of {self.path}")


def read_npy(path: Path) -> NDArray[Any]:
    """Array of an .npy file.

    Raises
    ------
    DataError
        If the file cannot be read, is damaged, or holds Python objects.
    """
    with _described(path), path.open("rb") as stream:
        return _array(stream, os.fstat(stream.fileno()).st_size, str(path))


@contextmanager
def _described(path: Path) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except DAMAGE as error:
        raise DataError(
            f"{path} is damaged or not a file that numpy wrote ({error or type(error).__name__})."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from error


def _array(stream: IO[bytes], size: int, what: str) -> NDArray[Any]:
    """Array from a stream of `size` bytes in all, read in chunks: memory is taken as data arrive."""
    start = io.BytesIO(stream.read(MAX_HEADER))
    shape, fortran, dtype = _header(start, what)
    if dtype.kind == "O":
        text = strings_of(start.read() + stream.read(), shape, what)
        return text.reshape(shape[::-1]).T if fortran else text
    if start.tell() + math.prod(shape) * dtype.itemsize != size:
        raise DataError(
            f"{what} has shape {shape} of {dtype} in its header, which does not fit its {size} bytes."
        )
    content = bytearray(start.read())
    while chunk := stream.read(CHUNK):
        content += chunk
    values = np.frombuffer(content, dtype=dtype) if content else np.empty(0, dtype)
    array = values.reshape(shape[::-1]).T if fortran else values.reshape(shape)
    array = array.astype(dtype.newbyteorder("="), copy=False)
    if dtype.kind == "U" and not _is_unicode(array):
        raise DataError(f"{what} holds strings that are not valid Unicode; write them again.")
    return array


def _is_unicode(array: NDArray[np.str_]) -> bool:
    """Whether all characters exist: Python breaks on those that do not."""
    characters = np.frombuffer(array.tobytes(), dtype=np.uint32)
    surrogate = (characters >= 0xD800) & (characters <= 0xDFFF)
    return not ((characters > 0x10FFFF) | surrogate).any()


def _header(stream: io.BytesIO, what: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and type from the header of an .npy file; nothing in it is evaluated."""
    magic, version = stream.read(6), stream.read(2)
    if magic != MAGIC or version not in (b"\1\0", b"\2\0", b"\3\0"):
        raise DataError(f"{what} does not begin like a file that numpy wrote.")
    length = int.from_bytes(stream.read(2 if version == b"\1\0" else 4), "little")
    header = stream.read(length)
    description, order, shape = DESCRIPTION.search(header), ORDER.search(header), SHAPE.search(header)
    if description is None:
        raise DataError(
            f"{what} holds something else than plain numbers or strings; Python objects are not read."
        )
    if order is None or shape is None or len(header) < length:
        raise DataError(f"{what} has a damaged header.")
    sides = tuple(int(side) for side in shape[1].replace(b",", b" ").split())
    return sides, order[1] == b"True", np.dtype(description[1].decode())
