"""The fingerprint of what a run is trained and tested on."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data.inputs import InputArray

FORMAT = "gossamer data 1"


def checksum(parts: Mapping[str, tuple[InputArray, NDArray[Any]]], n_classes: int) -> str:
    """SHA-256 of the decoded arrays of all splits, after subsets were taken and before scaling.

    It covers, split by split, dtype, shape and bytes (C order, little endian) of inputs and labels, and the
    number of classes, which sets the width of the output layer. It does not cover names of classes, image
    shapes or the scaling: scaling is a function of these arrays and of the config, which a run's identity has
    anyway. The same arrays give the same checksum whatever file format they came from.

    Parameters
    ----------
    parts : mapping
        From split name to (inputs, labels), in the order train, validation, test.
    n_classes : int
        Number of classes; 0 for targets that are no classes.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256(f"{FORMAT}\nclasses {n_classes}\n".encode())
    for part, (inputs, labels) in parts.items():
        for name, array in _columns(inputs, labels):
            plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            digest.update(f"{part}.{name} {plain.dtype.name} {list(plain.shape)}\n".encode())
            digest.update(plain.data)
    return digest.hexdigest()


def _columns(inputs: InputArray, labels: NDArray[Any]) -> Iterator[tuple[str, NDArray[np.generic]]]:
    if isinstance(inputs, np.ndarray):
        yield "inputs", inputs
    else:
        # SciPy chooses 32- or 64-bit indices by size; the fingerprint must not see that.
        yield "shape", np.array(inputs.shape, np.int64)
        yield "values", inputs.data
        yield "columns", inputs.indices.astype(np.int64)
        yield "offsets", inputs.indptr.astype(np.int64)
    yield "labels", labels
