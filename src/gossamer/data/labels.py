"""Labels of any plain type -> class numbers 0 .. C - 1."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data.inputs import refuse_masked
from gossamer.data.limits import MAX_CLASSES
from gossamer.errors import DataError

_FEW_SAMPLES = 10
"""Of fewer samples it says nothing that most of their labels occur once."""

_MOST_LISTED = 5
"""Names of classes in one sentence."""


def encode_labels(
    parts: Sequence[Any], class_names: Sequence[str] | None, what: str
) -> tuple[list[NDArray[np.uint32]], tuple[str, ...]]:
    """Class numbers of the labels of all parts of one data set.

    Parameters
    ----------
    parts : sequence of arrays
        Each of integers, of whole real numbers, or of strings, with shape (n,) or (n, 1); or one-hot, shape
        (n, C).
    class_names : sequence of str or None
        Given: integer labels are class numbers below its length, and strings are names in it. None: the
        classes are the distinct labels, integers in rising order and strings in the order of their code
        points.
    what : str
        How an error names the source.

    Returns
    -------
    list of uint32 arrays, shape (n,); tuple of class names

    Raises
    ------
    DataError
        For labels that are missing, not classes, or out of range, for parts of different kinds, and for fewer
        than two or more than 65536 classes.
    """
    for part in parts:
        refuse_masked(part, what)
    columns = [_column(np.asarray(part), what) for part in parts]
    if len({column.dtype.kind for column in columns}) > 1:
        raise DataError(f"{what} has numbers as labels in one part and strings in another; use one kind.")
    if class_names is None:
        encoded, names = _encode_distinct(columns)
    else:
        names = tuple(str(name) for name in class_names)
        encoded = [_encode_named(column, names, what) for column in columns]
    if not 2 <= len(names) <= MAX_CLASSES:
        found = f"only the label {names[0]!r}" if len(names) == 1 else f"{len(names)} different labels"
        raise DataError(f"{what} has {found}; 2 to {MAX_CLASSES} classes are expected.")
    if len(set(names)) < len(names):
        raise DataError(f"{what} gives the same name to two classes; name each class once.")
    return encoded, names


def refuse_foreign_classes(parts: Mapping[str, NDArray[np.uint32]], names: Sequence[str], what: str) -> None:
    """Raise DataError if no class of the test part occurs in training: every prediction would be wrong."""
    train, test = np.unique(parts["train"]), np.unique(parts["test"])
    if np.intersect1d(train, test).size:
        return
    hint = _own_class_note(parts)
    raise DataError(
        f"{what} has no class in its test part that its training part has: {_listed(test, names)} for test "
        f"and {_listed(train, names)} for training. {hint or 'Give both the same names.'}"
    )


def class_notes(parts: Mapping[str, NDArray[np.uint32]], names: Sequence[str]) -> tuple[str, ...]:
    """Sentences on classes that are not trained, not tested or nearly alone, and on labels that are none.

    Parameters
    ----------
    parts : mapping from "train", "validation", "test" to class numbers
        Of at least train and test.
    names : sequence of str
        Of the classes.
    """
    counts = {part: np.bincount(labels, minlength=len(names)) for part, labels in parts.items()}
    total = np.sum(list(counts.values()), axis=0)
    few = np.flatnonzero((total > 0) & (total < len(parts)))
    notes = [_own_class_note(parts)]
    if few.size:
        listed = _listed(few, names, lambda k: f" ({total[k]})")
        notes.append(
            f"Fewer samples than the {len(parts)} parts ({', '.join(parts)}): {_classes(few)} {listed}."
        )
    for part, effect in (("train", "it is never learned"), ("test", "it is never tested")):
        lacking = np.flatnonzero(counts[part] == 0)
        if lacking.size:
            does = effect if lacking.size == 1 else effect.replace("it is", "they are")
            notes.append(f"No {part} sample of {_classes(lacking)} {_listed(lacking, names)}: {does}.")
    return tuple(note for note in notes if note)


def _own_class_note(parts: Mapping[str, NDArray[np.uint32]]) -> str:
    """A word on labels of which most occur once; else empty."""
    total = np.bincount(np.concatenate(list(parts.values())))
    samples, classes = int(total.sum()), int((total > 0).sum())
    if samples < _FEW_SAMPLES or 2 * int((total == 1).sum()) <= samples:
        return ""
    return (
        f"Nearly every sample has its own class ({classes} classes for {samples} samples): regression? Say "
        "data.task=regression to predict values, or data.label_column for other labels."
    )


def _classes(numbers: NDArray[Any]) -> str:
    return "class" if len(numbers) == 1 else f"{len(numbers)} classes:"


def _listed(
    numbers: NDArray[Any], names: Sequence[str], more: Callable[[int], str] = lambda number: ""
) -> str:
    shown = [f"{names[k]!r}{more(k)}" for k in numbers[:_MOST_LISTED].tolist()]
    rest = len(numbers) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _column(labels: NDArray[Any], what: str) -> NDArray[Any]:
    """Labels as int64 or str, shape (n,)."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.shape[1] > 1 and labels.dtype.kind in "biuf":
        return _from_one_hot(labels, what)
    if labels.ndim != 1:
        raise DataError(f"{what} has labels of shape {labels.shape}; one label a sample is expected.")
    if labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels):
        labels = labels.astype(str)
    if labels.dtype.kind in "US":
        return _from_text(labels, what)
    if labels.dtype.kind == "f":
        labels = labels.astype(np.float64)
        # Beyond 2**53 a float no longer tells neighbouring integers apart; NaN fails the comparison as well.
        if not (np.abs(labels) < 2.0**53).all() or (labels != np.floor(labels)).any():
            raise DataError(
                f"{what} has labels that are not whole numbers; integers or names of classes are expected; "
                "say data.task=regression if values are to be predicted."
            )
    elif labels.dtype.kind not in "biu":
        raise DataError(f"{what} has labels of type {labels.dtype}; integers or strings are expected.")
    elif labels.dtype.kind == "u" and len(labels) and int(labels.max()) > np.iinfo(np.int64).max:
        raise DataError(f"{what} has label {labels.max()}; a number below 2**63 is expected.")
    return labels.astype(np.int64)


