"""Data sets in MATLAB's .mat files of version 5 to 7.

Arrays ``X`` and ``Y``, or ``X_train``, ``Y_train`` and for a test part ``X_test``, ``Y_test``; capitals do
not matter, and ``data.input_array`` and ``data.label_array`` name others. Samples are rows: shape (n, d),
dense or sparse. Labels are numbers or strings, a row or a column of them.
"""

from pathlib import Path
from typing import Any

from gossamer.data.arrays import named_arrays
from gossamer.data.columns import Reading
from gossamer.data.config import DataConfig
from gossamer.data.mat5 import MatFile
from gossamer.data.source import Part, Source
from gossamer.errors import DataError


def read_mat(path: Path, config: DataConfig) -> Source:
    """Data set of a .mat file; this module's docstring has its arrays.

    Raises
    ------
    DataError
        If the file cannot be read or is damaged, or arrays are missing or do not fit each other.
    """
    file = MatFile(path)
    pairs = named_arrays(path, file.names, config)
    parts = [_part(file, *pair) for pair in pairs]
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
    file = MatFile(path)
    wanted = [config.input_array] if config.input_array else ["x", "x_test", "x_train"]
    found = [name for want in wanted for name in file.names if want in (name, name.lower())]
    if not found and len(file.names) != 1:
        raise DataError(f"{path} holds the arrays {', '.join(file.names) or '(none)'}; X is expected.")
    return file.read((found or file.names)[0])


def _part(file: MatFile, inputs_name: str, labels_name: str) -> Part:
    inputs, labels = file.read(inputs_name), file.read(labels_name)
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.reshape(-1)
    if inputs.shape[0] != labels.shape[0] and inputs.shape[-1] == labels.shape[0]:
        raise DataError(
            f"{file.path} has {labels.shape[0]} labels in {labels_name}, and {inputs_name} has the shape "
            f"{inputs.shape}: its samples are columns; transpose it."
        )
    return Part(inputs, labels)
