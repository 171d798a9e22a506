"""A lock on a file that ends with the process that holds it, however that process ends."""

import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from gossamer.errors import StoreError
from gossamer.files import disk_errors, read_json, refuse_link, write_json

FILE = "lock"
"""Name of the lock of a folder."""


class Lock:
    """Lock of one process on a file; other processes wait a moment and are then refused.

    Beside the file stands a note that names the holder. Where the file system knows no such locks (some
    network file systems do not), `filelock` makes a marker file of its own instead.

    Parameters
    ----------
    path : Path of the lock file; a symbolic link is refused
    held : sentence for the error when another process holds the lock; ``{holder}`` names it
    patience : seconds to wait for the lock before giving up
    keep : whether the file stays behind, without meaning, when the lock is released
    """

    def __init__(self, path: Path, held: str, patience: float = 0.2, *, keep: bool = True) -> None:
        self._path, self._held, self._patience, self._keep = path, held, patience, keep
        self._lock = FileLock(path, mode=0o644)

    def acquire(self) -> None:
        """Take the lock, or raise StoreError with the sentence that names the holder."""
        refuse_link(self._path)
        with disk_errors(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(timeout=self._patience, poll_interval=0.02)
            except Timeout:
                raise StoreError(self._held.format(holder=holder(self._path))) from None
        write_json(_note(self._path), {"pid": os.getpid(), "host": socket.gethostname()})

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._lock.is_locked:
            _note(self._path).unlink(missing_ok=True)
            if not self._keep:
                # Whoever waits for this very file notices that it has gone, and makes a new one.
                self._path.unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def holder(path: Path) -> str:
    """Who took a lock last: ``process 123 on host x``."""
    try:
        record = read_json(_note(path))
        return f"process {int(record['pid'])} on host {record['host']}"
    except (StoreError, ValueError, KeyError, TypeError):
        return "another process"


def is_held(path: Path) -> bool:
    """Whether a process holds the lock at this moment; asking makes no file."""
    if path.is_symlink() or not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        # A folder that can only be read: no driver of this user is at work there.
        return False
