"""The compact form of a run's arrays: what tables and figures need, in a tenth of the space."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

_FIRST_EPOCHS = 20
_MOST_ROWS = 75
_BITS = 10


def thin_history(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """History at some of its epochs, and the test and validation scores at all of them.

    Kept are the first 20 epochs, every k-th so that about 75 remain, those with an exact evaluation on
    training samples, and the last one. ``every_test_accuracy`` and ``every_validation_accuracy`` are the
    whole columns, from which an accuracy after any number of epochs can be read; so for every score.

    Parameters
    ----------
    arrays : mapping
        Arrays of a history file; ``positions`` [layers], all others [epochs, ...].
    """
    epoch, evaluated = arrays["epoch"], arrays["train_evaluated"]
    count = len(epoch)
    step = max(1, -(-count // _MOST_ROWS))
    rows = np.arange(count)
    kept = (rows < _FIRST_EPOCHS) | (epoch % step == 0) | (evaluated != 0) | (rows == count - 1)
    thin = {name: column if name == "positions" else column[kept] for name, column in arrays.items()}
    for name, column in arrays.items():
        if name.startswith(("test_", "validation_")) and not name.endswith("_loss"):
            thin[f"every_{name}"] = column
    return thin


def thin_structure(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Snapshots of the start and of the last update, whose survivors are mapped; without updates of the end.

    Weight sums are rounded to 10 significant bits, a relative error of at most 2^-10: less than a map can
    show, and half of the bytes when they are compressed.
    """
    count = len(arrays["epochs"])
    updates = np.flatnonzero(arrays.get("updated", np.zeros(count)))
    kept = sorted({0, int(updates[-1]) if len(updates) else count - 1}) if count else []
    return {name: _rounded(column[kept]) for name, column in arrays.items()}


def _rounded(column: NDArray[Any]) -> NDArray[Any]:
    if column.dtype.kind != "f":
        return column
    fraction, exponent = np.frexp(column)
    scale = 2.0**_BITS
    return np.asarray(np.ldexp(np.rint(fraction * scale) / scale, exponent), dtype=column.dtype)


def all_epochs(arrays: Arrays, name: str) -> NDArray[Any] | None:
    """Column of a history, whole also where the history is thinned; None where there is none.

    Parameters
    ----------
    arrays : mapping
        Arrays of a history file, full or compact.
    name : str
        Such as test_accuracy or validation_accuracy.
    """
    return arrays.get(f"every_{name}", arrays.get(name))
