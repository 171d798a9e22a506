"""Sparse matrices in .npz files, as `scipy.sparse.save_npz` writes them, with indices that were checked."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from gossamer.data.inputs import SparseArray
from gossamer.data.limits import MAX_FEATURES
from gossamer.data.npy import Archive
from gossamer.errors import DataError

_KEYS = {"csr": ("indices", "indptr"), "csc": ("indices", "indptr"), "coo": ("row", "col")}


def is_sparse(archive: Archive) -> bool:
    """Whether an .npz file holds a sparse matrix."""
    return {"format", "shape", "data"} <= set(archive.names)


def sparse_inputs(archive: Archive) -> SparseArray:
    """Sparse matrix of an .npz file in CSR format, from CSR, CSC or COO; SciPy itself trusts indices.

    Raises
    ------
    DataError
        If the format is another one, arrays are missing, or indices do not fit the shape.
    """
    path = archive.path
    layout = archive.read("format")
    name = layout.item() if layout.ndim == 0 else None
    name = name.decode("latin-1") if isinstance(name, bytes) else name
    if name not in _KEYS:
        raise DataError(
            f"{path} holds a sparse matrix that is not in CSR, CSC or COO format; convert it by .tocsr() "
            "before saving."
        )
    lacking = [key for key in _KEYS[name] if key not in archive.names]
    if lacking:
        raise DataError(f"{path} holds a sparse matrix without its array {lacking[0]}; save it again.")
    shape, data = archive.read("shape"), archive.read("data")
    first, second = (archive.read(key) for key in _KEYS[name])
    if shape.shape != (2,) or any(array.dtype.kind not in "iu" for array in (shape, first, second)):
        raise DataError(f"{path} holds a sparse matrix whose shape or indices are not integers.")
    n, d = (int(side) for side in shape)
    if not 1 <= d <= MAX_FEATURES or n < 1 or data.ndim != 1 or first.shape != data.shape:
        raise DataError(
            f"{path} holds a sparse matrix of shape ({n}, {d}) that does not fit its {first.size} indices "
            f"and {data.size} values."
        )
    if name == "coo":
        return _from_pairs(path, n, d, data, first.astype(np.int64), second.astype(np.int64))
    rows, columns = (n, d) if name == "csr" else (d, n)
    _check_compressed(path, rows, columns, len(data), first, second)
    matrix = csr_array((data, first.astype(np.int64), second.astype(np.int64)), shape=(rows, columns))
    return matrix if name == "csr" else csr_array(matrix.T)


def _check_compressed(
    path: Path, rows: int, columns: int, stored: int, indices: NDArray[Any], offsets: NDArray[Any]
) -> None:
    if offsets.size != rows + 1 or offsets.ndim != 1:
        raise DataError(
            f"{path} holds a sparse matrix of shape ({rows}, {columns}) that does not fit its {offsets.size} "
            "offsets; save it again."
        )
    offsets, indices = offsets.astype(np.int64), indices.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != stored or (np.diff(offsets) < 0).any():
        raise DataError(f"{path} holds a sparse matrix with row offsets that do not rise from 0 to {stored}.")
    if stored and not 0 <= indices.min() <= indices.max() < columns:
        raise DataError(f"{path} holds a sparse matrix with column numbers outside 0 to {columns - 1}.")


def _from_pairs(
    path: Path, n: int, d: int, data: NDArray[Any], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> SparseArray:
    for indices, side in ((rows, n), (columns, d)):
        if indices.shape != data.shape or (len(data) and not 0 <= indices.min() <= indices.max() < side):
            raise DataError(f"{path} holds a sparse matrix with indices outside its shape ({n}, {d}).")
    return csr_array(coo_array((data, (rows, columns)), shape=(n, d)))
