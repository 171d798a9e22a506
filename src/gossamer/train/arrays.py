"""Named arrays in the safetensors format: the same bytes for the same content.

Metadata is one canonical-JSON text under one key, because the file format keeps several in no fixed order.
"""

import errno
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors import numpy as safetensors_numpy

from gossamer.errors import InternalError, StoreError
from gossamer.files import replacing
from gossamer.train.canonical import canonical_json

Arrays = dict[str, NDArray[Any]]

_KEY = "gossamer"


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
    ordered, text = _ready(arrays, metadata, kind)
    with replacing(path) as partial:
        try:
            safetensors_numpy.save_file(ordered, partial, metadata=text)
        except SafetensorError as error:
            # The library tells the system's error in words alone.
            number = re.search(r"os error (\d+)", str(error))
            raise OSError(int(number[1]) if number else errno.EIO, str(error)) from error


def arrays_bytes(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any], kind: str) -> bytes:
    """What `write_arrays` would write."""
    ordered, text = _ready(arrays, metadata, kind)
    return safetensors_numpy.save(ordered, metadata=text)


def _ready(
    arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any], kind: str
) -> tuple[Arrays, dict[str, str]]:
    """Arrays in the order of the file, and the text that describes them."""
    ordered = {name: np.asarray(arrays[name], order="C") for name in sorted(arrays)}
    digest = _checksum(ordered, kind, dict(metadata))
    return ordered, {_KEY: canonical_json({"kind": kind, "sha256": digest, "metadata": dict(metadata)})}


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


def expect(
    arrays: Mapping[str, NDArray[Any]],
    name: str,
    kind: str,
    shape: tuple[int | None, ...],
    *,
    low: float | None = None,
    high: float | None = None,
) -> NDArray[Any]:
    """Array of that name, held to what a reader relies on.

    Parameters
    ----------
    arrays : mapping
    name : str
    kind : str
        Kinds that its type may have, as in ``dtype.kind``; numbers with a fraction have to be finite.
    shape : tuple
        None stands for any length.
    low, high : float, optional
        The values have to lie in [low, high].

    Raises
    ------
    StoreError
        Names the array and what is wrong with it.
    """
    if name not in arrays:
        raise StoreError(f"There is no array {name!r}; the file is damaged.")
    array = arrays[name]
    fits = len(shape) == array.ndim and all(n in (None, m) for n, m in zip(shape, array.shape, strict=True))
    if array.dtype.kind not in kind or not fits:
        wanted = "".join(f"{'any' if n is None else n}, " for n in shape)
        raise StoreError(
            f"The array {name!r} is {array.dtype} of shape {array.shape}, expected kind {kind!r} of shape "
            f"({wanted.rstrip()}); the file is damaged."
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise StoreError(f"The array {name!r} has values that are not finite; the file is damaged.")
    if array.size and ((low is not None and array.min() < low) or (high is not None and array.max() > high)):
        raise StoreError(f"The array {name!r} has values beyond [{low}, {high}]; the file is damaged.")
    return array


def _damaged(path: Path, kind: str) -> StoreError:
    return StoreError(f"{path} is not a whole {kind} file of gossamer; delete it or restore a copy.")


def _checksum(arrays: Mapping[str, NDArray[Any]], kind: str, metadata: Any) -> str:
    digest = hashlib.sha256(canonical_json([kind, metadata]).encode())
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        digest.update(canonical_json([name, array.dtype.str, list(array.shape)]).encode())
        digest.update(array.data.cast("B") if array.size else b"")
    return digest.hexdigest()
