"""Named arrays in safetensors files: the same bytes for the same content, written at once or not at all.

Metadata is one canonical-JSON text under one key, because the file format keeps several in no fixed order.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors import numpy as safetensors_numpy

from gossamer.errors import InternalError, StoreError
from gossamer.train.canonical import canonical_json

Arrays = dict[str, NDArray[Any]]

PARTIAL = ".partial"
"""Ending of the name of a file that is being written."""

_KEY = "gossamer"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file at once or not at all: even after a power cut a reader sees the old content or the new."""
    _write_at_once(path, lambda partial: partial.write_bytes(content))


def _write_at_once(path: Path, write: Callable[[Path], object]) -> None:
    partial = path.with_name(f"{path.name}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.touch()
        mode = partial.stat().st_mode
        write(partial)
        # The safetensors library gives its files to their owner alone, whatever the umask says.
        partial.chmod(mode)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.") from error
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the renames inside a folder outlive a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any], kind: str
) -> None:
    """Write arrays and metadata to a safetensors file, atomically and byte for byte reproducibly.

    Parameters
    ----------
    path : Path
    arrays : mapping from name to array
    metadata : mapping
        Anything that canonical JSON can hold.
    kind : str
        What the file is ("checkpoint", "history" ...); the reader has to ask for the same kind.
    """
    ordered = {name: np.asarray(arrays[name], order="C") for name in sorted(arrays)}
    digest = _checksum(ordered, kind, dict(metadata))
    content = {"kind": kind, "sha256": digest, "metadata": dict(metadata)}
    text = {_KEY: canonical_json(content)}
    _write_at_once(path, lambda partial: safetensors_numpy.save_file(ordered, partial, metadata=text))


def read_arrays(path: Path, kind: str) -> tuple[Arrays, dict[str, Any]]:
    """Read a file of `write_arrays`: its arrays and its metadata.

    Raises
    ------
    StoreError
        If the file is missing, torn, foreign or of another kind, or its content does not fit its checksum.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            header = json.loads((file.metadata() or {})[_KEY])
            arrays = {name: np.asarray(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
        metadata = header["metadata"]
        whole = header["kind"] == kind and header["sha256"] == _checksum(arrays, kind, metadata)
    except FileNotFoundError as error:
        raise StoreError(f"{path} does not exist; expected a {kind} file of gossamer.") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (SafetensorError, InternalError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(path, kind) from error
    if not whole or not isinstance(metadata, dict):
        raise _damaged(path, kind)
    return arrays, metadata


def _damaged(path: Path, kind: str) -> StoreError:
    return StoreError(f"{path} is not a whole {kind} file of gossamer; delete it or restore a copy.")


def _checksum(arrays: Mapping[str, NDArray[Any]], kind: str, metadata: Any) -> str:
    digest = hashlib.sha256(canonical_json([kind, metadata]).encode())
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        digest.update(canonical_json([name, array.dtype.str, list(array.shape)]).encode())
        digest.update(array.data.cast("B") if array.size else b"")
    return digest.hexdigest()
