"""The sparse engine held to masked dense arrays on any run, step by step.

Both networks are trained by the same loop, from the same start, with the same random numbers: order of the
samples, dropout, growth. Each makes its own drop decisions from its own weights.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from gossamer.data import Dataset, load_dataset
from gossamer.engine.masked_dense import MaskedDenseNetwork, check_size
from gossamer.train.agreement import (
    TOLERANCE,
    Agreement,
    DType,
    EpochDifference,
    StepDifference,
    of_arrays,
    of_losses,
)
from gossamer.train.batches import Batches
from gossamer.train.build import (
    AnyNetwork,
    first_patterns,
    first_weights,
    layer_sizes,
    network_of,
    settle,
    threads,
)
from gossamer.train.config import RunConfig
from gossamer.train.loop import Loop
from gossamer.train.state import RunState


def compare_with_masked_dense(
    config: RunConfig,
    data: Dataset | None = None,
    *,
    epochs: int | None = None,
    dtype: DType = "float64",
    follow: bool = False,
    tolerance: float | None = None,
    data_dir: Path | None = None,
    listen: Callable[[StepDifference | EpochDifference], None] | None = None,
) -> Agreement:
    """Train the sparse engine and a masked dense network side by side and compare them after every step.

    Parameters
    ----------
    config : RunConfig
        Any run on a network of at most `MOST_POSITIONS` positions.
    data : Dataset, optional
        Instead of the data set that `config` names.
    epochs : int, optional
        Stop after so many of the run's epochs; schedules are those of the whole run.
    dtype : "float64" or "float32"
        In place of the one of `config`.
    follow : bool
        If False, the dense network trains by itself, and what is compared is all that happened so far; in a
        long run or in float32, training may amplify rounding until a drop decision differs. If True it takes
        over the sparse one's numbers before every step, so that each step is compared for itself.
    tolerance : float, optional
        Largest relative difference that passes; `TOLERANCE` if not given.
    data_dir : Path, optional
        Folder with data sets.
    listen : callable, optional
        Called with every difference as it is found.

    Returns
    -------
    Agreement

    Raises
    ------
    ConfigError
        If the network is too large for dense arrays.
    """
    network = config.network.model_copy(update={"dtype": dtype})
    config = config.model_copy(update={"network": network})
    dataset = data or load_dataset(config.data, data_dir=data_dir, seed=config.seed_of("data"))
    check_size(layer_sizes(config, dataset))
    # A run may diverge; what its numbers then are is compared like any others.
    with threads(config), np.errstate(over="ignore", invalid="ignore"):
        pair = _Pair(config, dataset, follow=follow, listen=listen or (lambda difference: None))
        found = pair.compare(min(epochs or config.training.epochs, config.training.epochs))
    limit = TOLERANCE[dtype] if tolerance is None else tolerance
    weights = max((epoch.weights for epoch in found), default=0.0)
    state = max((epoch.state for epoch in found), default=0.0)
    loss = max((epoch.loss for epoch in found), default=0.0)
    same = all(epoch.same_links for epoch in found) and pair.ended_alike
    agrees = same and all(value <= limit for value in (weights, state, loss))
    return Agreement(tuple(found), dtype, follow, limit, weights, state, loss, agrees)


class _Stepwise(Loop):
    """A loop that takes one step, makes one evaluation, or does one update at a time."""

    def advance(self) -> bool:
        """Do the next piece; whether there may be another one."""
        self._pace, done = 1, False

        def after() -> None:
            nonlocal done
            done = True

        return self.run(after, lambda: done) == "interrupted"


class _Pair:
    """The same run with a sparse and with a masked dense network, in step."""

    def __init__(
        self,
        config: RunConfig,
        dataset: Dataset,
        *,
        follow: bool,
        listen: Callable[[StepDifference | EpochDifference], None],
    ) -> None:
        patterns = first_patterns(config, dataset)
        weights = first_weights(config, patterns)
        self._sparse = network_of(config, patterns, weights)
        self._dense = network_of(config, patterns, weights, MaskedDenseNetwork)
        for network in (self._sparse, self._dense):
            settle(network, config.method)
        steps = Batches.of(config, len(dataset.train)).steps
        networks: tuple[AnyNetwork, AnyNetwork] = (self._sparse, self._dense)
        self._loops = tuple(
            _Stepwise(config, dataset, network, RunState.start(steps, len(patterns))) for network in networks
        )
        self._clock, self._score = self._loops[0].clock, self._loops[0].task.score.name
        self._follow, self._listen = follow, listen
        self.ended_alike = True

    def compare(self, epochs: int) -> list[EpochDifference]:
        """Differences of the first epochs."""
        found: list[EpochDifference] = []
        while len(found) < epochs:
            difference = self._epoch(len(found) + 1)
            if difference is None:
                break
            found.append(difference)
            self._listen(difference)
            if not difference.same_links:
                break
        return found

    def _epoch(self, epoch: int) -> EpochDifference | None:
        """Train, evaluate and update once; None where a network diverged."""
        steps: list[StepDifference] = []
        while len(steps) < self._clock.steps_per_epoch:
            self._take_over()
            if not self._advance():
                return None
            steps.append(self._step_difference(epoch, len(steps) + 1))
            self._listen(steps[-1])
            if not self._same_links():
                return self._epoch_difference(epoch, steps, steps[-1].loss)
        self._take_over()
        if not self._advance():
            return None
        losses = (loop.state.records[-1].test.loss for loop in self._loops)
        if epoch < self._clock.epochs:
            self._advance()
        else:
            for loop in self._loops:
                loop.finish()
        return self._epoch_difference(epoch, steps, of_losses(*losses))

    def _advance(self) -> bool:
        """Let both loops do their next piece; whether both may go on."""
        going = [loop.advance() for loop in self._loops]
        self.ended_alike = going[0] == going[1]
        return all(going)

    def _take_over(self) -> None:
        """Give the dense network the numbers of the sparse one, if it is to follow."""
        if not self._follow:
            return
        for layer in range(self._sparse.n_layers):
            for name in self._sparse.column_names(layer):
                self._dense.set_column(layer, name, self._sparse.column(layer, name))
            for name in self._sparse.bias_column_names(layer):
                self._dense.set_bias_column(layer, name, self._sparse.bias_column(layer, name))

    def _same_links(self) -> bool:
        pairs = zip(self._sparse.patterns, self._dense.patterns, strict=True)
        return all(
            mine.same_as(other)
            and np.array_equal(self._sparse.column(layer, "birth"), self._dense.column(layer, "birth"))
            for layer, (mine, other) in enumerate(pairs)
        )

    def _step_difference(self, epoch: int, step: int) -> StepDifference:
        loss = of_losses(*(float(loop.state.losses[step - 1]) for loop in self._loops))
        if not self._same_links():
            return StepDifference(epoch, step, np.inf, np.inf, loss)
        state = [self._columns(name) for name in self._sparse.optimizer.state_columns]
        return StepDifference(epoch, step, max(self._columns("weight"), self._neurons()), max(state), loss)

    def _neurons(self) -> float:
        """Largest relative difference of a number that an activation trains; 0 where none does."""
        sparse, dense = self._sparse, self._dense
        return max(
            (
                of_arrays(sparse.bias_column(layer, name), dense.bias_column(layer, name))
                for layer in range(sparse.n_layers)
                for name in sparse.activation_parameters(layer)
            ),
            default=0.0,
        )

    def _columns(self, name: str) -> float:
        """Largest relative difference of a column of links or biases, over all layers."""
        sparse, dense = self._sparse, self._dense
        return max(
            max(
                of_arrays(sparse.column(layer, name), dense.column(layer, name)),
                of_arrays(sparse.bias_column(layer, name), dense.bias_column(layer, name)),
            )
            for layer in range(sparse.n_layers)
        )

    def _epoch_difference(self, epoch: int, steps: list[StepDifference], loss: float) -> EpochDifference:
        records = [loop.state.records for loop in self._loops]
        accuracies = [of[epoch - 1].test.scores[self._score] if len(of) >= epoch else None for of in records]
        return EpochDifference(
            epoch=epoch,
            steps=len(steps),
            weights=max(step.weights for step in steps),
            state=max(step.state for step in steps),
            loss=max(loss, *(step.loss for step in steps)),
            same_links=self._same_links(),
            accuracy=accuracies[0],
            dense_accuracy=accuracies[1],
        )
