"""Downloading the named sets that are not in the package."""

import contextlib
import os
import tempfile
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import TypeAlias

from gossamer.data.catalog import unknown_name
from gossamer.data.config import NAMES
from gossamer.data.folders import VARIABLE, cache_folder, find_set, set_folders
from gossamer.data.idx import read_idx
from gossamer.data.idx_sets import IDX_SETS, IdxSet
from gossamer.errors import DataError

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Called with file name, bytes so far, and bytes in all (None where the server does not say)."""

TIMEOUT_SECONDS = 30.0
CHUNK = 1 << 16
MAX_BYTES = 1 << 26
"""No file of the named sets is longer; a server that sends more is not believed."""


def fetch(
    name: str, data_dir: str | Path | None = None, progress: Progress | None = None
) -> tuple[Path, ...]:
    """Files of a named set: found on this machine, else downloaded.

    Parameters
    ----------
    name : str
        A named set; those that need no files give an empty tuple.
    data_dir : str or Path, optional
        Looked into first. Given, what is missing is downloaded into its subfolder `name`, else into the
        cache.
    progress : callable, optional
        Told how far a download is.

    Returns
    -------
    tuple of Path
        Train images, train labels, test images, test labels.

    Raises
    ------
    ConfigError
        If no set has this name.
    DataError
        If the files are neither here nor to be had, or are not the published ones.
    """
    if name not in NAMES:
        raise unknown_name(name)
    if name not in IDX_SETS:
        return ()
    folder = None if data_dir is None else Path(data_dir).expanduser()
    target = (folder or cache_folder()) / name
    return obtain(IDX_SETS[name], folder, target, download=True, progress=progress)


def obtain(
    idx_set: IdxSet, data_dir: Path | None, target: Path, *, download: bool, progress: Progress | None
) -> tuple[Path, ...]:
    """Files of `idx_set`, in the order of its sums; what is not found is downloaded into `target`."""
    found = find_set(idx_set, data_dir)
    if found is not None:
        return found
    if not download:
        raise DataError(f"{_missing(idx_set, data_dir)} and downloading is off{_remedy(idx_set, data_dir)}")
    try:
        target.mkdir(parents=True, exist_ok=True)
        return tuple(_download(idx_set, name, target, progress) for name in idx_set.sums)
    except OSError as error:
        missing, remedy = _missing(idx_set, data_dir), _remedy(idx_set, data_dir)
        raise DataError(f"{missing} and could not be downloaded ({error}){remedy}") from error


def _missing(idx_set: IdxSet, data_dir: Path | None) -> str:
    folders = ", ".join(str(folder) for folder in set_folders(idx_set.name, data_dir))
    return f"The files of {idx_set.name} are not in {folders}"


def _remedy(idx_set: IdxSet, data_dir: Path | None) -> str:
    files = ", ".join(f"{name}.gz" for name in idx_set.sums)
    place = set_folders(idx_set.name, data_dir)[-1] if data_dir is None else data_dir / idx_set.name
    return f"; put {files} into {place}, or name the folder that has them with --data-dir or {VARIABLE}."


def _download(idx_set: IdxSet, name: str, target: Path, progress: Progress | None) -> Path:
    """One checked file in `target`, kept from before or from the first mirror that gives it."""
    path = target / f"{name}.gz"
    if path.is_file() and _is_published(path, idx_set.sums[name]):
        return path
    reasons = []
    for mirror in idx_set.mirrors:
        try:
            _download_from(mirror, path, idx_set.sums[name], progress)
            return path
        except (OSError, HTTPException) as error:
            reasons.append(f"{mirror}: {getattr(error, 'reason', None) or error}")
    raise OSError("; ".join(reasons))


def _is_published(path: Path, sha256: str) -> bool:
    try:
        read_idx(path, sha256=sha256)
    except DataError:
        return False
    return True


def _download_from(mirror: str, path: Path, sha256: str, progress: Progress | None) -> None:
    """Download beside `path`, check, then rename: nobody ever sees half a file."""
    request = urllib.request.Request(f"{mirror}{path.name}", headers={"User-Agent": "gossamer"})
    handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with (
            os.fdopen(handle, "wb") as file,
            urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer,
        ):
            length = answer.headers.get("Content-Length")
            total = int(length) if length and length.isdecimal() else None
            done = 0
            while chunk := answer.read(CHUNK):
                done += len(chunk)
                if done > MAX_BYTES:
                    raise OSError(f"it sends more than {MAX_BYTES} bytes")
                file.write(chunk)
                if progress is not None:
                    progress(path.name, done, total)
            file.flush()
            os.fsync(file.fileno())
        if not _is_published(Path(partial), sha256):
            raise OSError("it sends another file than the published one")
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
