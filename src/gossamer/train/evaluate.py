"""Exact evaluation of a network, in calls that are short at any size."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight

from gossamer.data import Dataset, Scaling, Split
from gossamer.engine.inputs import Inputs
from gossamer.engine.loss import LossName
from gossamer.train.build import AnyNetwork
from gossamer.train.config import RunConfig
from gossamer.train.history import Evaluation
from gossamer.train.task import TASKS, Task, packed, predicted_bits, predicted_values

# Samples times links of one native call: a few tenths of a second at the forward speed of one core.
_WORK = 2_000_000_000
_LEAST_SAMPLES = 256


@dataclass(frozen=True, eq=False)
class Samples:
    """One split as the engine takes it.

    Attributes
    ----------
    inputs : Inputs
    targets : array
        In the form that the loss asks for.
    truth : array
        Targets as they are in the data set: what predictions are judged by.
    task : Task
    scaling : Scaling or None
        From `truth` to `targets`, in a regression.
    weights : float64 array [n] or None
        Factors of the samples' losses in training.
    """

    inputs: Inputs
    targets: NDArray[Any]
    truth: NDArray[Any]
    task: Task = TASKS["classification"]
    scaling: Scaling | None = None
    weights: NDArray[np.float64] | None = None

    @classmethod
    def of_training(cls, config: RunConfig, dataset: Dataset, n_out: int) -> "Samples":
        """Training samples of a run, with the product of their own weights and those of their classes."""
        samples = cls.of(dataset.train, dataset, config.network.loss, n_out)
        weights = dataset.train.weights
        if config.training.class_weight == "balanced":
            of_class = compute_sample_weight("balanced", dataset.train.labels)
            weights = of_class if weights is None else weights * of_class
        return replace(samples, weights=weights)

    @classmethod
    def of(cls, split: Split, dataset: Dataset, loss: LossName, n_out: int) -> "Samples":
        """Samples of a split; for losses other than cross-entropy classes become rows of zeros and a one."""
        inputs, truth = Inputs.of(split, dataset), split.labels
        task, scaling = TASKS[dataset.task], dataset.target_scaling
        if scaling is not None:
            return cls(inputs, truth * scaling.scale + scaling.shift, truth, task, scaling)
        if task.judge is not None:
            return cls(inputs, truth.astype(np.float32), truth, task)
        if loss == "cross_entropy":
            return cls(inputs, truth, truth)
        if n_out == 1:
            return cls(inputs, truth.astype(np.float64)[:, None], truth)
        targets = np.zeros((len(truth), n_out), np.float32)
        targets[np.arange(len(truth)), truth] = 1.0
        return cls(inputs, targets, truth)

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
            yield replace(self, inputs=values, targets=self.targets[part], truth=self.truth[part])


def evaluate(
    network: AnyNetwork, samples: Samples, between: Callable[[], None] | None = None
) -> tuple[Evaluation, NDArray[Any]]:
    """Mean loss, scores and predictions of a split, without dropout.

    Parameters
    ----------
    network : Network or ReferenceNetwork
    samples : Samples
    between : callable, optional
        Called between native calls; it may raise to give up.

    Returns
    -------
    Evaluation
    array
        Predicted classes uint32 [n], values float32 [n, k] in the units of the source, or labels uint8 [n,
        ceil(k / 8)] (see `packed`).
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
        predicted.append(classes if samples.task.judge is None else _outputs(network, block))
    count, found = len(samples), np.concatenate(predicted)
    loss, judge = math.fsum(losses) / count, samples.task.judge
    if judge is None:
        return Evaluation(loss, {samples.task.score.name: sum(correct) / count}), found
    scores = judge(samples.truth, found)
    return Evaluation(loss, scores), packed(found) if samples.scaling is None else found


def _outputs(network: AnyNetwork, samples: Samples) -> NDArray[Any]:
    outputs = network.scores(samples.inputs)
    if samples.scaling is not None:
        return predicted_values(outputs, samples.scaling, network.loss)
    return predicted_bits(outputs, network.loss)
