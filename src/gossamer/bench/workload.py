"""The work that every row of the speed table does: the paper's network on the paper's 5,000 images."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Runner = Callable[[int], None]
"""Does that many whole training steps (or calls) and returns when they are finished."""


@dataclass(frozen=True)
class Workload:
    """Arrays and hyper-parameters shared by our engine and its peers.

    Attributes
    ----------
    inputs : uint8 array, shape (n, sizes[0]), pixels
    labels : uint32 array, shape (n,), classes below sizes[-1]
    source : str, where the pixels come from
    """

    inputs: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.uint32] = field(repr=False)
    source: str
    sizes: tuple[int, ...] = (784, 1000, 1000, 1000, 10)
    epsilon: float = 13.0
    batch: int = 40
    dropout: float = 0.2
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 0.0002

    @property
    def n_samples(self) -> int:
        """Number of images."""
        return len(self.labels)

    def order(self, seed: int) -> NDArray[np.int64]:
        """One shuffled epoch of sample numbers, the incomplete last batch left out."""
        kept = self.n_samples // self.batch * self.batch
        return np.random.default_rng(seed).permutation(self.n_samples)[:kept].astype(np.int64)
