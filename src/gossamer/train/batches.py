"""How an epoch falls into steps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import ConfigError
from gossamer.train.config import RunConfig


@dataclass(frozen=True)
class Batches:
    """The steps of an epoch: `full` batches of `size` samples, and one of `rest` samples unless it is 0."""

    samples: int
    size: int
    full: int
    rest: int

    @classmethod
    def of(cls, config: RunConfig, samples: int) -> "Batches":
        """Batches of a run on so many training samples.

        Raises
        ------
        ConfigError
            If no step would be left because the last, smaller batch is dropped.
        """
        size, last = config.training.batch_size, config.training.last_batch
        full = samples // size
        rest = samples - full * size if last == "keep" else 0
        if full + rest == 0:
            raise ConfigError(
                f"training.batch_size is {size} but there are {samples} training samples; "
                'choose a smaller batch, or keep the last one (training.last_batch = "keep").'
            )
        return cls(samples, size, full, rest)

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return self.full + (self.rest > 0)

    def sizes(self) -> NDArray[np.int64]:
        """Samples of each step of an epoch: int64 [steps]."""
        sizes = np.full(self.steps, self.size, np.int64)
        sizes[self.full :] = self.rest
        return sizes

    def call(self, first: int, last: int) -> tuple[int, int, slice]:
        """What one native call can do of the steps from `first` to `last`: its batches are all of one size.

        Returns
        -------
        last : int, the step that the call ends before
        size : int, samples of each of its batches
        ids : slice, places of its samples in the order of the epoch
        """
        size = self.size
        if first < self.full:
            last = min(last, self.full)
        else:
            size = self.rest
        start = first * self.size
        return last, size, slice(start, start + (last - first) * size)
