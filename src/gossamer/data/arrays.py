"""Which arrays of a file with several ones are samples and labels."""

from collections.abc import Sequence
from pathlib import Path

from gossamer.data.config import DataConfig
from gossamer.errors import DataError


def named_arrays(path: Path, names: Sequence[str], config: DataConfig) -> list[tuple[str, str]]:
    """Names of the arrays of inputs and labels: of the training part, and of a test part if there is one.

    Parameters
    ----------
    path : Path
        For errors.
    names : sequence of str
        All arrays of the file.
    config : DataConfig
        ``input_array`` and ``label_array`` name the only pair. Without them it is ``x_train`` and ``y_train``
        (and ``x_test`` and ``y_test``), or ``x`` and ``y``; capitals do not matter.

    Raises
    ------
    DataError
        If there is no such pair, or two.
    """
    if config.input_array or config.label_array:
        pair = (config.input_array or _one(path, names, "x"), config.label_array or _one(path, names, "y"))
        for name in pair:
            if name not in names:
                raise DataError(f"{path} holds the arrays {_listed(names)}; {name} is not among them.")
        return [pair]
    by_name = {name.lower(): name for name in names}
    if len(by_name) < len(names):
        raise DataError(
            f"{path} holds the arrays {_listed(names)}, of which some differ only in capitals; name them "
            "with data.input_array and data.label_array."
        )
    whole, train, test = ({f"{kind}{part}" for kind in "xy"} for part in ("", "_train", "_test"))
    if train <= by_name.keys() and whole <= by_name.keys():
        raise DataError(
            f"{path} holds {_listed(names)}, two sets of samples; name one with data.input_array and "
            "data.label_array."
        )
    if not (train <= by_name.keys() or whole <= by_name.keys()):
        raise DataError(
            f"{path} holds the arrays {_listed(names)}; x_train and y_train (and x_test, y_test), or x and "
            "y, are expected, or others that data.input_array and data.label_array name."
        )
    ends = ["_train"] if train <= by_name.keys() else [""]
    if test & by_name.keys():
        if not test <= by_name.keys():
            raise DataError(f"{path} has only one of x_test and y_test; give both or neither.")
        ends.append("_test")
    return [(by_name[f"x{end}"], by_name[f"y{end}"]) for end in ends]


def _one(path: Path, names: Sequence[str], wanted: str) -> str:
    found = [name for name in names if name.lower() == wanted]
    if len(found) != 1:
        raise DataError(
            f"{path} holds the arrays {_listed(names)}; name both with data.input_array and data.label_array."
        )
    return found[0]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "(none)"
