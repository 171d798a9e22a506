"""What a network is to predict: class numbers, values, or which labels are on."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.data.inputs import refuse_masked
from gossamer.data.labels import encode_labels
from gossamer.data.limits import MAX_CLASSES
from gossamer.data.scaling import Scaling
from gossamer.errors import DataError

TaskName = Literal["classification", "regression", "multilabel"]
TargetScalingName = Literal["standardise", "none"]
Targets = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Encoded:
    """Targets of all parts of one data set.

    Attributes
    ----------
    task : "classification", "regression" or "multilabel"
    parts : list of arrays
        One a part: class numbers uint32 [n] (classification), values float64 [n, k] (regression), or zeros
        and ones uint8 [n, k] (multilabel).
    class_names : tuple of str
        Of a classification; else empty.
    target_names : tuple of str
        Of the k columns of the other tasks; else empty.
    """

    task: TaskName
    parts: list[Targets]
    class_names: tuple[str, ...]
    target_names: tuple[str, ...]

    def strata(self, part: int) -> NDArray[np.uint32]:
        """Groups uint32 [n] that a split keeps in proportion: the classes; one group for other tasks."""
        targets = self.parts[part]
        return targets if targets.ndim == 1 else np.zeros(len(targets), np.uint32)


def encode_targets(
    task: TaskName,
    parts: Sequence[Any],
    names: Sequence[str] | None,
    what: str,
    columns: Sequence[str] | None = None,
) -> Encoded:
    """Targets of all parts of one data set in the form that its task asks for.

    Parameters
    ----------
    task : "classification", "regression" or "multilabel"
    parts : sequence of arrays
        Classification: as `encode_labels` takes them. Regression: finite numbers, shape (n,) or (n, k).
        Multilabel: zeros and ones, shape (n, k), k >= 2.
    names : sequence of str or None
        Names of the classes, or of the labels of a multilabel set.
    what : str
        How an error names the source.
    columns : sequence of str, optional
        Names of the columns that the targets stand in.

    Raises
    ------
    DataError
        For targets of another type, shape or range.
    """
    if task == "classification":
        labels, class_names = encode_labels(parts, names, what)
        return Encoded(task, list(labels), class_names, ())
    encode = _values if task == "regression" else _bits
    found = [encode(_numbers(part, task, what), what) for part in parts]
    widths = {array.shape[1] for array in found}
    if len(widths) > 1:
        raise DataError(f"{what} has {' and '.join(map(str, sorted(widths)))} targets in its parts; use one.")
    width = widths.pop()
    if width > MAX_CLASSES:
        raise DataError(f"{what} has {width} targets a sample; at most {MAX_CLASSES} are expected.")
    given = next((tuple(map(str, n)) for n in (columns, names) if n is not None and len(n) == width), None)
    kind = "target" if task == "regression" else "label"
    default = (kind,) if width == 1 else tuple(f"{kind} {k}" for k in range(1, width + 1))
    return Encoded(task, list(found), (), given or default)


def fit_target_scaling(name: TargetScalingName, train: NDArray[np.float64]) -> Scaling:
    """The map from values y, as they are in the source, to what the network learns: y * scale + shift.

    Parameters
    ----------
    name : "standardise" or "none"
        ``standardise`` gives each target mean 0 and standard deviation 1 (divisor n) over the training part.
    train : float64 array, shape (n, k)
        No column is constant.
    """
    n, k = train.shape
    if name == "none":
        return Scaling(np.ones(k), np.zeros(k))
    # fsum rounds once, so that the scaling does not depend on how NumPy adds on this machine.
    mean = np.array([fsum(column.tolist()) / n for column in train.T])
    squares = np.array([fsum(column.tolist()) / n for column in ((train - mean) ** 2).T])
    scale = 1.0 / np.sqrt(squares)
    return Scaling(scale, -mean * scale)


def check_spread(part: str, targets: NDArray[np.float64], names: Sequence[str]) -> None:
    """Raise DataError if a target has one value only in a part: R^2 does not exist there."""
    same = np.flatnonzero((targets == targets[0]).all(axis=0))
    if same.size:
        raise DataError(
            f"The target {names[same[0]]!r} has the same value in all {len(targets)} samples of the {part} "
            "part, so that R^2 does not exist; leave it out or take a larger part."
        )


def _numbers(part: Any, task: TaskName, what: str) -> NDArray[Any]:
    refuse_masked(part, what)
    array = np.asarray(part.toarray() if hasattr(part, "toarray") else part)
    if array.dtype.kind not in "biuf":
        first = f", such as {str(array.flat[0])[:40]!r}" if array.size else ""
        raise DataError(f"{what} has targets that are no numbers{first}; data.task={task} expects numbers.")
    if array.ndim not in (1, 2) or 0 in array.shape[1:]:
        raise DataError(f"{what} has targets of shape {array.shape}; (n,) or (n, k) is expected.")
    return array.reshape(len(array), -1)


def _values(array: NDArray[Any], what: str) -> NDArray[np.float64]:
    values = np.ascontiguousarray(array, dtype=np.float64)
    # Predictions are stored as float32; NaN fails the comparison as well.
    bad = np.argwhere(~(np.abs(values) < np.finfo(np.float32).max / 2))
    if bad.size:
        row, column = bad[0].tolist()
        raise DataError(
            f"{what} has the target {values[row, column]:g} for sample {row}, counted from 0; a finite "
            "number that float32 can hold is expected."
        )
    return values


def _bits(array: NDArray[Any], what: str) -> NDArray[np.uint8]:
    if array.shape[1] < 2:
        raise DataError(
            f"{what} has one column of labels; data.task=multilabel expects several columns of zeros and "
            "ones, and one column is a classification."
        )
    bad = np.argwhere((array != 0) & (array != 1))
    if bad.size:
        row, column = bad[0].tolist()
        raise DataError(
            f"{what} has {array[row, column]} as label {column + 1} of sample {row}, counted from 0; "
            "data.task=multilabel expects 0 or 1."
        )
    return np.ascontiguousarray(array, dtype=np.uint8)
