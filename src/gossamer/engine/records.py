"""What a network hands back from training and from a swap."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class StepRecord:
    """Result of a call of ``train``, one entry a step.

    Attributes
    ----------
    loss : float64 array [n_steps], mean over the batch, with dropout
    correct : int64 array [n_steps], samples of the batch whose class was predicted
    bad_step : int
        Index within the call of the first step whose loss is not finite, or -1. That step and those after it
        have changed no weight; their entries in `loss` and `correct` are NaN and 0.
    """

    loss: NDArray[np.float64]
    correct: NDArray[np.int64]
    bad_step: int = -1


@dataclass(frozen=True)
class SwapReport:
    """Links that a swap dropped, grew, and grew where one was just dropped, and the links there are now."""

    dropped: int
    grown: int
    regrown: int
    nnz: int
