"""Files: written at once or not at all, never through a link, and what to say when that fails."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from gossamer.errors import StoreError

_RECORD = ".generated.json"  # names of the files of a folder that was generated
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Stored(BaseModel):
    """Base of the models that stored JSON is held to where it is read, before anything in it is believed.

    They say what readers rely on; other members are kept as they are.
    """

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)


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
        f"The disk that holds {path} is full; what was finished is safe: make room and try again."
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


def partial_of(path: Path) -> Path:
    """Name under which a file is written until it is whole; no other program uses such names."""
    return path.with_name(f".{path.name}.gossamer-partial")


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Path of an empty new file, which becomes `path` at the end of the block if all went well.

    What stood at `path` stays until then. Neither name is followed where it is a symbolic link: the link is
    replaced, and its target is not touched.

    Parameters
    ----------
    path : Path
        Its folder is made if need be.
    durable : bool
        Whether the new content is on the disk when the block has ended, so that it outlives a power cut.

    Raises
    ------
    DiskFullError, StoreError
        If the file cannot be written; the old content stays.
    """
    partial = partial_of(path)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        try:
            os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            mode = partial.stat().st_mode
            yield partial
            partial.chmod(mode)
            if durable:
                with partial.open("rb+") as file:
                    os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
        if durable:
            sync_folder(path.parent)


def write_bytes(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file at once or not at all; see `replacing`."""
    with replacing(path, durable=durable) as partial:
        partial.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value for people and programs; see `replacing`."""
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
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} is damaged: it is not valid JSON.") from error


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the renames inside a folder outlive a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refuse_link(path: Path) -> None:
    """Refuse to write to what is a symbolic link, as a received study may have one (StoreError)."""
    if path.is_symlink():
        raise StoreError(f"{path} is a symbolic link, and nothing is written through links; remove it.")


def replace_folder(folder: Path, files: Mapping[str, bytes], written: Set[str] = frozenset()) -> None:
    """Make these the generated files of a folder, all at once.

    Files of an earlier call go, what somebody else has put there stays. Whenever the process ends, the folder
    holds the files of one call, or is gone for the next call to bring back.

    Parameters
    ----------
    folder : Path
    files : mapping from name, with slashes between folders, to content
    written : set of str
        Names of generated files that are there without a record of `replace_folder`.

    Raises
    ------
    DiskFullError, StoreError
        If it cannot be done; the folder is as it was then.
    """
    fresh, old = (folder.with_name(f".{folder.name}.gossamer-{what}") for what in ("new", "old"))
    for path in (fresh, old):
        refuse_link(path)
    with disk_errors(folder):
        if old.exists():  # an earlier call was killed between its two renames, or after them
            shutil.rmtree(old) if folder.exists() else old.rename(folder)
        _replace(folder, fresh, old, files, written | (generated_files(folder) or set()))


def generated_files(folder: Path) -> set[str] | None:
    """Names of the files that `replace_folder` wrote into a folder; None where it never did."""
    try:
        return {str(name) for name in read_json(folder / _RECORD)} | {_RECORD}
    except (StoreError, TypeError):
        return None


def _replace(folder: Path, fresh: Path, old: Path, files: Mapping[str, bytes], written: Set[str]) -> None:
    try:
        _fill(fresh, files)
        _keep_foreign(folder, fresh, written)
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    record = json.dumps(sorted(files), indent=1).encode()
    for name, content in {**files, _RECORD: record}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _keep_foreign(old: Path, fresh: Path, written: Set[str]) -> None:
    """Give all other files a second name in the new folder, so that they are in one of both at any time."""
    for path in old.rglob("*") if old.is_dir() else ():
        name = path.relative_to(old)
        target = fresh / name
        if name.as_posix() in written or (path.is_dir() and not path.is_symlink()) or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target, follow_symlinks=False)
        except OSError:  # not every file system gives second names
            shutil.copy2(path, target, follow_symlinks=False)
