"""What happened in every epoch of a run, as typed columns."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import StoreError
from gossamer.train.arrays import expect
from gossamer.train.score import ACCURACY
from gossamer.train.task import TASKS, Task


@dataclass(frozen=True)
class Evaluation:
    """Mean loss, and the scores of the task by name (see `gossamer.train.task`), without dropout."""

    loss: float
    scores: Mapping[str, float]

    @property
    def values(self) -> dict[str, float]:
        """Loss and scores by name."""
        return {"loss": self.loss, **self.scores}


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
    running: Evaluation
    train: Evaluation | None
    validation: Evaluation | None
    test: Evaluation
    links: Links


MOST_MOVED = 2**53 - 1
"""Links that any count of a history may tell of, so that JSON can hold it."""

Columns = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class History:
    """Columns over the epochs of a run; row k is epoch k + 1, measured before the update that ends it.

    Every column can also be read by the name that it has in files, such as ``history.test_accuracy``,
    ``history.test_r2`` or ``history.train_loss_running``.

    Attributes
    ----------
    epoch : int64 [epochs], 1, 2, ...
    learning_rate : float64 [epochs], of the last step of the epoch
    running : mapping from name to float64 [epochs]
        "loss", and for classification "accuracy": means over the epoch's training batches, with dropout and
        with the weights of the moment.
    train : mapping from name to float64 [epochs]
        "loss" and the scores of the task: exact values on the training samples; NaN where `train_evaluated`
        is 0 (files have 0 there).
    train_evaluated : int8 [epochs]
    validation : mapping from name to float64 [epochs], or None without validation samples
    test : mapping from name to float64 [epochs]
    nnz : int64 [epochs, layers], links at the evaluation
    dropped, grown, regrown : int64 [epochs, layers]
        Links moved by the updates of the epoch, the one at its end included; `regrown` are those grown where
        a link was just dropped.
    positions : int64 [layers], n_in * n_out
    """

    epoch: NDArray[np.int64]
    learning_rate: NDArray[np.float64]
    running: Columns
    train: Columns
    train_evaluated: NDArray[np.int8]
    validation: Columns | None
    test: Columns
    nnz: NDArray[np.int64]
    dropped: NDArray[np.int64]
    grown: NDArray[np.int64]
    regrown: NDArray[np.int64]
    positions: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.epoch)

    def __getattr__(self, name: str) -> Any:
        # Only for columns: other names, such as those that copying asks for, must not look into fields.
        if name.startswith(("train_", "test_", "validation_")):
            columns = self._scored()
            if name in columns:
                return columns[name]
            if name.startswith("validation_") and self.validation is None:
                return None
        raise AttributeError(f"The history has no column {name!r}.")

    @property
    def density(self) -> NDArray[np.float64]:
        """Achieved density at the evaluation of each epoch: float64 [epochs, layers]."""
        return np.asarray(self.nnz / self.positions)

    @classmethod
    def of(
        cls,
        records: Sequence[EpochRecord],
        positions: Iterable[int],
        *,
        validation: bool,
        task: Task = TASKS["classification"],
    ) -> "History":
        """Columns of `records`; `validation` says whether the data have validation samples.

        `task` names the columns where there are no records.
        """
        layers = np.array(list(positions), dtype=np.int64)
        names = running = ("loss", *(score.name for score in task.scores))
        if records:
            names, running = tuple(records[0].test.values), tuple(records[0].running.values)

        def links(name: str) -> NDArray[np.int64]:
            rows = [getattr(record.links, name) for record in records]
            return np.array(rows, dtype=np.int64).reshape(len(records), len(layers))

        return cls(
            epoch=np.array([record.epoch for record in records], dtype=np.int64),
            learning_rate=np.array([record.learning_rate for record in records], dtype=np.float64),
            running=_columns([record.running for record in records], running),
            train=_columns([record.train or _nothing(names) for record in records], names),
            train_evaluated=np.array([record.train is not None for record in records], dtype=np.int8),
            validation=_columns([r.validation for r in records if r.validation], names)
            if validation
            else None,
            test=_columns([record.test for record in records], names),
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
        def evaluation(columns: Columns) -> Evaluation:
            values = {name: float(column[row]) for name, column in columns.items()}
            return Evaluation(values.pop("loss"), values)

        def links(name: str) -> tuple[int, ...]:
            return tuple(getattr(self, name)[row].tolist())

        return EpochRecord(
            epoch=int(self.epoch[row]),
            learning_rate=float(self.learning_rate[row]),
            running=evaluation(self.running),
            train=evaluation(self.train) if self.train_evaluated[row] else None,
            validation=evaluation(self.validation) if self.validation is not None else None,
            test=evaluation(self.test),
            links=Links(links("nnz"), links("dropped"), links("grown"), links("regrown")),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Columns by the names that they have in files."""
        scored = self._scored()
        # Files of all versions have 0 where nothing was evaluated; `train_evaluated` tells.
        scored |= {f"train_{name}": _stored(v, self.train_evaluated) for name, v in self.train.items()}
        return {name: getattr(self, name) for name in _PLAIN} | scored

    def _scored(self) -> dict[str, NDArray[np.float64]]:
        columns = {f"train_{name}_running": column for name, column in self.running.items()}
        for part, found in (("train", self.train), ("validation", self.validation), ("test", self.test)):
            columns |= {f"{part}_{name}": column for name, column in (found or {}).items()}
        return columns

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "History":
        """Inverse of `to_arrays`.

        Raises
        ------
        StoreError
            If a column is missing or of another length or type.
        """
        # Each name is asked of every part, so that a column that is missing from one of them is noticed.
        found = [name.partition("_") for name in arrays if name != "train_evaluated"]
        names = dict.fromkeys(name for part, _, name in found if part in ("test", "validation"))
        names |= dict.fromkeys(n for part, _, n in found if part == "train" and not n.endswith("_running"))
        running = [name for name in names if name in ("loss", ACCURACY.name)]
        held_out = any(part == "validation" for part, _, _ in found)
        parts = ("train", "test", *(("validation",) if held_out else ()))
        wanted = [*_PLAIN, *(f"{part}_{name}" for part in parts for name in names)]
        wanted += [f"train_{name}_running" for name in running]
        lacking = [name for name in wanted if name not in arrays]
        if lacking:
            raise StoreError(f"The history has no column {lacking[0]!r}; the file is damaged.")
        evaluated = np.asarray(arrays["train_evaluated"]) != 0
        history = cls(
            **{name: arrays[name] for name in _PLAIN},
            running={name: arrays[f"train_{name}_running"] for name in running},
            train={name: _known(arrays[f"train_{name}"], evaluated) for name in names},
            validation={name: arrays[f"validation_{name}"] for name in names} if held_out else None,
            test={name: arrays[f"test_{name}"] for name in names},
        )
        _hold_columns(history)
        return history


