"""Scaling of inputs: x = u * scale + shift, fitted on the training part only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gossamer.data.inputs import BLOCK_ROWS, InputArray, SparseArray
from gossamer.errors import DataError

ScalingName = Literal["unit", "standardise", "none"]


@dataclass(frozen=True, eq=False)
class Scaling:
    """The map from features u, as they are in the source, to network inputs: x = u * scale + shift.

    Parameters
    ----------
    scale, shift : float64 arrays, shape (d,)
    """

    scale: NDArray[np.float64]
    shift: NDArray[np.float64]

    def __post_init__(self) -> None:
        self.scale.flags.writeable = self.shift.flags.writeable = False

    def apply(self, inputs: InputArray) -> NDArray[np.float32] | SparseArray:
        """Scaled copy of `inputs`, shape (n, d), in float32; a CSR stays one (the shift is then 0).

        Raises
        ------
        DataError
            If the number of features differs, or a result is too large for float32.
        """
        if inputs.shape[1] != len(self.scale):
            raise DataError(f"There are {inputs.shape[1]} features; {len(self.scale)} are expected.")
        with np.errstate(over="ignore"):
            result = self._scaled(inputs)
        values = result if isinstance(result, np.ndarray) else result.data
        if not np.isfinite(values).all():
            raise DataError(
                "A scaled input is too large for float32: the training part varies far less in a feature "
                "than the rest does; use scaling = 'none' or clean that feature."
            )
        return result

    def _scaled(self, inputs: InputArray) -> NDArray[np.float32] | SparseArray:
        if isinstance(inputs, np.ndarray):
            result = np.empty(inputs.shape, np.float32)
            for start in range(0, len(inputs), BLOCK_ROWS):
                block = slice(start, start + BLOCK_ROWS)
                result[block] = inputs[block] * self.scale + self.shift
            return result
        data = (inputs.data * self.scale[inputs.indices]).astype(np.float32)
        return csr_array((data, inputs.indices, inputs.indptr), shape=inputs.shape)


def meant(parts: Sequence[InputArray], shape: tuple[int, ...] | None) -> list[InputArray]:
    """The inputs of all parts in the type that their numbers mean, whatever type they came in.

    Images of whole numbers from 0 to 255, some of them above 1, are grey levels and become bytes; all else
    becomes float32. So the same numbers give the same arrays, and zeros and ones are never taken for dark
    grey.

    Parameters
    ----------
    parts : sequence of uint8, float32 or CSR inputs
        Each of shape (n, d).
    shape : tuple of int or None
        Shape of one sample where it is an image.
    """
    dense = [part for part in parts if isinstance(part, np.ndarray)]
    if len(dense) < len(parts):
        return list(parts)
    if shape is not None and all(map(_are_bytes, dense)) and any(part.max(initial=0) > 1 for part in dense):
        return [np.ascontiguousarray(part, dtype=np.uint8) for part in dense]
    return [np.ascontiguousarray(part, dtype=np.float32) for part in dense]


def _are_bytes(values: NDArray[np.uint8] | NDArray[np.float32]) -> bool:
    """Whether all are whole numbers of 0 to 255."""
    if values.dtype == np.uint8:
        return True
    blocks = (values[start : start + BLOCK_ROWS] for start in range(0, len(values), BLOCK_ROWS))
    return all(bool(((b >= 0) & (b <= 255) & (b == np.floor(b))).all()) for b in blocks)


def fit_scaling(name: ScalingName, train: InputArray, maximum: float | None) -> Scaling:
    """Scaling of a data set from its training inputs.

    Parameters
    ----------
    name : "unit", "standardise" or "none"
        ``unit`` divides by the largest value that the source can hold: `maximum` where it is known (255 for
        images of bytes, 16 for ``digits``), else, feature by feature, the largest absolute value of the
        training part.
        ``standardise`` subtracts the mean and divides by the standard deviation (divisor n) of the training
        part; sparse inputs are only divided, because a shift would make them dense.
    train : uint8, float32 or CSR inputs
        Shape (n, d).
    maximum : float or None
        Largest value that the source can hold, where it is known.

    Returns
    -------
    Scaling
        A feature that is constant over the training part tells nothing: `standardise` gives it scale 0 and
        shift 0, so that the network sees 0 there whatever comes later. Under `unit` a feature that is always
        0 keeps scale 1.
    """
    d = int(train.shape[1])
    if name == "none":
        return Scaling(np.ones(d), np.zeros(d))
    if name == "unit":
        largest = np.full(d, maximum) if maximum is not None else _largest(train)
        return Scaling(1.0 / np.where(largest > 0, largest, 1.0), np.zeros(d))
    return _standardise(train)


def _largest(train: InputArray) -> NDArray[np.float64]:
    low, high = _extremes(train)
    return np.maximum(np.abs(low), np.abs(high))


def _extremes(train: InputArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if isinstance(train, np.ndarray):
        return train.min(axis=0).astype(np.float64), train.max(axis=0).astype(np.float64)
    low, high = (
        getattr(train, name)(axis=0).toarray().astype(np.float64).reshape(-1) for name in ("min", "max")
    )
    return low, high


def _standardise(train: InputArray) -> Scaling:
    low, high = _extremes(train)
    mean, deviation = _moments(train)
    # The spread is compared exactly: rounding could give a constant feature a tiny deviation, and so a huge
    # scale.
    with np.errstate(divide="ignore"):
        scale = np.where(high > low, 1.0 / deviation, 0.0)
    scale[~(scale < np.finfo(np.float32).max)] = 0.0
    shift = -mean * scale if isinstance(train, np.ndarray) else np.zeros(len(scale))
    return Scaling(scale, shift)


def _moments(train: InputArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n, d = train.shape
    if not isinstance(train, np.ndarray):
        mean = np.bincount(train.indices, weights=train.data, minlength=d) / n
        stored = np.bincount(train.indices, minlength=d)
        squares = np.bincount(train.indices, weights=(train.data - mean[train.indices]) ** 2, minlength=d)
        return mean, np.sqrt((squares + (n - stored) * mean**2) / n)
    blocks = [train[start : start + BLOCK_ROWS] for start in range(0, n, BLOCK_ROWS)]
    mean = np.sum([block.sum(axis=0, dtype=np.float64) for block in blocks], axis=0) / n
    squares = np.sum([((block - mean) ** 2).sum(axis=0) for block in blocks], axis=0)
    return mean, np.sqrt(squares / n)
