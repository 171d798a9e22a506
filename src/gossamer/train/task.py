"""Tasks: what a network predicts, which losses can teach it, and which scores judge it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data import Scaling
from gossamer.data.targets import TaskName
from gossamer.engine.loss import LossName
from gossamer.train.readings import compact_classes
from gossamer.train.score import (
    ACCURACY,
    MACRO_F1,
    MSE,
    R2,
    SUBSET_ACCURACY,
    Score,
    multilabel_scores,
    regression_scores,
)


@dataclass(frozen=True)
class Task:
    """A kind of target.

    Attributes
    ----------
    name : str
    losses : tuple of str
        Losses that can teach it; the first one is the default.
    scores : tuple of Score
        The first one is what an epoch is selected by, and what studies, figures and reports read.
    judge : callable or None
        Scores by name from targets [n, k] and predictions [n, k]. None for classification, whose accuracy the
        engine counts.
    """

    name: TaskName
    losses: tuple[LossName, ...]
    scores: tuple[Score, ...]
    judge: Callable[[NDArray[Any], NDArray[Any]], dict[str, float]] | None = None

    @property
    def score(self) -> Score:
        """The first score."""
        return self.scores[0]


TASKS: dict[TaskName, Task] = {
    "classification": Task("classification", ("cross_entropy", "binary_cross_entropy", "mse"), (ACCURACY,)),
    "regression": Task("regression", ("mse", "huber", "poisson"), (R2, MSE), regression_scores),
    "multilabel": Task(
        "multilabel", ("binary_cross_entropy", "mse"), (SUBSET_ACCURACY, MACRO_F1), multilabel_scores
    ),
}


def task_of(tables: Mapping[str, Any]) -> Task:
    """The task of a run from the tables of its config; a classification where they do not say."""
    return TASKS[tables.get("data", {}).get("task", "classification")]


def task_of_summary(summary: Mapping[str, Any]) -> Task:
    """The task of a run from its summary, which holds its scores by name."""
    return next((task for task in TASKS.values() if task.score.name in summary), TASKS["classification"])


def predicted_values(outputs: NDArray[Any], scaling: Scaling, loss: LossName) -> NDArray[np.float32]:
    """Values float32 [n, k] in the units of the source, from outputs [n, k] of a network."""
    if loss == "poisson":
        outputs = np.exp(outputs.astype(np.float64))
    return ((outputs.astype(np.float64) - scaling.shift) / scaling.scale).astype(np.float32)


def predicted_bits(outputs: NDArray[Any], loss: LossName) -> NDArray[np.uint8]:
    """Labels that are on, uint8 [n, k]: those with a probability above 1/2."""
    return (outputs > (0.0 if loss == "binary_cross_entropy" else 0.5)).astype(np.uint8)


def packed(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Labels as they are stored: eight a byte, uint8 [n, ceil(k / 8)], the first label in the highest bit."""
    return np.packbits(bits, axis=1)


def stored_targets(targets: NDArray[Any], n_classes: int) -> NDArray[Any]:
    """Targets of samples in the form that their predictions are stored in (see `Predictions`)."""
    if targets.ndim == 1:
        return compact_classes(targets, n_classes)
    return packed(targets) if targets.dtype == np.uint8 else targets


def unpacked(stored: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Inverse of `packed`: zeros and ones uint8 [n, count]."""
    return np.unpackbits(stored, axis=1, count=count)
