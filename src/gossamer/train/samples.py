"""Samples from a file, for prediction, and the labels that it may have beside them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data import DataConfig, Schema
from gossamer.data.files import LIBSVM, TABLES, read_path, suffix_of
from gossamer.data.idx import read_idx
from gossamer.data.label_columns import with_label_columns
from gossamer.data.libsvm import read_libsvm_inputs
from gossamer.data.mat import read_mat_inputs
from gossamer.data.npy import Archive, read_npy
from gossamer.data.source import Source
from gossamer.data.sparse import is_sparse, sparse_inputs
from gossamer.data.table import read_rows
from gossamer.data.targets import encode_targets
from gossamer.errors import DataError

if TYPE_CHECKING:
    from gossamer.train.run import Run

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


def read_labels(path: Path, run: "Run", config: DataConfig) -> Any:
    """Labels that a file has beside its samples, in the form that scores of the run's task take.

    Parameters
    ----------
    path : Path
        As of `read_samples`, with labels as a file for training has them.
    run : Run
        Class names are matched by their words, so that the order of the classes does not count.
    config : DataConfig
        How the training data were read; the same holds here.

    Returns
    -------
    array
        Class numbers of the run uint32 [n], values float64 [n, k], or zeros and ones uint8 [n, k].

    Raises
    ------
    DataError
        If the file has no labels, two sets of samples, or a label that the run does not know.
    """
    found = config.model_copy(update={"name": str(path)})
    source = with_label_columns(read_path(path, found), found)
    if source.test is not None:
        raise DataError(f"{path} holds training and test samples; give a file with one set of labels.")
    if config.task == "classification":
        return _class_numbers(path, source, run)
    targets = encode_targets(config.task, [source.train.labels], source.class_names, f"'{path.name}'")
    labels = targets.parts[0]
    if labels.shape[1] != len(run.data.target_names):
        raise DataError(
            f"{path} has {labels.shape[1]} columns of labels, expected {len(run.data.target_names)}: "
            f"{', '.join(run.data.target_names)}."
        )
    return labels


def _class_numbers(path: Path, source: Source, run: "Run") -> NDArray[np.uint32]:
    """Labels as the run's class numbers: one class alone will do here, which it does not for training."""
    labels = np.asarray(source.train.labels)
    if labels.ndim == 1 and labels.dtype.kind in "iuUSO":
        words, places = np.unique(labels.astype(str), return_inverse=True)
        names = words.tolist()
    else:
        targets = encode_targets("classification", [labels], source.class_names, f"'{path.name}'")
        names, places = list(targets.class_names), targets.parts[0]
    known = {name: number for number, name in enumerate(run.data.class_names)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise DataError(
            f"{path} has the class {unknown[0]!r}, which the run does not know; its classes are "
            f"{', '.join(run.data.class_names[:20])}."
        )
    return np.array([known[name] for name in names], np.uint32)[places]