def _hold_columns(history: History) -> None:
    """Raise StoreError where a column is not of its type, length and range."""
    columns = history.to_arrays()
    layers = len(expect(columns, "positions", "i", (None,), low=1))
    epochs = len(expect(columns, "epoch", "i", (None,)))
    if history.epoch.tolist() != list(range(1, epochs + 1)):
        raise StoreError("The history's epochs are not 1, 2, ...; the file is damaged.")
    for name in _PLAIN[2:-1]:
        shape = (epochs,) if name == "train_evaluated" else (epochs, layers)
        expect(columns, name, "i", shape, low=0, high=1 if name == "train_evaluated" else MOST_MOVED)
    if (history.nnz > history.positions).any():
        raise StoreError("The history tells of more links than there are positions; the file is damaged.")
    for name in columns.keys() - {*_PLAIN} | {"learning_rate"}:
        expect(columns, name, "f", (epochs,))


_PLAIN = (
    "epoch",
    "learning_rate",
    "train_evaluated",
    "nnz",
    "dropped",
    "grown",
    "regrown",
    "positions",
)


def _nothing(names: Sequence[str]) -> Evaluation:
    return Evaluation(math.nan, dict.fromkeys(names[1:], math.nan))


def _stored(column: NDArray[Any], evaluated: NDArray[np.int8]) -> NDArray[Any]:
    """Inverse of `_known`."""
    fits = column.shape == evaluated.shape and column.dtype == np.float64
    return np.where(evaluated, column, 0.0) if fits else column


def _known(column: NDArray[Any], evaluated: NDArray[np.bool_]) -> NDArray[Any]:
    """A stored column with NaN where nothing was evaluated; anything else as it is, to be refused."""
    fits = column.shape == evaluated.shape and column.dtype == np.float64
    return np.where(evaluated, column, np.nan) if fits else column


def _columns(evaluations: Sequence[Evaluation], names: Sequence[str]) -> Columns:
    return {name: np.array([e.values[name] for e in evaluations], dtype=np.float64) for name in names}
