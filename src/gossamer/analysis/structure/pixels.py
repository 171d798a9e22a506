"""What the training data say about each input: mean, standard deviation, information on the label."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.structure.information import label_information
from gossamer.data import Dataset

Array = NDArray[np.float64]

_BLOCK_VALUES = 1 << 24


@dataclass(frozen=True, eq=False)
class Pixels:
    """One number an input neuron, from the training samples.

    Attributes
    ----------
    mean, deviation : float64 [d]
        For images in units of the source, in which pixels can be compared; for other data of the values that
        the network sees. The deviation has divisor n.
    information : float64 [d]
        Information of the input on the label in bits; see `information.label_information`.
    shape : tuple of int or None
        Shape of a sample where it is an image.
    """

    mean: Array
    deviation: Array
    information: Array
    shape: tuple[int, ...] | None


def pixels_of(dataset: Dataset) -> Pixels:
    """Facts on every input from the training part of a data set; O(samples * features)."""
    mean, deviation, information = (np.zeros(dataset.n_features) for _ in range(3))
    for block, values in _column_blocks(dataset.train.inputs):
        mean[block], deviation[block] = values.mean(axis=0), values.std(axis=0)
        information[block] = label_information(values, dataset.train.labels, dataset.n_classes)
    scale, shift = _to_compare(dataset)
    return Pixels(mean * scale + shift, deviation * np.abs(scale), information, dataset.image_shape)


def _column_blocks(inputs: Any) -> Iterator[tuple[slice, Array]]:
    """Columns of the samples as float64 [n, some], block after block."""
    sparse = not isinstance(inputs, np.ndarray)
    columns = inputs.tocsc() if sparse else inputs
    n, d = inputs.shape
    width = max(1, _BLOCK_VALUES // n)
    for start in range(0, d, width):
        block = slice(start, min(start + width, d))
        values = columns[:, block]
        yield block, np.asarray(values.toarray() if sparse else values, np.float64)


def _to_compare(dataset: Dataset) -> tuple[Array, Array]:
    """Scale and shift from stored inputs to source units (images), or to what the network sees."""
    if dataset.image_shape is None:
        return dataset.input_scale.astype(np.float64), dataset.input_shift.astype(np.float64)
    if dataset.train.inputs.dtype == np.uint8:
        return np.ones(dataset.n_features), np.zeros(dataset.n_features)
    # A feature that is constant in training may have scale 0; its source value is the shift's then.
    scale, shift = dataset.scaling.scale, dataset.scaling.shift
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale != 0)
    return inverse, -shift * inverse
