"""What a reader returns: arrays as they are in the source, before labels are encoded and parts are chosen."""

from dataclasses import dataclass
from typing import Any

from gossamer.data.columns import Column, Reading
from gossamer.data.dataset import KnownAnswer


@dataclass(frozen=True, eq=False)
class Part:
    """Samples that come together.

    Parameters
    ----------
    inputs : numeric array, shape (n, ...), or SciPy sparse array, shape (n, d)
        NaN stands for a missing value only where `Source.missing` is set.
    labels : array of integers or strings, shape (n,), or one-hot, shape (n, C)
    """

    inputs: Any
    labels: Any


@dataclass(frozen=True, eq=False)
class Source:
    """Everything that a file or a generator tells.

    Parameters
    ----------
    name : str
    train : Part
        All samples, when the source has no test part of its own.
    test : Part or None
    provenance : str
        No path of this machine.
    class_names : tuple of str or None
        None: the distinct labels are the classes.
    maximum : float or None
        Largest value that a feature can have, where the format fixes it (255 for bytes).
    answer : KnownAnswer or None
    columns : tuple of Column or None
        Columns of features of a table with a header, in the order of the features; None without names.
    label_name : str or None
        What the header calls the column of labels.
    target_names : tuple of str or None
        Names of several columns of labels.
    missing : bool
        Whether NaN in the inputs stands for values that the training mean has to fill in.
    reading : Reading or None
        How a user's file was understood.
    """

    name: str
    train: Part
    test: Part | None
    provenance: str
    class_names: tuple[str, ...] | None = None
    maximum: float | None = None
    answer: KnownAnswer | None = None
    columns: tuple[Column, ...] | None = None
    label_name: str | None = None
    target_names: tuple[str, ...] | None = None
    missing: bool = False
    reading: Reading | None = None
