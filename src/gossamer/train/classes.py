"""What a run gets right of each class: from its stored predictions and the labels of its test samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from gossamer.data import load_dataset
from gossamer.errors import ConfigError, DataError
from gossamer.train.readings import READINGS
from gossamer.train.run import Run


@dataclass(frozen=True, eq=False)
class ByClass:
    """Test samples of a reading by class.

    Attributes
    ----------
    reading : "last", "selected" or "best_on_test"
    names : tuple of str
    confusion : int64 [classes, classes]
        Samples of the class of a row that were said to be of the class of a column.
    """

    reading: str
    names: Sequence[str]
    confusion: NDArray[np.int64]

    @property
    def samples(self) -> NDArray[np.int64]:
        """Test samples of each class."""
        return np.asarray(self.confusion.sum(axis=1))

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Part of the samples of each class that was said right (its recall); NaN where there are none."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.diag(self.confusion) / self.samples)

    @property
    def confused(self) -> list[tuple[str, str, int]]:
        """Pairs (class, what it was taken for, samples), most frequent first."""
        off = self.confusion - np.diag(np.diag(self.confusion))
        order = np.argsort(-off, axis=None, kind="stable")
        rows, columns = np.unravel_index(order, off.shape)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return [(self.names[i], self.names[j], int(off[i, j])) for i, j in pairs if off[i, j]]


def by_class(run: Run, reading: str = "last", data_dir: Path | None = None) -> ByClass:
    """Test samples of a run by class.

    Parameters
    ----------
    run : Run
        Of a classification, finished.
    reading : "last", "selected" or "best_on_test"
        Epoch whose stored predictions are counted.
    data_dir : Path, optional
        Folder with the data set.

    Raises
    ------
    ConfigError
        If the run has no classes, or no such reading.
    DataError
        If the run's data set is not here any more, or is another one.
    """
    if run.data.task != "classification":
        raise ConfigError(f"A run of a {run.data.task} has no classes to count by.")
    if reading not in run.predictions:
        known = ", ".join(name for name in READINGS if name in run.predictions) or "none"
        raise ConfigError(f"The run has no predictions of the reading {reading!r}; it has {known}.")
    dataset = load_dataset(run.config.data, data_dir=data_dir, seed=run.config.seed_of("data"))
    if dataset.checksum != run.data.checksum:
        raise DataError(
            f"The data set {run.data.name} that is here is not the one of the run: its contents differ, so "
            "its labels tell nothing of the run's predictions."
        )
    found = run.predictions[reading].test
    names = run.data.class_names
    table = confusion_matrix(dataset.test.labels, found, labels=np.arange(len(names)))
    return ByClass(reading, names, np.asarray(table, np.int64))
