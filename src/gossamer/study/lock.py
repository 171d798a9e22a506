"""A lock on a folder that ends with the process that holds it, however that process ends."""

import fcntl
import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from gossamer.errors import StoreError
from gossamer.study.files import disk_errors

_POLL = 0.02


class FolderLock:
    """Advisory lock (flock) on a file; the kernel releases it when its holder dies.

    Parameters
    ----------
    path : Path of the lock file; it stays behind, empty of meaning, when the lock is released
    held : sentence for the error when another process holds the lock; ``{holder}`` names it
    patience : seconds to wait for the lock before giving up
    """

    def __init__(self, path: Path, held: str, patience: float = 0.2) -> None:
        self._path = path
        self._held = held
        self._patience = patience
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise StoreError with the sentence that names the holder."""
        with disk_errors(self._path):
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + self._patience
        while not _try_lock(handle):
            if time.monotonic() >= deadline:
                os.close(handle)
                raise StoreError(self._held.format(holder=holder(self._path)))
            time.sleep(_POLL)
        self._handle = handle
        with disk_errors(self._path):
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network file systems know no such locks; a study there is as safe as its user is careful.
        return True
    return True


def holder(path: Path) -> str:
    """Who wrote a lock file last: ``process 123 on host x``."""
    try:
        record = json.loads(path.read_bytes())
        return f"process {int(record['pid'])} on host {record['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def is_held(path: Path) -> bool:
    """Whether a process holds the lock at this moment."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _try_lock(handle)
    finally:
        os.close(handle)
