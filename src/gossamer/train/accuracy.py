"""The three accuracies of a run, and the predictions behind each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Classes = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predicted classes of the test samples, and of the validation samples where there are any."""

    test: Classes
    validation: Classes | None

    def to_arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """Arrays ``test_{name}`` and ``validation_{name}``."""
        arrays: dict[str, NDArray[Any]] = {f"test_{name}": self.test}
        if self.validation is not None:
            arrays[f"validation_{name}"] = self.validation
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> "Predictions | None":
        """Inverse of `to_arrays`; None where the arrays hold no predictions of that name."""
        test = arrays.get(f"test_{name}")
        return None if test is None else cls(test, arrays.get(f"validation_{name}"))


@dataclass(frozen=True)
class EpochAccuracy:
    """Test accuracy of one epoch, a fraction, and the number of the epoch, counted from 1."""

    value: float
    epoch: int

    def to_json(self) -> dict[str, Any]:
        """Plain values for the summary."""
        return {"value": self.value, "epoch": self.epoch}


@dataclass(frozen=True)
class Accuracy:
    """The three test accuracies of a run; the first epoch wins ties.

    Attributes
    ----------
    last : EpochAccuracy
        Of the network as it is handed over. Where the last update prunes, it is measured after that update.
    selected : EpochAccuracy or None
        Of the epoch with the best validation accuracy; None without validation samples.
    best_on_test : EpochAccuracy
        The largest over all epochs, which the source paper reports. It is chosen on the test samples, so it
        overstates what the network does on new data.
    """

    last: EpochAccuracy
    selected: EpochAccuracy | None
    best_on_test: EpochAccuracy


@dataclass(frozen=True, eq=False)
class Leader:
    """The first epoch with the largest `criterion` so far."""

    criterion: float
    test_accuracy: float
    epoch: int
    predictions: Predictions

    @property
    def accuracy(self) -> EpochAccuracy:
        """Test accuracy of that epoch."""
        return EpochAccuracy(self.test_accuracy, self.epoch)


@dataclass(frozen=True, eq=False)
class Leaders:
    """Leading epochs by validation and by test accuracy, with their predictions."""

    selected: Leader | None = None
    best_on_test: Leader | None = None

    def after(
        self, epoch: int, test_accuracy: float, validation_accuracy: float | None, predictions: Predictions
    ) -> "Leaders":
        """Leaders once `epoch` has been evaluated."""
        leaders = self
        if self.best_on_test is None or test_accuracy > self.best_on_test.criterion:
            leader = Leader(test_accuracy, test_accuracy, epoch, predictions)
            leaders = replace(leaders, best_on_test=leader)
        if validation_accuracy is not None and (
            self.selected is None or validation_accuracy > self.selected.criterion
        ):
            leader = Leader(validation_accuracy, test_accuracy, epoch, predictions)
            leaders = replace(leaders, selected=leader)
        return leaders


def compact_classes(classes: NDArray[np.integer], n_classes: int) -> Classes:
    """Classes in the smallest unsigned type that holds `n_classes` of them."""
    for dtype in (np.uint8, np.uint16):
        if n_classes <= np.iinfo(dtype).max + 1:
            return np.asarray(classes, dtype=dtype)
    return np.asarray(classes, dtype=np.uint32)
