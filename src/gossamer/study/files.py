"""Small files of a study: written at once or not at all, and what to say when that fails."""

import errno
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gossamer.errors import StoreError
from gossamer.train.arrays import write_bytes

_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(StoreError):
    """The disk has no room left; nothing that was finished is lost."""


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or the one behind it, says that the disk or the user's share of it is full."""
    while error is not None:
        if isinstance(error, DiskFullError) or (isinstance(error, OSError) and error.errno in _FULL):
            return True
        error = error.__cause__
    return False


def disk_full(path: Path) -> DiskFullError:
    """The error for a full disk under `path`."""
    return DiskFullError(
        f"The disk that holds {path} is full; finished runs are safe: make room and run the study again."
    )


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn errors of the file system into one sentence that names the path (DiskFullError, StoreError)."""
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(path) from error
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value for people and programs, atomically.

    Raises
    ------
    DiskFullError, StoreError
        If it cannot be written; the old content stays.
    """
    with disk_errors(path):
        write_bytes(path, (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """JSON value of a file.

    Raises
    ------
    StoreError
        If the file is missing, unreadable or not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise StoreError(f"{path} is damaged: it is not valid JSON.") from error


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
