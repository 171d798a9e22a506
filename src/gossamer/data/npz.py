"""Data sets in .npz files, dense or SciPy-sparse.

Dense: arrays ``x_train``, ``y_train`` and, for a test part, ``x_test``, ``y_test``; or ``x`` and ``y`` for
samples that are split here. Capitals do not matter. Samples come first: shape (n, d), or (n, height, width)
for images. Labels are integers, strings, or one-hot rows; an array ``class_names`` of strings may name the
classes 0 .. C - 1.

Sparse: what `scipy.sparse.save_npz` writes from a CSR matrix, with one row a sample. Labels are an array
``labels`` in the same file, or stand in a file beside it that is called the same with ``.labels.npy`` in
place of ``.npz``.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gossamer.data.inputs import SparseArray
from gossamer.data.limits import MAX_FEATURES
from gossamer.data.npy import Archive, read_npy
from gossamer.data.source import Part, Source
from gossamer.errors import DataError

SPARSE_KEYS = frozenset({"format", "shape", "data", "indices", "indptr"})


def read_npz(path: Path) -> Source:
    """Data set of an .npz file: sparse if it has SciPy's keys, else dense; this module's docstring has both.

    Raises
    ------
    DataError
        If the file cannot be read, is damaged or hostile, or arrays are missing.
    """
    with Archive(path) as archive:
        if SPARSE_KEYS.issubset(archive.names):
            return _sparse_source(archive)
        return _dense_source(archive)


def _dense_source(archive: Archive) -> Source:
    names = {name.lower(): name for name in archive.names}
    pairs = [("x_train", "y_train"), ("x", "y")]
    present = [pair for pair in pairs if set(pair) <= names.keys()]
    if not present:
        raise DataError(
            f"{archive.path} holds the arrays {', '.join(archive.names) or '(none)'}; x_train and y_train "
            "(and x_test, y_test), or x and y, are expected."
        )
    train = Part(*(archive.read(names[name]) for name in present[0]))
    test = None
    if "x_test" in names or "y_test" in names:
        if not {"x_test", "y_test"} <= names.keys():
            raise DataError(f"{archive.path} has only one of x_test and y_test; give both or neither.")
        test = Part(archive.read(names["x_test"]), archive.read(names["y_test"]))
    class_names = None
    if "class_names" in names:
        array = archive.read(names["class_names"])
        if array.ndim != 1 or array.dtype.kind != "U":
            raise DataError(f"{archive.path} has class names that are not a row of strings.")
        class_names = tuple(array.tolist())
    return Source(archive.path.name, train, test, f"file {archive.path.name}", class_names=class_names)


def _sparse_source(archive: Archive) -> Source:
    arrays = {name: archive.read(name) for name in SPARSE_KEYS}
    if "labels" in archive.names:
        labels = archive.read("labels")
    else:
        beside = archive.path.with_suffix(".labels.npy")
        if not beside.is_file():
            raise DataError(
                f"{archive.path} has no labels; add an array 'labels' to it or put them into {beside}."
            )
        labels = read_npy(beside)
    matrix = _csr(arrays, archive.path)
    return Source(archive.path.name, Part(matrix, labels), None, f"file {archive.path.name}")


def _csr(arrays: dict[str, NDArray[Any]], path: Path) -> SparseArray:
    """CSR array whose indices were all checked: SciPy itself trusts them."""
    layout = arrays["format"]
    if layout.ndim or layout != (b"csr" if layout.dtype.kind == "S" else "csr"):
        raise DataError(
            f"{path} holds a sparse matrix that is not in CSR format; convert it by .tocsr() before saving."
        )
    shape, offsets, columns, data = (arrays[name] for name in ("shape", "indptr", "indices", "data"))
    if shape.shape != (2,) or any(a.dtype.kind not in "iu" for a in (shape, offsets, columns)):
        raise DataError(f"{path} holds a sparse matrix whose shape or indices are not integers.")
    n, d = (int(side) for side in shape)
    if (
        not 1 <= d <= MAX_FEATURES
        or n < 1
        or offsets.shape != (n + 1,)
        or columns.shape != data.shape
        or data.ndim != 1
    ):
        raise DataError(
            f"{path} holds a sparse matrix of shape ({n}, {d}) that does not fit its {offsets.size} row "
            f"offsets, {columns.size} column numbers and {data.size} values."
        )
    offsets, columns = offsets.astype(np.int64), columns.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != len(data) or (np.diff(offsets) < 0).any():
        raise DataError(
            f"{path} holds a sparse matrix with row offsets that do not rise from 0 to {len(data)}."
        )
    if len(data) and not 0 <= columns.min() <= columns.max() < d:
        raise DataError(f"{path} holds a sparse matrix with column numbers outside 0 to {d - 1}.")
    return csr_array((data, columns, offsets), shape=(n, d))
