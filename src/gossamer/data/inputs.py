"""Features of any numeric type -> the two that the engine reads: bytes, or finite float32."""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from gossamer.data.limits import MAX_FEATURES
from gossamer.errors import DataError

SparseArray: TypeAlias = csr_array[Any, tuple[int, int]]
InputArray: TypeAlias = NDArray[np.uint8] | NDArray[np.float32] | SparseArray

BLOCK_ROWS = 4096


def as_inputs(values: Any, what: str) -> tuple[InputArray, tuple[int, ...] | None]:
    """One sample a row, as the engine wants it.

    Parameters
    ----------
    values : array or SciPy sparse matrix
        Booleans, integers or real numbers, shape (n, ...); sparse: (n, d).
    what : str
        How an error names the array.

    Returns
    -------
    inputs : uint8 array (from bool and uint8), else float32 array, shape (n, d); CSR of float32 for sparse
    values
        Rows of a CSR are sorted, without duplicates and without stored zeros.
    shape : tuple of int or None
        Shape of one sample when it has more than one dimension.

    Raises
    ------
    DataError
        For other types, for NaN, infinities and numbers too large for float32, and for samples without
        features.
    """
    if issparse(values):
        return _sparse_inputs(values, what), None
    refuse_masked(values, what)
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what} has values of type {array.dtype}; real numbers are expected.")
    if array.ndim < 2:
        raise DataError(f"{what} has shape {array.shape}; one row a sample is expected.")
    shape = tuple(int(side) for side in array.shape[1:])
    _check_features(math.prod(shape), what)
    flat = array.reshape(len(array), math.prod(shape))
    if flat.dtype.kind == "b" or flat.dtype == np.uint8:
        return np.ascontiguousarray(flat, dtype=np.uint8), shape if len(shape) > 1 else None
    return _finite_float32(flat, what), shape if len(shape) > 1 else None


def refuse_masked(values: Any, what: str) -> None:
    """Refuse a masked array: what is below its mask would be used as if it were there.

    Raises
    ------
    DataError
        If any value is masked.
    """
    if np.ma.isMaskedArray(values) and np.ma.getmaskarray(values).any():
        place = ", ".join(str(int(axis)) for axis in np.argwhere(np.ma.getmaskarray(values))[0])
        raise DataError(
            f"{what} has a masked value at position ({place}), counted from 0; fill masked values in, for "
            "example with numpy.ma.filled, or leave those samples out."
        )


def all_finite(inputs: InputArray) -> bool:
    """Whether every stored number is finite; works in blocks, so it needs little memory."""
    values = inputs if isinstance(inputs, np.ndarray) else inputs.data
    if values.dtype.kind != "f":
        return True
    return all(
        bool(np.isfinite(values[start : start + BLOCK_ROWS]).all())
        for start in range(0, len(values), BLOCK_ROWS)
    )


def _check_features(features: int, what: str) -> None:
    if not 1 <= features <= MAX_FEATURES:
        raise DataError(f"{what} has {features} features a sample; 1 to {MAX_FEATURES} are expected.")


def _finite_float32(values: NDArray[Any], what: str) -> NDArray[np.float32]:
    # The overflow of a large float64 gives an infinity, which is refused just below.
    with np.errstate(over="ignore", invalid="ignore"):
        converted = np.ascontiguousarray(values, dtype=np.float32)
    if not all_finite(converted):
        place = ", ".join(str(int(axis)) for axis in np.argwhere(~np.isfinite(converted))[0])
        raise DataError(
            f"{what} holds {values[~np.isfinite(converted)].flat[0]} at position ({place}), counted from 0; "
            "finite float32 numbers are expected."
        )
    return converted


def _finite_data(matrix: SparseArray, what: str) -> NDArray[np.float32]:
    """Stored values in float32; one that is not finite is named by its row and column."""
    with np.errstate(over="ignore", invalid="ignore"):
        data = np.ascontiguousarray(matrix.data, dtype=np.float32)
    wrong = np.flatnonzero(~np.isfinite(data))
    if len(wrong):
        row = int(np.searchsorted(matrix.indptr, wrong[0], side="right")) - 1
        raise DataError(
            f"{what} holds {matrix.data[wrong[0]]} in row {row}, column {int(matrix.indices[wrong[0]])}, "
            "counted from 0; finite float32 numbers are expected."
        )
    return data


def _sparse_inputs(values: Any, what: str) -> SparseArray:
    if values.ndim != 2:
        raise DataError(f"{what} has {values.ndim} dimensions; one row a sample is expected.")
    if values.dtype.kind not in "biuf":
        raise DataError(f"{what} has values of type {values.dtype}; real numbers are expected.")
    _check_features(int(values.shape[1]), what)
    matrix = csr_array(values, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    data = _finite_data(matrix, what)
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
