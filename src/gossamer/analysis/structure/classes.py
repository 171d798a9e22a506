"""Accuracy of each class against the level, from stored predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Classes = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class ClassAccuracy:
    """Accuracy at one level on the test images of one class.

    Attributes
    ----------
    name : str
    images : int
        Test images of the class.
    value : float or None
        Mean over the runs of the part of these images that is classified rightly; None without images.
    deviation : float or None
        Standard deviation over the runs; None for a single one.
    low, high : float or None
        95 % score interval (Wilson) for `images` independent images. The runs see the same images, so more
        runs do not narrow it.
    """

    name: str
    images: int
    value: float | None
    deviation: float | None
    low: float | None
    high: float | None


def class_recalls(predictions: Classes, labels: Classes, n_classes: int) -> NDArray[np.float64]:
    """Part of the images of each class that is classified rightly, float64 [classes]; NaN without images."""
    images = np.bincount(labels, minlength=n_classes)
    right = np.bincount(labels[predictions == labels], minlength=n_classes)
    return np.asarray(np.where(images > 0, right / np.maximum(images, 1), np.nan))


def class_accuracies(
    recalls: Sequence[NDArray[np.float64]], labels: Classes, names: Sequence[str]
) -> tuple[ClassAccuracy, ...]:
    """Accuracy of every class at one level.

    Parameters
    ----------
    recalls : sequence of float64 [classes], one a run
    labels : unsigned int [images]
    names : sequence of str, one a class
    """
    images = np.bincount(labels, minlength=len(names)).tolist()
    values = np.stack(recalls)
    return tuple(
        _of_class(name, n, values[:, k]) for k, (name, n) in enumerate(zip(names, images, strict=True))
    )


def _of_class(name: str, images: int, values: NDArray[np.float64]) -> ClassAccuracy:
    if not images:
        return ClassAccuracy(name, 0, None, None, None, None)
    value = float(values.mean())
    low, high = wilson(value, images)
    return ClassAccuracy(
        name, images, value, float(values.std(ddof=1)) if len(values) > 1 else None, low, high
    )


def wilson(share: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a probability from a share of n trials."""
    z = float(norm.ppf((1 + confidence) / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return max(0.0, centre - half), min(1.0, centre + half)
