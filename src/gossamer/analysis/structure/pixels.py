"""What the training data say about each input: mean, standard deviation, information on the label."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data import Dataset

Array = NDArray[np.float64]

_BLOCK_VALUES = 1 << 24
_BINS = 8


@dataclass(frozen=True, eq=False)
class Pixels:
    """One number an input neuron, from the training samples.

    Attributes
    ----------
    mean, deviation : float64 [d]
        For images in units of the source, in which pixels can be compared; for other data of the values that
        the network sees. The deviation has divisor n.
    information : float64 [d] or None
        Information of the input on the label in bits; see `label_information`. None without classes.
    """

    mean: Array
    deviation: Array
    information: Array | None


def pixels_of(dataset: Dataset) -> Pixels:
    """Facts on every input from the training part of a data set; O(samples * features)."""
    mean, deviation, information = (np.zeros(dataset.n_features) for _ in range(3))
    classes = dataset.task == "classification"
    for block, values in _column_blocks(dataset.train.inputs):
        mean[block], deviation[block] = values.mean(axis=0), values.std(axis=0)
        if classes:
            information[block] = label_information(values, dataset.train.labels, dataset.n_classes)
    scale, shift = _to_compare(dataset)
    return Pixels(mean * scale + shift, deviation * np.abs(scale), information if classes else None)


def label_information(values: Array, labels: NDArray[np.integer], n_classes: int) -> Array:
    """I(X; Y) of each column X and the label Y in bits, float64 [d].

    X is cut into at most 8 bins of equal width between its smallest and its largest value. The plug-in
    estimate has its first-order bias (K_x - 1)(K_y - 1) / (2 n ln 2) subtracted (Miller and Madow, with
    occupied bins) and is never below 0.

    Parameters
    ----------
    values : float64 [n, d]
    labels : int [n], in [0, n_classes)
    n_classes : int
    """
    n, d = values.shape
    low, high = values.min(axis=0), values.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    # Constant columns fall into one bin and get 0.
    bins = np.minimum((values - low) / width * _BINS, _BINS - 1).astype(np.int64)
    cells = (np.arange(d) * n_classes + labels[:, None].astype(np.int64)) * _BINS + bins
    counts = np.bincount(cells.ravel(), minlength=d * n_classes * _BINS).reshape(d, n_classes, _BINS)
    by_bin, by_class = counts.sum(axis=1), counts.sum(axis=2)
    plug_in = entropy(by_bin) + entropy(by_class) - entropy(counts.reshape(d, -1))
    freedom = ((by_bin > 0).sum(axis=1) - 1) * ((by_class > 0).sum(axis=1) - 1)
    return np.asarray(np.maximum(plug_in - freedom / (2 * n * np.log(2)), 0.0))


def entropy(counts: NDArray[np.int64]) -> Array:
    """Plug-in entropy of each row of counts in bits."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.asarray(-(share * np.log2(np.where(counts > 0, share, 1.0))).sum(axis=1))


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
