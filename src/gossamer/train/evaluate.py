"""Exact evaluation of a network, in calls that are short at any size."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data import Dataset, Split
from gossamer.engine.inputs import Inputs
from gossamer.engine.loss import LossName
from gossamer.train.build import AnyNetwork
from gossamer.train.history import Score

# Samples times links of one native call: a few tenths of a second at the forward speed of one core.
_WORK = 2_000_000_000
_LEAST_SAMPLES = 256


@dataclass(frozen=True, eq=False)
class Samples:
    """One split as the engine takes it: inputs, and targets in the form that the loss asks for."""

    inputs: Inputs
    targets: NDArray[Any]

    @classmethod
    def of(cls, split: Split, dataset: Dataset, loss: LossName, n_out: int) -> "Samples":
        """Samples of a split; for losses other than cross-entropy classes become rows of zeros and a one."""
        inputs = Inputs.of(split, dataset)
        if loss == "cross_entropy":
            return cls(inputs, split.labels)
        if n_out == 1:
            return cls(inputs, split.labels.astype(np.float64)[:, None])
        targets = np.zeros((len(split.labels), n_out), np.float32)
        targets[np.arange(len(split.labels)), split.labels] = 1.0
        return cls(inputs, targets)

    def __len__(self) -> int:
        return self.inputs.n_samples

    def blocks(self, rows: int) -> Iterator["Samples"]:
        """The samples in blocks of at most `rows`."""
        if rows >= len(self):
            yield self
            return
        for start in range(0, len(self), rows):
            part = slice(start, start + rows)
            values = Inputs(self.inputs.values[part], self.inputs.scale, self.inputs.shift)
            yield Samples(values, self.targets[part])


def evaluate(
    network: AnyNetwork, samples: Samples, between: Callable[[], None] | None = None
) -> tuple[Score, NDArray[np.uint32]]:
    """Mean loss, accuracy and predicted classes of a split, without dropout.

    Parameters
    ----------
    network : Network or ReferenceNetwork
    samples : Samples
    between : callable, optional
        Called between native calls; it may raise to give up.
    """
    # The blocks depend on the network alone, never on a clock, so that the sums are the same in every run.
    rows = max(_LEAST_SAMPLES, _WORK // max(1, sum(network.nnz)))
    losses, correct, predicted = [], [], []
    for block in samples.blocks(rows):
        if between is not None:
            between()
        loss, accuracy, classes = network.evaluate(block.inputs, block.targets)
        losses.append(loss * len(block))
        correct.append(round(accuracy * len(block)))
        predicted.append(classes)
    count = len(samples)
    return Score(math.fsum(losses) / count, sum(correct) / count), np.concatenate(predicted)