def _from_text(labels: NDArray[Any], what: str) -> NDArray[Any]:
    try:
        labels = np.array([label.strip() for label in labels.astype(str).tolist()], dtype=str)
    except ValueError as error:
        raise DataError(
            f"{what} has a label that is not valid text; integers or strings are expected."
        ) from error
    if (labels == "").any():
        raise DataError(
            f"{what} has no label for sample {int(np.argmax(labels == ''))}, counted from 0; fill it in."
        )
    return labels


def _from_one_hot(labels: NDArray[Any], what: str) -> NDArray[np.int64]:
    ones = labels == 1
    if not (ones | (labels == 0)).all() or (ones.sum(axis=1) != 1).any():
        raise DataError(
            f"{what} has label rows that are not one-hot; exactly one 1 and else 0 in a row is expected, or "
            "data.task=multilabel for several labels a sample and data.task=regression for values."
        )
    return np.asarray(np.argmax(ones, axis=1))


def _encode_distinct(columns: list[NDArray[Any]]) -> tuple[list[NDArray[np.uint32]], tuple[str, ...]]:
    values, numbers = np.unique(np.concatenate(columns), return_inverse=True)
    ends = np.cumsum([len(column) for column in columns])[:-1]
    encoded = [part.astype(np.uint32) for part in np.split(numbers, ends)]
    return encoded, tuple(str(value) for value in values.tolist())


def _encode_named(column: NDArray[Any], names: tuple[str, ...], what: str) -> NDArray[np.uint32]:
    if column.dtype.kind == "U":
        numbers = {name: number for number, name in enumerate(names)}
        unknown = sorted(set(column.tolist()) - numbers.keys())
        if unknown:
            raise DataError(f"{what} has label '{unknown[0]}', which is none of its class names.")
        return np.array([numbers[label] for label in column.tolist()], dtype=np.uint32)
    outside = (column < 0) | (column >= len(names))
    if outside.any():
        raise DataError(f"{what} has label {column[outside][0]}; 0 to {len(names) - 1} is expected.")
    return column.astype(np.uint32)
