"""A run as its user holds it: what was trained, how it went, and the network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.data import Column, Dataset, Scaling, Schema
from gossamer.data.inputs import as_inputs
from gossamer.data.missing import filled
from gossamer.data.targets import TaskName
from gossamer.engine.inputs import Inputs
from gossamer.engine.prediction import refuse_unfinite
from gossamer.errors import ConfigError
from gossamer.files import Stored
from gossamer.train.build import AnyNetwork
from gossamer.train.config import RunConfig
from gossamer.train.history import History
from gossamer.train.readings import Predictions, Readings
from gossamer.train.structure import Snapshot
from gossamer.train.task import TASKS, Task, predicted_bits, predicted_values
from gossamer.train.tell import text_of

Outcome = Literal["finished", "diverged", "interrupted"]


_OF_TABLES = ("columns", "label_name")


class _StoredColumn(Stored):
    name: str | None
    words: list[str] | None


class StoredFacts(Stored):
    """What has to hold of the stored facts of a run's data before they are believed."""

    name: str
    checksum: str
    class_names: list[str]
    image_shape: list[int] | None
    samples: dict[str, int]
    columns: list[_StoredColumn] | None = None
    label_name: str | None = None
    task: TaskName = "classification"
    target_names: list[str] | None = None


@dataclass(frozen=True)
class DataFacts:
    """What a run keeps of its data set: name, checksum, class names, image shape, samples of each part.

    `columns` and `label_name` are those of a table (see `gossamer.data.Dataset`), so that samples to come are
    matched by name; None for everything else. `target_names` are those of values or of several labels.
    """

    name: str
    checksum: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, ...] | None
    samples: Mapping[str, int]
    columns: tuple[Column, ...] | None = None
    label_name: str | None = None
    task: TaskName = "classification"
    target_names: tuple[str, ...] = ()

    @classmethod
    def of(cls, dataset: Dataset) -> "DataFacts":
        """Facts of a data set."""
        samples = {name: len(split) for name, split in dataset.parts().items()}
        return cls(
            dataset.name,
            dataset.checksum,
            dataset.class_names,
            dataset.image_shape,
            samples,
            dataset.columns,
            dataset.label_name,
            dataset.task,
            dataset.target_names,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is None only for want of a table, or for a classification, is left out."""
        values = {**vars(self), "class_names": list(self.class_names), "samples": dict(self.samples)}
        if self.columns is not None:
            values["columns"] = [vars(column) for column in self.columns]
        if self.task == "classification":
            del values["task"], values["target_names"]
        return {name: value for name, value in values.items() if name not in _OF_TABLES or value is not None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "DataFacts":
        """Inverse of `to_json` (ValueError: the values are no such facts)."""
        StoredFacts.model_validate(values)
        shape, columns = values["image_shape"], values.get("columns")
        return cls(
            values["name"],
            values["checksum"],
            tuple(values["class_names"]),
            None if shape is None else tuple(shape),
            values["samples"],
            None if columns is None else tuple(_column(column) for column in columns),
            values.get("label_name"),
            values.get("task", "classification"),
            tuple(values.get("target_names", ())),
        )


def _column(values: Mapping[str, Any]) -> Column:
    words = values["words"]
    return Column(values["name"], None if words is None else tuple(words))


@dataclass(frozen=True, eq=False)
class Run:
    """One training, finished or not.

    Attributes
    ----------
    config : RunConfig
    identity : str
        SHA-256 (hex) of everything that the result depends on.
    state : "finished", "diverged" or "interrupted"
        "diverged": a loss was no longer finite, and training ended there.
    network : Network or ReferenceNetwork
        As it stood at the end.
    history : History
        Epochs whose losses are all finite.
    scores : mapping from name of a score to Readings
        Those of the task (see `gossamer.train.task`), the first one first; empty if no epoch was evaluated.
    predictions : mapping from "last", "selected", "best_on_test" to Predictions
    snapshots : tuple of Snapshot
        Links and weights by input neuron, by epoch.
    paths : mapping
        Inputs, outputs and links on a path at the start and at the end, and what was expected.
    data : DataFacts
    fill : float64 array [d] or None
        What stands in for a missing value of each feature, before scaling.
    scaling : Scaling
        From samples as they are in the source to inputs of the network.
    diverged_epoch : int or None
        The epoch, counted from 1, in which the run diverged.
    instruction_class : str
        Which bits the arithmetic made: "fma", "baseline" or "reference".
    measured : mapping
        Times, machine, versions, attempts. Nothing in the result depends on it.
    warnings : tuple of str
    folder : Path or None
        Where the run is stored.
    target_scaling : Scaling or None
        Of a regression: from values as they are in the source to what the network has learned.
    """

    config: RunConfig
    identity: str
    state: Outcome
    network: AnyNetwork
    history: History
    scores: Mapping[str, Readings]
    predictions: Mapping[str, Predictions]
    snapshots: tuple[Snapshot, ...]
    paths: Mapping[str, Any]
    data: DataFacts
    scaling: Scaling
    diverged_epoch: int | None
    instruction_class: str
    measured: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    folder: Path | None = None
    fill: NDArray[np.float64] | None = None
    target_scaling: Scaling | None = None

    def __str__(self) -> str:
        return text_of(self)

    __repr__ = __str__

    @property
    def divergence(self) -> str:
        """Where a run diverged and what to try, in one sentence; empty for others."""
        if self.state != "diverged":
            return ""
        tries = [f"a smaller learning rate than {self.config.optimizer.learning_rate:g}"]
        if self.config.data.scaling != "standardise":
            tries.append(f"data.scaling=standardise in place of {self.config.data.scaling}")
        if self.config.optimizer.kind != "adam":
            tries.append("optimizer.kind=adam with a learning rate of about 0.001")
        return (
            f"The loss was no longer finite in epoch {self.diverged_epoch} of {self.config.training.epochs}, "
            f"and training ended there; try {', or '.join(tries)}."
        )

    @property
    def schema(self) -> Schema:
        """The columns that a table of samples has to have: those of the training data."""
        left_out = (*self.config.data.leave_out, *self.data.target_names)
        return Schema(self.network.sizes[0], self.data.columns, self.data.label_name, left_out)

    @property
    def task(self) -> Task:
        """What the network predicts, and which scores judge it."""
        return TASKS[self.data.task]

    @property
    def score(self) -> Readings | None:
        """The first score of the task: accuracy, R^2 or subset accuracy; None if no epoch was evaluated."""
        return self.scores.get(self.task.score.name)

    @property
    def accuracy(self) -> Readings | None:
        """The accuracy of a classification; None if no epoch was evaluated.

        Raises
        ------
        ConfigError
            For another task, which has other scores.
        """
        if self.task.judge is not None:
            names = ", ".join(score.name for score in self.task.scores)
            raise ConfigError(f"A run of a {self.task.name} has no accuracy; Run.scores has {names}.")
        return self.score

    def inputs(self, samples: Any) -> Inputs:
        """Inputs of the network from samples as they are in the source, before any scaling.

        Parameters
        ----------
        samples : array [n, d] or [n, height, width], or SciPy sparse matrix [n, d]
            NaN is a missing value where the run was trained with ``data.missing = "mean"``.

        Raises
        ------
        DataError
            If they do not have the features that the network was trained on.
        """
        if self.fill is not None and _may_lack_values(samples, len(self.fill)):
            samples = filled(samples, self.fill)
        values, _ = as_inputs(samples, "The samples")
        # Images may have been bytes in training, which are scaled on the fly; other features never are.
        image = self.data.image_shape is not None
        if image and isinstance(values, np.ndarray) and values.dtype == np.uint8:
            scale, shift = self.scaling.scale.astype(np.float32), self.scaling.shift.astype(np.float32)
            return Inputs(values, scale, shift)
        return Inputs.plain(self.scaling.apply(values))

    def predict(self, samples: Any) -> NDArray[Any]:
        """What the network says of samples as they are in the source; see `inputs`.

        Returns
        -------
        array
            Classes uint32 [n]; values float32 in the units of the source, [n] for one target and [n, k] for
            several; or labels that are on, zeros and ones uint8 [n, k].
        """
        return self.predicted(self.inputs(samples))

    def predicted(self, inputs: Inputs) -> NDArray[Any]:
        """As `predict`, from inputs that are scaled already."""
        if self.task.judge is None:
            return self.network.predict(inputs)
        outputs = self.network.scores(inputs)
        refuse_unfinite(outputs)
        if self.target_scaling is None:
            return predicted_bits(outputs, self.network.loss)
        values = predicted_values(outputs, self.target_scaling, self.network.loss)
        refuse_unfinite(values)
        return values[:, 0] if values.shape[1] == 1 else values

    def predict_proba(self, samples: Any) -> NDArray[Any]:
        """Probabilities [n, outputs] of samples as they are in the source; see `inputs`."""
        return self.network.predict_proba(self.inputs(samples))


def _may_lack_values(samples: Any, features: int) -> bool:
    return isinstance(samples, np.ndarray) and samples.dtype.kind == "f" and samples.shape[1:] == (features,)
