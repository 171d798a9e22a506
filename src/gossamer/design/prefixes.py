"""The first epochs of some runs: what a prediction is made from, and what it costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis
from gossamer.analysis.levels.sample import Reading
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]

SHARE = 0.1
"""Largest share of a study's cost that a prediction may use."""

_ROUNDS = 60


@dataclass(frozen=True, eq=False)
class Prefixes:
    """The first epochs of one run at each of n levels.

    Parameters
    ----------
    axis : Axis
    runs : tuple of str, length n
    level : float64 [n]
        Level of the axis, in its own unit; no two alike.
    reported : tuple of float64 arrays, length n
        What each run would report had it stopped after its epoch 1, 2, ... (see `reported`).
    test : tuple of float64 arrays, length n
        Test accuracy of each run after the same epochs.
    epoch_cost : float64 [n]
        Cost of one epoch: links x samples.

    Raises
    ------
    AnalysisError
        If two runs have the same level, or epochs are missing.
    """

    axis: Axis
    runs: tuple[str, ...]
    level: Array
    reported: tuple[Array, ...]
    test: tuple[Array, ...]
    epoch_cost: Array

    def __post_init__(self) -> None:
        if np.unique(self.level).size < len(self.runs):
            raise AnalysisError("Two prefixes have the same level; give one run a level.")
        for name, one, other in zip(self.runs, self.reported, self.test, strict=True):
            if one.size != other.size:
                raise AnalysisError(
                    f"The prefix of run {name} has {one.size} and {other.size} epochs; cut both to the same."
                )

    @property
    def epochs(self) -> NDArray[np.int64]:
        """Epochs of every prefix, int64 [n]."""
        return np.array([curve.size for curve in self.reported], dtype=np.int64)

    @property
    def cost(self) -> float:
        """Cost of all prefixes in links x samples x epochs."""
        return float((self.epoch_cost * self.epochs).sum())


@dataclass(frozen=True)
class Target:
    """The study to predict.

    Parameters
    ----------
    epochs : int
        Epochs of its runs.
    replicates : int
        Runs per level.
    cost : float
        Its cost in links x samples x epochs.
    """

    epochs: int
    replicates: int
    cost: float


def reported(
    test_accuracy: Array, validation_accuracy: Array | None = None, reading: Reading = "selected"
) -> Array:
    """Accuracy that a run would report had it stopped after each epoch, float64 [E].

    Parameters
    ----------
    test_accuracy : float64 [E]
        Test accuracy after each epoch.
    validation_accuracy : float64 [E] or None
        Needed for "selected": the epoch with the highest value so far is read, the first one on ties.
    reading : "selected", "last" or "best_on_test"
        Which accuracy the study reads.

    Raises
    ------
    AnalysisError
        If "selected" is asked for without validation accuracy.
    """
    if reading == "last":
        return test_accuracy
    if reading == "best_on_test":
        return np.maximum.accumulate(test_accuracy)
    if validation_accuracy is None:
        raise AnalysisError(
            "Without a validation set no epoch can be selected; read 'last' or 'best_on_test'."
        )
    best = np.maximum.accumulate(validation_accuracy)
    new = np.concatenate(([True], validation_accuracy[1:] > best[:-1]))
    epoch = np.maximum.accumulate(np.where(new, np.arange(best.size), 0))
    return np.asarray(test_accuracy[epoch])


def affordable_epochs(epoch_cost: Array, target: Target, share: float = SHARE) -> NDArray[np.int64]:
    """Epochs that each of these runs can have for a share of a study's cost, int64 [n].

    Lengths go with 1 / sqrt(cost of an epoch): were errors to fall as 1 / epochs, this division of the budget
    would make their sum smallest. No run gets more epochs than the study has; what is left over goes to the
    others.
    """
    budget = share * target.cost
    shape = 1.0 / np.sqrt(epoch_cost)
    low, high = 0.0, target.epochs / float(shape.min())
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        spent = float((epoch_cost * np.minimum(middle * shape, target.epochs)).sum())
        low, high = (middle, high) if spent <= budget else (low, middle)
    return np.floor(np.minimum(low * shape, target.epochs) + 1e-6).astype(np.int64)
