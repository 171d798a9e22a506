"""How far the sparse engine and masked dense arrays are apart; see `gossamer.train.oracle`."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

DType = Literal["float32", "float64"]

TOLERANCE: dict[DType, float] = {"float32": 1e-3, "float64": 1e-9}
"""Largest relative difference that passes for rounding. Measured are some 1e-6 and 1e-15 after 100 epochs on
digits, and 1e-11 with Adam in float64, which divides by small gradients."""


@dataclass(frozen=True)
class StepDifference:
    """How far the networks are apart after one step.

    Attributes
    ----------
    epoch, step : int
        Epoch, counted from 1, and step in it, counted from 1.
    weights, state : float
        Largest difference of a weight or bias, and of their optimizer state, relative to the largest absolute
        value of the same kind in the same layer; infinite where the links are not the same.
    loss : float
        Difference of the batch loss, relative to the loss or to 1 if that is larger.
    """

    epoch: int
    step: int
    weights: float
    state: float
    loss: float


@dataclass(frozen=True)
class EpochDifference:
    """How far the networks were apart in one epoch and its update.

    Attributes
    ----------
    epoch : int, counted from 1
    steps : int
    weights, state, loss : float
        Largest values over the steps; see `StepDifference`. `loss` covers the evaluations too.
    same_links : bool
        Whether both networks have the same links, of the same age, after the update.
    accuracy, dense_accuracy : float or None
        Test accuracy of the sparse and of the masked dense network; None where the links differed before the
        epoch was over.
    """

    epoch: int
    steps: int
    weights: float
    state: float
    loss: float
    same_links: bool
    accuracy: float | None
    dense_accuracy: float | None


@dataclass(frozen=True)
class Agreement:
    """What the comparison found.

    Attributes
    ----------
    epochs : tuple of EpochDifference
        It ends where the links differ or a network diverged.
    dtype : "float32" or "float64"
    follow : bool
        Whether the dense network took over the sparse one's numbers before every step.
    tolerance : float
    weights, state, loss : float
        Largest differences over all epochs.
    agrees : bool
        Whether these are within the tolerance, the links are the same, and either both networks diverged
        or none.
    """

    epochs: tuple[EpochDifference, ...]
    dtype: DType
    follow: bool
    tolerance: float
    weights: float
    state: float
    loss: float
    agrees: bool

    @property
    def largest(self) -> float:
        """Largest difference of all."""
        return max(self.weights, self.state, self.loss)


def of_arrays(sparse: NDArray[Any], dense: NDArray[Any]) -> float:
    """Largest difference relative to the largest absolute value; infinite where that is no number."""
    other = (sparse != dense) & ~(np.isnan(sparse) & np.isnan(dense))
    if not other.any():
        return 0.0
    difference = float(np.abs(sparse[other] - dense[other]).max())
    largest = float(np.abs(sparse).max())
    return difference / largest if largest > 0.0 and np.isfinite(difference / largest) else np.inf


def of_losses(sparse: float, dense: float) -> float:
    """Difference relative to the loss, or to 1 if that is larger."""
    return abs(sparse - dense) / max(1.0, abs(sparse))
