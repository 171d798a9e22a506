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
from gossamer.engine.inputs import Inputs
from gossamer.train.accuracy import Accuracy, Predictions
from gossamer.train.build import AnyNetwork
from gossamer.train.config import RunConfig
from gossamer.train.history import History
from gossamer.train.structure import Snapshot

Outcome = Literal["finished", "diverged", "interrupted"]


_OF_TABLES = ("columns", "label_name")


@dataclass(frozen=True)
class DataFacts:
    """What a run keeps of its data set: name, checksum, class names, image shape, samples of each part.

    `columns` and `label_name` are those of a table (see `gossamer.data.Dataset`), so that samples to come are
    matched by name; None for everything else.
    """

    name: str
    checksum: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, ...] | None
    samples: Mapping[str, int]
    columns: tuple[Column, ...] | None = None
    label_name: str | None = None

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
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is None only for want of a table is left out."""
        values = {**vars(self), "class_names": list(self.class_names), "samples": dict(self.samples)}
        if self.columns is not None:
            values["columns"] = [vars(column) for column in self.columns]
        return {name: value for name, value in values.items() if name not in _OF_TABLES or value is not None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "DataFacts":
        """Inverse of `to_json`."""
        shape, columns = values["image_shape"], values.get("columns")
        return cls(
            values["name"],
            values["checksum"],
            tuple(values["class_names"]),
            None if shape is None else tuple(shape),
            values["samples"],
            None if columns is None else tuple(_column(column) for column in columns),
            values.get("label_name"),
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
    accuracy : Accuracy or None
        None if no epoch was evaluated.
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
    """

    config: RunConfig
    identity: str
    state: Outcome
    network: AnyNetwork
    history: History
    accuracy: Accuracy | None
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

    @property
    def schema(self) -> Schema:
        """The columns that a table of samples has to have: those of the training data."""
        left_out = self.config.data.leave_out
        return Schema(self.network.sizes[0], self.data.columns, self.data.label_name, left_out)

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
        if isinstance(values, np.ndarray) and values.dtype == np.uint8:
            scale, shift = self.scaling.scale.astype(np.float32), self.scaling.shift.astype(np.float32)
            return Inputs(values, scale, shift)
        return Inputs.plain(self.scaling.apply(values))

    def predict(self, samples: Any) -> NDArray[np.uint32]:
        """Classes uint32 [n] of samples as they are in the source; see `inputs`."""
        return self.network.predict(self.inputs(samples))

    def predict_proba(self, samples: Any) -> NDArray[Any]:
        """Probabilities [n, outputs] of samples as they are in the source; see `inputs`."""
        return self.network.predict_proba(self.inputs(samples))


def _may_lack_values(samples: Any, features: int) -> bool:
    return isinstance(samples, np.ndarray) and samples.dtype.kind == "f" and samples.shape[1:] == (features,)
