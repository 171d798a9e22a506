"""The first epochs of some runs: what a prediction is made from, and what it costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis
from gossamer.analysis.sample import Reading
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]

SHARE = 0.1
"""Largest share of a study's cost that a prediction may use."""


@dataclass(frozen=True, eq=False)
class Prefixes:
    """The first epochs of some runs of a study.

    Parameters
    ----------
    axis : Axis
    runs : tuple of str, length n
    level : float64 [n]
        Level of the axis, in its own unit.
    accuracy : float64 [n, E]
        What each run would report had it stopped after epoch 1 .. E (see `reported`).
    epoch_cost : float64 [n]
        Cost of one epoch: links x samples.
    """

    axis: Axis
    runs: tuple[str, ...]
    level: Array
    accuracy: Array
    epoch_cost: Array

    @property
    def cost(self) -> float:
        """Cost of all prefixes in links x samples x epochs."""
        return float(self.epoch_cost.sum() * self.accuracy.shape[1])


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


def affordable_epochs(epoch_cost: Array, cost: float, share: float = SHARE) -> int:
    """Epochs that all these runs can have for a share of a study's cost (links x samples x epochs)."""
    return int(np.floor(share * cost / float(epoch_cost.sum()) + 1e-9))
