"""Data sets in the text format of libsvm, as scikit-learn reads it: ``label index:value index:value ...``."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.datasets import load_svmlight_file

from gossamer.data.columns import Reading
from gossamer.data.inputs import SparseArray
from gossamer.data.limits import MAX_FEATURES
from gossamer.data.source import Part, Source
from gossamer.errors import DataError


def read_libsvm(paths: Sequence[Path], first_index: int) -> Source:
    """Data set of one file, or of one with training and one with test samples.

    Parameters
    ----------
    paths : sequence of Path
        Gzipped or not. Both have as many features as the largest number in either.
    first_index : 0 or 1
        Number of the first feature; a libsvm file counts from 1.

    Raises
    ------
    DataError
        If a file cannot be read or is not in this format.
    """
    found = [_read(path, first_index, None) for path in paths]
    d = max(matrix.shape[1] for matrix, _ in found)
    parts = [
        Part(csr_array((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], d)), labels)
        for matrix, labels in found
    ]
    return Source(
        paths[0].name,
        parts[0],
        parts[1] if len(parts) > 1 else None,
        f"file {paths[0].name}",
        reading=Reading(
            format="libsvm", label="first number of a line", label_reason=f"features from {first_index}"
        ),
    )


def read_libsvm_inputs(path: Path, first_index: int, features: int) -> SparseArray:
    """Samples alone of such a file, shape (n, features).

    Raises
    ------
    DataError
        As `read_libsvm`, and if there are more features.
    """
    return _read(path, first_index, features)[0]


def _read(path: Path, first_index: int, features: int | None) -> tuple[SparseArray, NDArray[Any]]:
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = gzip.GzipFile(fileobj=raw, mode="rb") if compressed else raw
            matrix, labels, queries = load_svmlight_file(
                stream, dtype=np.float64, zero_based=True, query_id=True
            )
    except (EOFError, IndexError, OverflowError, ValueError) as error:
        raise DataError(
            f"{path} is not in the format of libsvm ({error}); 'label index:value ...' is expected in a line."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from error
    if np.any(queries):
        raise DataError(f"{path} ranks by queries (qid), which classification does not; take them out.")
    columns = matrix.indices.astype(np.int64) - first_index
    if len(columns) and columns.min() < 0:
        raise DataError(
            f"{path} has a feature with number 0; say data.first_index=0 if it counts from there."
        )
    d = int(columns.max()) + 1 if len(columns) else 0
    if not matrix.shape[0] or not d:
        raise DataError(f"{path} has no samples with features.")
    if d > MAX_FEATURES or (features is not None and d > features):
        most = MAX_FEATURES if features is None else features
        raise DataError(
            f"{path} has a feature with number {d - 1 + first_index}; {most} features are expected."
        )
    return csr_array((matrix.data, columns, matrix.indptr), shape=(matrix.shape[0], features or d)), labels
