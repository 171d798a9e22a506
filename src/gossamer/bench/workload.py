"""The work of the speed table as plain values, for peers that know nothing of our types."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Workload:
    """Arrays and hyper-parameters of a training.

    Attributes
    ----------
    inputs : float32 array, shape (n, sizes[0]), scaled
    labels : uint32 array, shape (n,), classes below sizes[-1]
    order : int64 array, shape (steps * batch,), samples of one epoch
    sizes : neurons of the input, the hidden layers and the output
    weight_decay : float, not multiplied by the learning rate
    """

    inputs: NDArray[np.float32] = field(repr=False)
    labels: NDArray[np.uint32] = field(repr=False)
    order: NDArray[np.int64] = field(repr=False)
    sizes: tuple[int, ...]
    batch: int
    dropout: float
    learning_rate: float
    momentum: float
    weight_decay: float
