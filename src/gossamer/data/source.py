"""What a reader returns: arrays as they are in the source, before labels are encoded and parts are chosen."""

from dataclasses import dataclass
from typing import Any

from gossamer.data.dataset import KnownAnswer


@dataclass(frozen=True, eq=False)
class Part:
    """Samples that come together.

    Parameters
    ----------
    inputs : numeric array, shape (n, ...), or SciPy sparse array, shape (n, d)
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
    """

    name: str
    train: Part
    test: Part | None
    provenance: str
    class_names: tuple[str, ...] | None = None
    maximum: float | None = None
    answer: KnownAnswer | None = None
