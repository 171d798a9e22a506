"""Samples from a file, for prediction: what labels it may have are not used."""

from pathlib import Path
from typing import Any

from gossamer.data.files import read_path
from gossamer.data.idx import read_idx
from gossamer.data.npy import Archive, read_npy
from gossamer.data.npz import SPARSE_KEYS
from gossamer.data.table import read_columns
from gossamer.errors import DataError

_NAMES = ("x", "x_test", "x_train")


def read_samples(path: Path, label_column: str | int | None = None) -> Any:
    """Samples as they are in a file, before any scaling.

    Parameters
    ----------
    path : Path
        ``.npy``; ``.npz`` with an array ``x``, ``x_test`` or ``x_train``, or one array alone, or a SciPy CSR
        matrix; ``.csv`` or ``.tsv``, as `gossamer.data.table` reads them; else an IDX file, gzipped or not.
    label_column : str or int, optional
        Column of a table that is left out: its name in the header, or its number from 0; negative numbers
        count from the end.

    Returns
    -------
    array [n, ...] or SciPy CSR array [n, d]

    Raises
    ------
    DataError
        If the file cannot be read or is not as above.
    """
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return read_npy(path)
    if suffix == ".npz":
        return _read_npz(path)
    if suffix in (".csv", ".tsv"):
        return read_columns(path, label_column)[0]
    return read_idx(path)


def _read_npz(path: Path) -> Any:
    with Archive(path) as archive:
        names = {name.lower(): name for name in archive.names}
        if not SPARSE_KEYS.issubset(names):
            found = next((name for name in _NAMES if name in names), next(iter(names), ""))
            if found not in _NAMES and len(names) != 1:
                raise DataError(
                    f"{path} holds the arrays {', '.join(archive.names) or '(none)'}; "
                    f"one of {', '.join(_NAMES)}, or one array alone, is expected."
                )
            return archive.read(names[found])
    return read_path(path, -1).train.inputs
