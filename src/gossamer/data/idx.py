"""IDX files, plain or gzipped: the format of MNIST (LeCun, http://yann.lecun.com/exdb/mnist/).

Two zero bytes, a type code, the number of dimensions; one big-endian 32-bit size for each dimension; the
values, big-endian, last dimension fastest.
"""

import gzip
import hashlib
import math
import os
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import DataError

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_DIMENSIONS = 8
CHUNK = 1 << 20
DEFLATE_LIMIT = 1032
"""Deflate never shrinks data by more than this factor, so a compressed file cannot hold more."""


def read_idx(path: Path, *, sha256: str | None = None) -> NDArray[Any]:
    """Array stored in an IDX file.

    Memory is taken as data arrive, never because a header says so: a header that promises more than the file
    can hold is refused before, and data beyond what it promises are refused as well.

    Parameters
    ----------
    path : Path
        Gzipped or not, whatever it is called.
    sha256 : str, optional
        Hexadecimal SHA-256 that the *decompressed* file must have. Gzip files of one content differ with the
        program that wrote them; the content does not.

    Returns
    -------
    array of uint8, int8, int16, int32, float32 or float64 in native byte order

    Raises
    ------
    DataError
        If the file cannot be read, is damaged or cut off, or differs from `sha256`.
    """
    try:
        with path.open("rb") as raw:
            size = os.fstat(raw.fileno()).st_size
            compressed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not compressed:
                return _read(raw, size, path, sha256)
            with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                return _read(stream, size * DEFLATE_LIMIT, path, sha256)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is a damaged or cut-off gzip file ({error}); get it again.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from error


def _read(stream: IO[bytes] | gzip.GzipFile, limit: int, path: Path, sha256: str | None) -> NDArray[Any]:
    header = _exactly(stream, 4, path)
    kind, dimensions = header[2], header[3]
    if header[:2] != b"\0\0" or kind not in TYPES or not 1 <= dimensions <= MAX_DIMENSIONS:
        raise DataError(f"{path} is not an IDX file: it begins with the bytes {header.hex()}.")
    header += _exactly(stream, 4 * dimensions, path)
    shape = tuple(int.from_bytes(header[4 * k : 4 * k + 4], "big") for k in range(1, dimensions + 1))
    dtype = np.dtype(TYPES[kind])
    count = math.prod(shape)
    if count == 0 or count * dtype.itemsize > limit:
        held = "nothing" if count == 0 else "more than a file of its size can hold"
        raise DataError(f"{path} promises an array of shape {shape}, {held}; get it again.")
    body = _exactly(stream, count * dtype.itemsize, path)
    if stream.read(1):
        raise DataError(f"{path} goes on after the array of shape {shape} that its header promises.")
    if sha256 is not None:
        digest = hashlib.sha256(header)
        digest.update(body)
        if digest.hexdigest() != sha256:
            raise DataError(
                f"{path} is not the published file: the SHA-256 of its content is {digest.hexdigest()}, "
                f"{sha256} is expected; remove it or get it again."
            )
    array = np.frombuffer(body, dtype=dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _exactly(stream: IO[bytes] | gzip.GzipFile, count: int, path: Path) -> bytearray:
    content = bytearray()
    while len(content) < count:
        chunk = stream.read(min(CHUNK, count - len(content)))
        if not chunk:
            raise DataError(f"{path} is cut off: it ends {count - len(content)} bytes too early.")
        content += chunk
    return content
