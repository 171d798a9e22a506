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


def class_accuracies(
    predictions: Sequence[Classes], labels: Classes, names: Sequence[str]
) -> tuple[ClassAccuracy, ...]:
    """Accuracy of every class at one level.

    Parameters
    ----------
    predictions : sequence of unsigned int [images], one a run
    labels : unsigned int [images]
    names : sequence of str, one a class
    """
    images = np.bincount(labels, minlength=len(names))
    right = np.stack([np.bincount(labels[p == labels], minlength=len(names)) for p in predictions])
    return tuple(_of_class(name, int(n), r) for name, n, r in zip(names, images, right.T, strict=True))


def _of_class(name: str, images: int, right: NDArray[np.integer[Any]]) -> ClassAccuracy:
    if not images:
        return ClassAccuracy(name, 0, None, None, None, None)
    values = right / images
    value = float(values.mean())
    return ClassAccuracy(
        name,
        images,
        value,
        float(values.std(ddof=1)) if len(values) > 1 else None,
        *wilson(value, images),
    )


def wilson(share: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a probability from a share of n trials, which need not be a whole number of them."""
    z = float(norm.ppf((1 + confidence) / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return max(0.0, centre - half), min(1.0, centre + half)
