"""What was understood as data, in one line and as one value."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gossamer.data.columns import Column, Reading
from gossamer.data.dataset import Dataset
from gossamer.data.labels import class_notes
from gossamer.data.targets import TaskName

_FEW = 10
"""Classes that are listed one by one."""


@dataclass(frozen=True)
class Understood:
    """A data set as a person checks it.

    Parameters
    ----------
    name : str
    samples : dict from part to number of samples
        In the order train, validation, test; parts that are not there are left out.
    features : int
        Inputs of the network.
    image_shape : tuple of int or None
    columns : tuple of Column or None
    label : str or None
        Where the labels are, and why there; None where the set fixes it.
    classes : dict from class name to number of samples over all parts
        Of several labels: from the name of a label to the number of samples where it is on.
    values : dict from target to its smallest and largest value
        Of a regression, which has no classes.
    class_notes : tuple of str
        Sentences on classes that are not trained, not tested or nearly alone.
    reading : Reading or None
        How the file was read.
    """

    name: str
    samples: dict[str, int]
    features: int
    image_shape: tuple[int, ...] | None
    columns: tuple[Column, ...] | None
    label: str | None
    classes: dict[str, int]
    reading: Reading | None
    task: TaskName = "classification"
    values: dict[str, tuple[float, float]] = field(default_factory=dict)
    class_notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Samples, features, label column, classes with their counts, and the parts, in one line."""
        shape = "" if self.image_shape is None else f" ({' x '.join(map(str, self.image_shape))})"
        parts = ", ".join(f"{count:,} {part}" for part, count in self.samples.items())
        said = [
            f"{self.name}: {_counted(sum(self.samples.values()), 'sample')} of "
            f"{_counted(self.features, 'feature')}{shape}",
            *([f"label: {self.label}"] if self.label else []),
            self.values_text if self.values else self.classes_text,
            parts,
        ]
        return "; ".join(said)

    @property
    def classes_text(self) -> str:
        """Classes with their counts; only how many, and the range of counts, where they are many."""
        counts = list(self.classes.values())
        kind = "classes" if self.task == "classification" else "labels"
        if len(counts) <= _FEW:
            listed = ", ".join(f"{name} ({count:,})" for name, count in self.classes.items())
            return f"{len(counts)} {kind}: {listed}"
        low, high = min(counts), max(counts)
        each = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        return f"{len(counts):,} {kind} of {each} samples"

    @property
    def values_text(self) -> str:
        """Targets of a regression with their ranges; only how many where they are many."""
        if len(self.values) > _FEW:
            return f"{len(self.values):,} targets with values"
        listed = ", ".join(f"{name} ({low:g} to {high:g})" for name, (low, high) in self.values.items())
        return f"{_counted(len(self.values), 'target')} with values: {listed}"

    @property
    def details(self) -> dict[str, str]:
        """How the file was read, line by line: what there is to say, under its name."""
        reading = self.reading
        if reading is None:
            return {}
        lines = {"read as": _read_as(reading)}
        if self.columns is not None:
            lines["columns"] = _columns(self.columns)
        if reading.left_out:
            lines["left out"] = ", ".join(reading.left_out)
        if reading.missing:
            done = "filled with the training mean"
            if reading.dropped:
                done = f"{_counted(reading.dropped, 'sample')} left out"
            lines["missing"] = f"{_counted(reading.missing, 'value')}, {done}"
        return lines

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what a person would want to check."""
        return (*(() if self.reading is None else self.reading.notes), *self.class_notes)

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "name": self.name,
            "samples": self.samples,
            "features": self.features,
            "image_shape": self.image_shape,
            "columns": None if self.columns is None else [vars(column) for column in self.columns],
            "label": self.label,
            "classes": self.classes,
            **({} if self.task == "classification" else {"task": self.task}),
            **({"values": self.values} if self.values else {}),
            "reading": None if self.reading is None else vars(self.reading),
            "sentence": self.sentence,
            "notes": self.notes,
        }


def understood(dataset: Dataset) -> Understood:
    """What a data set is, for the person who asked for it."""
    parts = dataset.parts()
    return Understood(
        name=dataset.name,
        samples={name: len(split) for name, split in parts.items()},
        features=dataset.n_features,
        image_shape=dataset.image_shape,
        columns=dataset.columns,
        label=_label(dataset.reading),
        classes=_classes(dataset),
        reading=dataset.reading,
        task=dataset.task,
        values=_values(dataset),
        class_notes=notes_on_classes(dataset),
    )


def notes_on_classes(dataset: Dataset) -> tuple[str, ...]:
    """Sentences on classes that are not trained, not tested or nearly alone; none for other tasks."""
    if dataset.task != "classification":
        return ()
    return class_notes({name: part.labels for name, part in dataset.parts().items()}, dataset.class_names)


def _classes(dataset: Dataset) -> dict[str, int]:
    splits = [split.labels for split in dataset.parts().values()]
    if dataset.task == "regression":
        return {}
    if dataset.task == "multilabel":
        counts = sum(labels.sum(axis=0, dtype=np.int64) for labels in splits)
        return dict(zip(dataset.target_names, np.asarray(counts).tolist(), strict=True))
    counts = sum(np.bincount(labels, minlength=dataset.n_classes) for labels in splits)
    return dict(zip(dataset.class_names, np.asarray(counts).tolist(), strict=True))


def _values(dataset: Dataset) -> dict[str, tuple[float, float]]:
    if dataset.task != "regression":
        return {}
    every = np.concatenate([split.labels for split in dataset.parts().values()])
    ends = zip(every.min(axis=0).tolist(), every.max(axis=0).tolist(), strict=True)
    return dict(zip(dataset.target_names, ends, strict=True))


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _read_as(reading: Reading) -> str:
    if reading.separator is None:
        return reading.format
    mark = {".": "decimal point", ",": "decimal comma"}.get(reading.decimal or "", "")
    header = "names in the first row" if reading.header else "no names"
    return f"{reading.format}, separator {reading.separator}, {mark}, {header}"


def _columns(columns: tuple[Column, ...]) -> str:
    listed = [
        (column.name or f"column {number}")
        + (f" ({_counted(len(column.words), 'word')})" if column.words else "")
        for number, column in enumerate(columns[:_FEW], 1)
    ]
    more = f" and {len(columns) - _FEW:,} more" if len(columns) > _FEW else ""
    return ", ".join(listed) + more


def _label(reading: Reading | None) -> str | None:
    if reading is None or reading.label is None:
        return None
    return ", ".join(filter(None, (reading.label, reading.label_reason)))
