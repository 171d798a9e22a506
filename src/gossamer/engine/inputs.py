"""Network inputs: stored samples and the affine map that turns them into numbers, checked once."""

from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from gossamer.errors import DataError

_CHUNK = 1 << 22


class HasInputs(Protocol):
    """Part of a data set with ``inputs`` (a `gossamer.data.Split`)."""

    @property
    def inputs(self) -> Any:
        """Stored samples [n, d]."""


class HasScaling(Protocol):
    """A data set with ``input_scale`` and ``input_shift`` (a `gossamer.data.Dataset`)."""

    @property
    def input_scale(self) -> NDArray[np.float32]:
        """Scale of each feature, float32 [d]."""

    @property
    def input_shift(self) -> NDArray[np.float32]:
        """Shift of each feature, float32 [d]."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """Samples u of a network and the map x = u * scale + shift to the values of its input neurons.

    Parameters
    ----------
    values : uint8 or float32 array [n, d], C-contiguous, or SciPy CSR array [n, d] of float32
        CSR rows hold each column at most once, in ascending order.
    scale, shift : float32 arrays [d]
        For CSR `shift` must be 0, so that what is not stored stays 0.

    Attributes
    ----------
    indptr : int64 array [n + 1], indices : uint32 array [stored], data : float32 array [stored]
        The three arrays of CSR samples; empty for dense ones.

    Raises
    ------
    DataError
        If a shape, type, index or number is not as above.
    """

    values: Any
    scale: NDArray[np.float32]
    shift: NDArray[np.float32]
    indptr: NDArray[np.int64] = field(init=False, repr=False)
    indices: NDArray[np.uint32] = field(init=False, repr=False)
    data: NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = _csr_parts(self.values) if issparse(self.values) else _dense_parts(self.values)
        for name, array in zip(("indptr", "indices", "data"), parts, strict=True):
            object.__setattr__(self, name, array)
        for name in ("scale", "shift"):
            vector = np.ascontiguousarray(getattr(self, name), dtype=np.float32)
            if vector.shape != (self.n_features,) or not np.isfinite(vector).all():
                raise DataError(
                    f"The inputs' {name} has shape {vector.shape}, expected {self.n_features} finite numbers."
                )
            object.__setattr__(self, name, vector)
        if self.sparse and self.shift.any():
            raise DataError(
                "Sparse inputs have a shift other than 0, which would fill them; use scaling without one."
            )

    @classmethod
    def of(cls, split: HasInputs, dataset: HasScaling) -> Self:
        """Inputs of one split of a data set, scaled as the data set says."""
        return cls(split.inputs, dataset.input_scale, dataset.input_shift)

    @classmethod
    def plain(cls, values: Any) -> Self:
        """Inputs without scaling: x = u."""
        d = values.shape[1] if getattr(values, "ndim", 0) == 2 else 0
        return cls(values, np.ones(d, np.float32), np.zeros(d, np.float32))

    @classmethod
    def unscaled(cls, values: Any) -> Self:
        """Inputs from an array of numbers of any type, or a SciPy sparse array, without scaling: x = u.

        Raises
        ------
        DataError
            If it is not of shape [n, d], or holds no finite float32 numbers.
        """
        if issparse(values):
            matrix: Any = values
            return cls.plain(csr_array(matrix.astype(np.float32)))
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise DataError(f"The inputs have type {array.dtype}; real numbers are expected.")
        return cls.plain(np.ascontiguousarray(array, dtype=np.float32))

    @property
    def sparse(self) -> bool:
        """Whether the samples are stored as CSR."""
        return not isinstance(self.values, np.ndarray)

    @property
    def n_samples(self) -> int:
        """Number of samples n."""
        return int(self.values.shape[0])

    @property
    def n_features(self) -> int:
        """Number of features d, one for each input neuron."""
        return int(self.values.shape[1])

    def dense(self, ids: NDArray[np.integer], dtype: Any = np.float32) -> NDArray[Any]:
        """Scaled values of the samples `ids`, rounded once: array [len(ids), d] of `dtype`."""
        rows = self.values[ids]
        u = (rows.toarray() if self.sparse else rows).astype(np.float64)
        return np.asarray(u * self.scale + self.shift, dtype)


def _dense_parts(values: Any) -> tuple[NDArray[Any], ...]:
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype not in (np.uint8, np.float32):
        got = (
            f"{values.dtype} of shape {values.shape}"
            if isinstance(values, np.ndarray)
            else type(values).__name__
        )
        raise DataError(
            f"The inputs are {got}, expected a uint8 or float32 array [samples, features] or SciPy CSR."
        )
    if not values.flags.c_contiguous:
        raise DataError("The inputs are not C-contiguous; pass them through numpy.ascontiguousarray.")
    if values.dtype == np.float32 and not _all_finite(values):
        raise DataError(
            "The inputs hold NaN or infinite values, expected finite numbers; remove or replace them."
        )
    return np.zeros(0, np.int64), np.zeros(0, np.uint32), np.zeros(0, np.float32)


def _csr_parts(values: Any) -> tuple[NDArray[Any], ...]:
    if not isinstance(values, csr_array) or values.dtype != np.float32:
        raise DataError(
            f"The sparse inputs are {type(values).__name__} of {values.dtype}, expected a csr_array of "
            "float32; use scipy.sparse.csr_array(x, dtype='float32')."
        )
    n, d = values.shape
    indptr, indices, data = values.indptr, values.indices, values.data
    if (
        indptr.shape != (n + 1,)
        or indptr[0] != 0
        or (indptr[1:] < indptr[:-1]).any()
        or indptr[-1] != len(indices)
    ):
        raise DataError(
            "The row offsets of the sparse inputs do not ascend from 0 to the number of stored values."
        )
    if len(data) != len(indices) or (len(indices) and (indices.min() < 0 or indices.max() >= d)):
        raise DataError(f"The sparse inputs hold a column index outside [0, {d}).")
    row_starts = indptr[1:-1][(indptr[1:-1] > 0) & (indptr[1:-1] < len(indices))]
    ascends = indices[1:] > indices[:-1]
    ascends[row_starts - 1] = True
    if not ascends.all():
        raise DataError(
            "A row of the sparse inputs repeats or misorders a column; call its sum_duplicates() first."
        )
    if not _all_finite(data):
        raise DataError("The sparse inputs hold NaN or infinite values, expected finite numbers.")
    return indptr.astype(np.int64), indices.astype(np.uint32), np.ascontiguousarray(data)


def _all_finite(values: NDArray[np.float32]) -> bool:
    """Whether all of a contiguous array is finite, without a temporary of its size."""
    flat = values.reshape(-1)
    return all(np.isfinite(flat[k : k + _CHUNK]).all() for k in range(0, flat.size, _CHUNK))
