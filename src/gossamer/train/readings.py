"""The three readings of a score of a run, and the predictions behind each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.train.score import ACCURACY, Score

Predicted = NDArray[Any]

READINGS = ("last", "selected", "best_on_test")
"""Names of the three readings."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of the test samples, and of the validation samples where there are any, as they are stored.

    Classes in the smallest unsigned type, [n]; values of a regression, float32 [n, k]; or labels that are on,
    eight a byte, uint8 [n, ceil(k / 8)] (see `gossamer.train.task.packed`).
    """

    test: Predicted
    validation: Predicted | None

    def to_arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Arrays ``test_{name}`` and ``validation_{name}``."""
        arrays: dict[str, NDArray[Any]] = {f"test_{name}": self.test}
        if self.validation is not None:
            arrays[f"validation_{name}"] = self.validation
        return arrays

    def fits(self, samples: Mapping[str, int], n_classes: int) -> bool:
        """Whether these are predictions of so many samples by part; `n_classes` is 0 where none are told."""
        for name, array in vars(self).items():
            if (array is None) != (name not in samples):
                return False
            if array is None:
                continue
            classes = array.dtype.kind == "u" and array.ndim == 1 and array.max(initial=0) < max(n_classes, 1)
            if len(array) != samples[name] or not (classes if n_classes else array.ndim == 2):
                return False
        return True

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> "Predictions | None":
        """Inverse of `to_arrays`; None where the arrays hold no predictions of that name."""
        test = arrays.get(f"test_{name}")
        return None if test is None else cls(test, arrays.get(f"validation_{name}"))


@dataclass(frozen=True)
class EpochScore:
    """Test score of one epoch, and the number of the epoch, counted from 1."""

    value: float
    epoch: int

    def to_json(self) -> dict[str, Any]:
        """Plain values for the summary."""
        return {"value": self.value, "epoch": self.epoch}


@dataclass(frozen=True)
class Readings:
    """The three readings of a test score of a run; the first epoch wins ties.

    Epochs are chosen by the first score of the task; its other scores are those of the same epochs.

    Attributes
    ----------
    last : EpochScore
        Of the network as it is handed over. Where the last update prunes, it is measured after that update.
    selected : EpochScore or None
        Of the epoch with the best validation score; None without validation samples.
    best_on_test : EpochScore
        Of the epoch with the best test score, which the source paper reports. It is chosen on the test
        samples, so it overstates what the network does on new data.
    """

    last: EpochScore
    selected: EpochScore | None
    best_on_test: EpochScore


@dataclass(frozen=True, eq=False)
class Leader:
    """The first epoch with the best `criterion` so far."""

    criterion: float
    test_score: float
    epoch: int
    predictions: Predictions


@dataclass(frozen=True, eq=False)
class Leaders:
    """Leading epochs by validation and by test score, with their predictions."""

    selected: Leader | None = None
    best_on_test: Leader | None = None

    def after(
        self,
        epoch: int,
        test: float,
        validation: float | None,
        predictions: Predictions,
        score: Score = ACCURACY,
    ) -> "Leaders":
        """Leaders once `epoch` has been evaluated, by the values of `score`."""
        leaders = self
        if self.best_on_test is None or score.better(test, self.best_on_test.criterion):
            leader = Leader(test, test, epoch, predictions)
            leaders = replace(leaders, best_on_test=leader)
        if validation is not None and (
            self.selected is None or score.better(validation, self.selected.criterion)
        ):
            leader = Leader(validation, test, epoch, predictions)
            leaders = replace(leaders, selected=leader)
        return leaders


def compact_classes(classes: NDArray[np.integer], n_classes: int) -> Predicted:
    """Classes in the smallest unsigned type that holds `n_classes` of them."""
    for dtype in (np.uint8, np.uint16):
        if n_classes <= np.iinfo(dtype).max + 1:
            return np.asarray(classes, dtype=dtype)
    return np.asarray(classes, dtype=np.uint32)
