"""What happened in every epoch of a run, as typed columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import StoreError


@dataclass(frozen=True)
class Score:
    """Mean loss, and fraction of samples classified rightly, without dropout."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Links:
    """Links of one epoch, one entry a layer: present at its evaluation, and moved by its updates."""

    nnz: tuple[int, ...]
    dropped: tuple[int, ...]
    grown: tuple[int, ...]
    regrown: tuple[int, ...]


@dataclass(frozen=True)
class EpochRecord:
    """One row of a `History`. `train` is None in epochs without exact evaluation on the training samples."""

    epoch: int
    learning_rate: float
    running: Score
    train: Score | None
    validation: Score | None
    test: Score
    links: Links


@dataclass(frozen=True, eq=False)
class History:
    """Columns over the epochs of a run; row k is epoch k + 1, measured before the update that ends it.

    Attributes
    ----------
    epoch : int64 [epochs], 1, 2, ...
    learning_rate : float64 [epochs], of the last step of the epoch
    train_loss_running, train_accuracy_running : float64 [epochs]
        Means over the epoch's training batches, with dropout and with the weights of the moment.
    train_loss, train_accuracy : float64 [epochs]
        Exact values on the training samples; 0 where `train_evaluated` is 0.
    train_evaluated : int8 [epochs]
    validation_loss, validation_accuracy : float64 [epochs], or None without validation samples
    test_loss, test_accuracy : float64 [epochs]
    nnz : int64 [epochs, layers], links at the evaluation
    dropped, grown, regrown : int64 [epochs, layers]
        Links moved by the updates of the epoch, the one at its end included; `regrown` are those grown where
        a link was just dropped.
    positions : int64 [layers], n_in * n_out
    """

    epoch: NDArray[np.int64]
    learning_rate: NDArray[np.float64]
    train_loss_running: NDArray[np.float64]
    train_accuracy_running: NDArray[np.float64]
    train_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    train_evaluated: NDArray[np.int8]
    validation_loss: NDArray[np.float64] | None
    validation_accuracy: NDArray[np.float64] | None
    test_loss: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]
    nnz: NDArray[np.int64]
    dropped: NDArray[np.int64]
    grown: NDArray[np.int64]
    regrown: NDArray[np.int64]
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.epoch)

    @property
    def density(self) -> NDArray[np.float64]:
        """Achieved density at the evaluation of each epoch: float64 [epochs, layers]."""
        return np.asarray(self.nnz / self.positions)

    @classmethod
    def of(cls, records: Sequence[EpochRecord], positions: Iterable[int], *, validation: bool) -> "History":
        """Columns of `records`; `validation` says whether the data have validation samples."""
        layers = np.array(list(positions), dtype=np.int64)
        running = [record.running for record in records]
        train = [record.train or Score(0.0, 0.0) for record in records]
        held_out = [record.validation for record in records if record.validation]
        test = [record.test for record in records]

        def links(name: str) -> NDArray[np.int64]:
            rows = [getattr(record.links, name) for record in records]
            return np.array(rows, dtype=np.int64).reshape(len(records), len(layers))

        return cls(
            epoch=np.array([record.epoch for record in records], dtype=np.int64),
            learning_rate=np.array([record.learning_rate for record in records], dtype=np.float64),
            train_loss_running=_column(running, "loss"),
            train_accuracy_running=_column(running, "accuracy"),
            train_loss=_column(train, "loss"),
            train_accuracy=_column(train, "accuracy"),
            train_evaluated=np.array([record.train is not None for record in records], dtype=np.int8),
            validation_loss=_column(held_out, "loss") if validation else None,
            validation_accuracy=_column(held_out, "accuracy") if validation else None,
            test_loss=_column(test, "loss"),
            test_accuracy=_column(test, "accuracy"),
            nnz=links("nnz"),
            dropped=links("dropped"),
            grown=links("grown"),
            regrown=links("regrown"),
            positions=layers,
        )

    def records(self) -> list[EpochRecord]:
        """Rows of the table."""
        return [self._record(row) for row in range(len(self))]

    def _record(self, row: int) -> EpochRecord:
        def score(name: str) -> Score:
            loss, accuracy = getattr(self, name.format("loss")), getattr(self, name.format("accuracy"))
            return Score(float(loss[row]), float(accuracy[row]))

        def links(name: str) -> tuple[int, ...]:
            return tuple(getattr(self, name)[row].tolist())

        return EpochRecord(
            epoch=int(self.epoch[row]),
            learning_rate=float(self.learning_rate[row]),
            running=score("train_{}_running"),
            train=score("train_{}") if self.train_evaluated[row] else None,
            validation=score("validation_{}") if self.validation_loss is not None else None,
            test=score("test_{}"),
            links=Links(links("nnz"), links("dropped"), links("grown"), links("regrown")),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Columns by name, without those that are None."""
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        return {name: values for name, values in columns.items() if values is not None}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "History":
        """Inverse of `to_arrays`.

        Raises
        ------
        StoreError
            If a column is missing or of another length or type.
        """
        optional = ("validation_loss", "validation_accuracy")
        columns: dict[str, Any] = {}
        for column in fields(cls):
            values = arrays.get(column.name)
            if values is None and column.name not in optional:
                raise StoreError(f"The history has no column {column.name!r}; the file is damaged.")
            columns[column.name] = values
        history = cls(**columns)
        lengths = {len(values) for name, values in history.to_arrays().items() if name != "positions"}
        if len(lengths) != 1:
            raise StoreError(f"The history's columns have lengths {sorted(lengths)}; the file is damaged.")
        return history


def _column(scores: Sequence[Score], name: str) -> NDArray[np.float64]:
    return np.array([getattr(score, name) for score in scores], dtype=np.float64)
