"""Data sets in MATLAB's .mat files, up to version 7, as SciPy reads them.

Arrays ``X`` and ``Y``, or ``X_train``, ``Y_train`` and for a test part ``X_test``, ``Y_test``; capitals do
not matter, and ``data.input_array`` and ``data.label_array`` name others. Samples are rows: shape (n, d),
dense or sparse. Labels are numbers or strings, a row or a column of them.
"""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, whosmat
from scipy.io.matlab import MatReadError
from scipy.sparse import issparse

from gossamer.data.arrays import named_arrays
from gossamer.data.columns import Reading
from gossamer.data.config import DataConfig
from gossamer.data.source import Part, Source
from gossamer.errors import DataError

_DAMAGE = (
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MatReadError,
    OverflowError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What SciPy raises on damaged or hostile bytes."""


def read_mat(path: Path, config: DataConfig) -> Source:
    """Data set of a .mat file; this module's docstring has its arrays.

    Raises
    ------
    DataError
        If the file cannot be read or is damaged, or arrays are missing or do not fit each other.
    """
    names = _names(path)
    pairs = named_arrays(path, names, config)
    arrays = _load(path, [name for pair in pairs for name in pair])
    parts = [_part(path, arrays, *pair) for pair in pairs]
    inputs, labels = pairs[0]
    return Source(
        path.name,
        parts[0],
        parts[1] if len(parts) > 1 else None,
        f"file {path.name}",
        reading=Reading(format=".mat", label=f"array {labels}", label_reason=f"samples: array {inputs}"),
    )


def read_mat_inputs(path: Path, config: DataConfig) -> Any:
    """Samples alone of a .mat file: its array of inputs, shape (n, d).

    Raises
    ------
    DataError
        As `read_mat`.
    """
    names = _names(path)
    wanted = [config.input_array] if config.input_array else ["x", "x_test", "x_train"]
    found = [name for want in wanted for name in names if want in (name, name.lower())]
    if not found and len(names) != 1:
        raise DataError(f"{path} holds the arrays {', '.join(names) or '(none)'}; X is expected.")
    name = (found or names)[0]
    return _load(path, [name])[name]


def _names(path: Path) -> list[str]:
    return [name for name, _, _ in _described(path, whosmat)]


def _load(path: Path, names: list[str]) -> dict[str, Any]:
    return dict(_described(path, lambda file: loadmat(file, variable_names=names)))


def _described(path: Path, read: Any) -> Any:
    try:
        with path.open("rb") as stream:
            return read(stream)
    except NotImplementedError as error:
        raise DataError(
            f"{path} is a .mat file of version 7.3, which SciPy does not read; save it with the option '-v7'."
        ) from error
    except _DAMAGE as error:
        raise DataError(
            f"{path} is damaged or no .mat file ({error or type(error).__name__}); get it again."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).") from error


def _part(path: Path, arrays: dict[str, Any], inputs_name: str, labels_name: str) -> Part:
    if not {inputs_name, labels_name} <= arrays.keys():
        raise DataError(f"{path} is damaged: {inputs_name} or {labels_name} cannot be read; get it again.")
    inputs: Any = arrays[inputs_name]
    labels = _labels(path, arrays[labels_name], labels_name)
    if not _is_array(inputs):
        raise DataError(f"{path} has no array of numbers in {inputs_name}.")
    if inputs.shape[0] != len(labels) and inputs.shape[-1] == len(labels):
        raise DataError(
            f"{path} has {len(labels)} labels in {labels_name}, and {inputs_name} has the shape "
            f"{inputs.shape}: its samples are columns; transpose it."
        )
    return Part(inputs, labels)


def _is_array(values: Any) -> bool:
    return bool(issparse(values) or (isinstance(values, np.ndarray) and values.ndim))


def _labels(path: Path, labels: Any, name: str) -> NDArray[Any]:
    """Labels as a row of numbers or strings, or one-hot; cells of MATLAB hold an array each."""
    if not isinstance(labels, np.ndarray) or not labels.ndim:
        raise DataError(f"{path} has no array of labels in {name}.")
    if labels.dtype.kind == "O":
        cells = [
            cell.item() if isinstance(cell, np.ndarray) and cell.size == 1 else cell for cell in labels.flat
        ]
        if not all(isinstance(cell, str) for cell in cells):
            raise DataError(f"{path} has cells in {name} that are not strings; class names are expected.")
        labels = np.array(cells).reshape(labels.shape)
    return np.asarray(labels.reshape(-1) if labels.ndim == 2 and 1 in labels.shape else labels)
