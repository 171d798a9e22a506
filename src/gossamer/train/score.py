"""Scores: what takes the place of accuracy, how it is worded, and how it is computed."""

from dataclasses import dataclass, replace
from math import fsum, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Score:
    """A number that says how good predictions are: the one place for its name, direction, range and unit.

    Attributes
    ----------
    name : str
        In files and columns: "accuracy", "r2", ...
    label : str
        In sentences and on axes of figures: "accuracy", "R²", ...
    unit : str
        What a value is: "fraction of samples", or "" where it is none of a known unit.
    higher_is_better : bool
    low, high : float
        Range; infinite where there is no bound.
    proportion : bool
        Whether it is the part of independent samples that are right, so that its least noise is binomial.
    points : bool
        Whether differences are told in points (hundredths).
    """

    name: str
    label: str
    unit: str = ""
    higher_is_better: bool = True
    low: float = 0.0
    high: float = 1.0
    proportion: bool = False
    points: bool = True

    def better(self, value: float, other: float) -> bool:
        """Whether `value` is better than `other`."""
        return value > other if self.higher_is_better else value < other

    @property
    def title(self) -> str:
        """The label as a sentence begins with it."""
        return self.label[:1].upper() + self.label[1:]

    @property
    def axis_title(self) -> str:
        """The label with the unit, for an axis of a figure."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def text(self, value: float) -> str:
        """A value as people read it: four digits after the point, or five in all where there is no bound."""
        return f"{value:.5g}" if self.high == inf else f"{value:.4f}"

    @property
    def oriented(self) -> "Score":
        """The same score with its sign turned where lower is better, as the analysis reads it."""
        if self.higher_is_better:
            return self
        return replace(
            self, label=f"negative {self.label}", higher_is_better=True, low=-self.high, high=-self.low
        )

    @property
    def sign(self) -> int:
        """What a value is multiplied with to be one of `oriented`: 1, or -1 where lower is better."""
        return 1 if self.higher_is_better else -1

    @property
    def span(self) -> float:
        """The largest difference of two values: the whole range."""
        return self.high - self.low

    @property
    def scale(self) -> float:
        """What a difference is multiplied with to be one in `difference_unit`."""
        return 100.0 if self.points else 1.0

    @property
    def difference_unit(self) -> str:
        """Unit that tables and figures give differences in: points, or the score itself."""
        return "points" if self.points else self.label

    @property
    def digits(self) -> int:
        """Digits after the point that tables give differences with, in `difference_unit`."""
        return 2 if self.points else 4

    def change(self, value: float, form: str = ".2g") -> str:
        """A difference in a sentence of the analysis: 1.5 %-points, or 0.015 where points mean nothing."""
        return f"{self.scale * value:{form}}{' %-points' if self.points else ''}"

    def difference(self, value: float) -> str:
        """A difference of two values in words: 1 point, 0.5 points, or 0.01 where points mean nothing."""
        if not self.points:
            return f"{value:g}"
        text = f"{100 * value:.3g}"
        return f"{text} point" if text == "1" else f"{text} points"


ACCURACY = Score("accuracy", "accuracy", "fraction of samples", proportion=True)
R2 = Score("r2", "R²", low=-inf, points=False)
MSE = Score("mse", "mean squared error", "squared units", higher_is_better=False, high=inf, points=False)
SUBSET_ACCURACY = Score("subset_accuracy", "subset accuracy", "fraction of samples", proportion=True)
MACRO_F1 = Score("macro_f1", "macro F1")


def regression_scores(targets: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """R^2 and mean squared error of values [n, k], each the plain mean over the k targets.

    R^2 of one target is 1 - sum (y - p)^2 / sum (y - mean y)^2, with the mean of `targets` themselves; 1 is
    perfect, 0 is as good as that mean, and there is no lower bound. No target may be constant.
    """
    n = len(targets)
    r2, mse = [], []
    for truth, found in zip(targets.T.astype(np.float64), predicted.T.astype(np.float64), strict=True):
        # fsum rounds once, so that a score does not depend on how NumPy adds on this machine.
        mean = fsum(truth.tolist()) / n
        residual = fsum(((truth - found) ** 2).tolist())
        r2.append(1.0 - residual / fsum(((truth - mean) ** 2).tolist()))
        mse.append(residual / n)
    return {R2.name: fsum(r2) / len(r2), MSE.name: fsum(mse) / len(mse)}


def multilabel_scores(targets: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Subset accuracy and macro F1 of zeros and ones [n, k].

    Subset accuracy is the part of samples with every label right. F1 of one label is 2 TP / (2 TP + FP + FN),
    0 for a label that is neither there nor predicted; macro F1 is its plain mean over the labels.
    """
    truth, found = targets.astype(bool), predicted.astype(bool)
    right = int((truth == found).all(axis=1).sum())
    hits = (truth & found).sum(axis=0)
    both = truth.sum(axis=0) + found.sum(axis=0)
    f1 = np.where(both > 0, 2.0 * hits / np.maximum(both, 1), 0.0)
    return {SUBSET_ACCURACY.name: right / len(truth), MACRO_F1.name: fsum(f1.tolist()) / f1.size}
