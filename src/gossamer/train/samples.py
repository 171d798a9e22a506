"""Samples from a file, for prediction: what labels it may have are not used."""

from pathlib import Path
from typing import Any

from gossamer.data import DataConfig, Schema
from gossamer.data.files import LIBSVM, TABLES, suffix_of
from gossamer.data.idx import read_idx
from gossamer.data.libsvm import read_libsvm_inputs
from gossamer.data.mat import read_mat_inputs
from gossamer.data.npy import Archive, read_npy
from gossamer.data.sparse import is_sparse, sparse_inputs
from gossamer.data.table import read_rows
from gossamer.errors import DataError

_NAMES = ("x", "x_test", "x_train")


def read_samples(
    path: Path, schema: Schema, config: DataConfig, label_column: str | int | None = None
) -> Any:
    """Samples as they are in a file, before any scaling.

    Parameters
    ----------
    path : Path
        ``.npy``; ``.npz`` with an array ``x``, ``x_test`` or ``x_train``, or one array alone, or a SciPy
        sparse matrix; ``.mat`` with an array ``X``; a text table or libsvm file by its ending (see
        `gossamer.data.files`); else an IDX file, gzipped or not.
    schema : Schema
        What the training data were: columns of a table are matched by name.
    config : DataConfig
        How the training data were read; the same holds here.
    label_column : str or int, optional
        Column of a table that is left out: its name in the header, or its number from 0; negative numbers
        count from the end.

    Returns
    -------
    array [n, ...] or SciPy CSR array [n, d]
        NaN stands for a missing value of a table, where the training mean is to fill it in.

    Raises
    ------
    DataError
        If the file cannot be read, is not as above, or has other columns than the training data.
    """
    suffix = suffix_of(path)
    if suffix == ".npy":
        return read_npy(path)
    if suffix == ".npz":
        return _read_npz(path, config)
    if suffix == ".mat":
        return read_mat_inputs(path, config)
    if suffix in LIBSVM:
        return read_libsvm_inputs(path, config.first_index, schema.features)
    if suffix in TABLES:
        return read_rows(path, config, schema, label_column)
    return read_idx(path)


def _read_npz(path: Path, config: DataConfig) -> Any:
    with Archive(path) as archive:
        if is_sparse(archive):
            return sparse_inputs(archive)
        names = {name.lower(): name for name in archive.names}
        if config.input_array in archive.names:
            return archive.read(config.input_array or "")
        found = next((name for name in _NAMES if name in names), next(iter(names), ""))
        if found not in _NAMES and len(names) != 1:
            raise DataError(
                f"{path} holds the arrays {', '.join(archive.names) or '(none)'}; "
                f"one of {', '.join(_NAMES)}, or one array alone, is expected."
            )
        return archive.read(names[found])
