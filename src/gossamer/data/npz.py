"""Data sets in .npz files, dense or SciPy-sparse.

Dense: arrays ``x_train``, ``y_train`` and, for a test part, ``x_test``, ``y_test``; or ``x`` and ``y`` for
samples that are split here; ``data.input_array`` and ``data.label_array`` name others. Capitals do not
matter. Samples come first: shape (n, d), or (n, height, width) for images. Labels are integers, strings, or
one-hot rows; an array ``class_names`` of strings may name the classes 0 .. C - 1.

Sparse: what `scipy.sparse.save_npz` writes from a CSR, CSC or COO matrix, with one row a sample. Labels are
an array ``labels`` in the same file, or stand in a file beside it that is called the same with
``.labels.npy`` in place of ``.npz``.
"""

from pathlib import Path

from gossamer.data.arrays import named_arrays
from gossamer.data.columns import Reading
from gossamer.data.config import DataConfig
from gossamer.data.npy import Archive, read_npy
from gossamer.data.source import Part, Source
from gossamer.data.sparse import is_sparse, sparse_inputs
from gossamer.errors import DataError


def read_npz(path: Path, config: DataConfig) -> Source:
    """Data set of an .npz file: sparse if it has SciPy's keys, else dense; this module's docstring has both.

    Raises
    ------
    DataError
        If the file cannot be read, is damaged or hostile, or arrays are missing.
    """
    with Archive(path) as archive:
        if is_sparse(archive):
            return _sparse_source(archive)
        return _dense_source(archive, config)


def _dense_source(archive: Archive, config: DataConfig) -> Source:
    names = {name.lower(): name for name in archive.names}
    arrays = [name for name in archive.names if name.lower() != "class_names"]
    pairs = named_arrays(archive.path, arrays, config)
    parts = [Part(archive.read(inputs), archive.read(labels)) for inputs, labels in pairs]
    class_names = None
    if "class_names" in names:
        array = archive.read(names["class_names"])
        if array.ndim != 1 or array.dtype.kind != "U":
            raise DataError(f"{archive.path} has class names that are not a row of strings.")
        class_names = tuple(array.tolist())
    return Source(
        archive.path.name,
        parts[0],
        parts[1] if len(parts) > 1 else None,
        f"file {archive.path.name}",
        class_names=class_names,
        reading=Reading(
            format=".npz", label=f"array {pairs[0][1]}", label_reason=f"samples: array {pairs[0][0]}"
        ),
    )


def _sparse_source(archive: Archive) -> Source:
    matrix = sparse_inputs(archive)
    if "labels" in archive.names:
        labels, place = archive.read("labels"), "array labels"
    else:
        beside = archive.path.with_suffix(".labels.npy")
        if not beside.is_file():
            raise DataError(
                f"{archive.path} has no labels; add an array 'labels' to it or put them into {beside}."
            )
        labels, place = read_npy(beside), f"file {beside.name}"
    return Source(
        archive.path.name,
        Part(matrix, labels),
        None,
        f"file {archive.path.name}",
        reading=Reading(format="sparse .npz", label=place),
    )
