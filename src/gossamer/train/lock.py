"""One process at a time in the folder of a run."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from gossamer.errors import StoreError


@contextlib.contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Keep other processes from training in the same folder; the lock ends with the process, however it ends.

    Raises
    ------
    StoreError
        If another process is training there, or the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror or error}.") from error
    if os.name != "posix":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        if not _may_use(handle):
            raise StoreError(
                f"{folder} is in use by another process that trains there; wait for it, or choose another."
            )
        yield
    finally:
        os.close(handle)


def _may_use(handle: int) -> bool:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network file systems lock no folders; a run there is as safe as its user is careful.
        return True
    return True
