"""Where data are looked for on this machine."""

import os
from pathlib import Path

from gossamer.data.idx_sets import IdxSet

VARIABLE = "GOSSAMER_DATA"


def cache_folder() -> Path:
    """Folder of downloaded sets: ``gossamer/data`` in XDG_CACHE_HOME, or in ``~/.cache`` without it."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "gossamer" / "data"


def user_folders(data_dir: Path | None) -> list[Path]:
    """Folders that the user named: `data_dir`, then those of GOSSAMER_DATA, separated as in PATH."""
    variable = os.environ.get(VARIABLE, "")
    named = [Path(part) for part in variable.split(os.pathsep) if part]
    return _distinct([folder.expanduser() for folder in ([data_dir] if data_dir else []) + named])


def set_folders(name: str, data_dir: Path | None) -> list[Path]:
    """Where the files of a named set may lie: `name` in a user's folder, that folder, then the cache."""
    own = [place for folder in user_folders(data_dir) for place in (folder / name, folder)]
    return _distinct([*own, cache_folder() / name])


def find_set(idx_set: IdxSet, data_dir: Path | None) -> tuple[Path, ...] | None:
    """Files of a set, as ``.gz`` or not, from the first folder that has all of them; None without one."""
    for folder in set_folders(idx_set.name, data_dir):
        files = [find_idx(folder, name) for name in idx_set.sums]
        if all(files):
            return tuple(path for path in files if path is not None)
    return None


def find_path(name: str, data_dir: Path | None) -> Path | None:
    """A user's file or folder: `name` as it is, else in the folders that the user named; else None."""
    path = Path(name).expanduser()
    candidates = [path, *(folder / path for folder in user_folders(data_dir))]
    return next((candidate for candidate in candidates if candidate.exists()), None)


def find_idx(folder: Path, name: str) -> Path | None:
    """The file `name` of a folder, as ``.gz`` or not; None if it has neither."""
    candidates = (folder / f"{name}.gz", folder / name)
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _distinct(folders: list[Path]) -> list[Path]:
    """The folders in their order, each only once, however it was written."""
    first: dict[Path, Path] = {}
    for folder in folders:
        first.setdefault(folder.absolute(), folder)
    return list(first.values())
