"""What was understood as data, in one line and as one value."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gossamer.data.columns import Column, Reading
from gossamer.data.dataset import Dataset

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

    @property
    def sentence(self) -> str:
        """Samples, features, label column, classes with their counts, and the parts, in one line."""
        shape = "" if self.image_shape is None else f" ({' x '.join(map(str, self.image_shape))})"
        parts = ", ".join(f"{count:,} {part}" for part, count in self.samples.items())
        said = [
            f"{self.name}: {sum(self.samples.values()):,} samples of {self.features:,} features{shape}",
            *([f"label: {self.label}"] if self.label else []),
            self.classes_text,
            parts,
        ]
        return "; ".join(said)

    @property
    def classes_text(self) -> str:
        """Classes with their counts; only how many, and the range of counts, where they are many."""
        counts = list(self.classes.values())
        if len(counts) <= _FEW:
            listed = ", ".join(f"{name} ({count:,})" for name, count in self.classes.items())
            return f"{len(counts)} classes: {listed}"
        low, high = min(counts), max(counts)
        each = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        return f"{len(counts):,} classes of {each} samples"

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
            "reading": None if self.reading is None else vars(self.reading),
            "sentence": self.sentence,
        }


def understood(dataset: Dataset) -> Understood:
    """What a data set is, for the person who asked for it."""
    parts = dataset.parts()
    counts = sum(np.bincount(split.labels, minlength=dataset.n_classes) for split in parts.values())
    return Understood(
        name=dataset.name,
        samples={name: len(split) for name, split in parts.items()},
        features=dataset.n_features,
        image_shape=dataset.image_shape,
        columns=dataset.columns,
        label=_label(dataset.reading),
        classes=dict(zip(dataset.class_names, np.asarray(counts).tolist(), strict=True)),
        reading=dataset.reading,
    )


def _label(reading: Reading | None) -> str | None:
    if reading is None or reading.label is None:
        return None
    return reading.label + (f" ({reading.label_reason})" if reading.label_reason else "")
