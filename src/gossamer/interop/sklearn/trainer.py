"""What an estimator trains with: a network, the method that moves its links, and where the training is."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from gossamer.data import from_arrays
from gossamer.engine.inputs import Inputs
from gossamer.errors import DivergedError
from gossamer.evolve.position_set import PositionSet, link_positions
from gossamer.topology import Pattern, Saliency
from gossamer.train.build import AnyNetwork, first_network, first_patterns, threads
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples
from gossamer.train.network_arrays import network_from_arrays, network_to_arrays
from gossamer.train.state import RunState
from gossamer.train.steps import Steps

Array = NDArray[Any]


def inputs_of(samples: Any) -> Inputs:
    """Samples [n, d], an array or SciPy sparse matrix of numbers, as the engine takes them: in float32.

    Raises
    ------
    DataError
        If a number is not finite in float32.
    """
    if issparse(samples):
        given: Any = samples
        matrix = csr_array(given.astype(np.float32))
        if not matrix.has_canonical_format:
            matrix = matrix.copy()
            matrix.sum_duplicates()
        return Inputs.plain(matrix)
    with np.errstate(over="ignore"):
        return Inputs.plain(np.ascontiguousarray(samples, dtype=np.float32))


def _patterns(config: RunConfig, sizes: tuple[int, ...], samples: Samples) -> Sequence[Pattern]:
    """First topology; only a start from data or from a saliency needs the samples as a data set."""
    start = config.method.start
    if not (start.needs_data or isinstance(start, Saliency)):
        return start.sample(sizes, config.seed_of("topology"), None)
    pair = samples.inputs.values, samples.truth
    names = None if config.data.task != "classification" else [str(k) for k in range(sizes[-1])]
    dataset = from_arrays(
        pair, pair, class_names=names, task=config.data.task, target_scaling=config.data.target_scaling
    )
    return first_patterns(config, dataset)


class _Epochs(Steps):
    """Steps by whole epochs, whose samples may change from one to the next."""

    def __init__(self, config: RunConfig, samples: Samples, network: AnyNetwork, state: RunState) -> None:
        super().__init__(config, samples, network, state)
        self.scores: list[float] = []

    def held_out_scores(self) -> list[float]:
        return self.scores

    def epoch(self, samples: Samples) -> float:
        """Take all steps of an epoch; its mean loss."""
        self._train, state = samples, self.state
        while state.position < self.clock.steps_per_epoch and state.diverged is None:
            self.take_steps()
        if state.diverged is not None:
            raise DivergedError(
                f"The loss of epoch {state.diverged} is not finite; scale the features, or use a smaller "
                "learning rate."
            )
        state.epoch, state.position = state.epoch + 1, 0
        sizes = self.batches.sizes()
        return math.fsum((state.losses * sizes).tolist()) / int(sizes.sum())

    def update_after_epoch(self) -> None:
        """Do the update that is due after the epoch, if there is one."""
        done = self.state.epoch * self.clock.steps_per_epoch
        if self.config.method.next_update(done - 1, self.clock) == done:
            self.update(done)


class Trainer:
    """A network that goes on from call to call. Pickles and copies carry everything that training depends on.

    Parameters
    ----------
    config : RunConfig
        Its data set counts for nothing but the task.
    sizes : tuple of int
        Neurons of all layers.
    samples : Samples
        Of training; starts from data look at them.
    """

    def __init__(self, config: RunConfig, sizes: tuple[int, ...], samples: Samples) -> None:
        self.config, self.sizes = config, sizes
        self.network = first_network(config, _patterns(config, sizes, samples))
        self.memory: dict[str, Array] = {}
        self.explored = [PositionSet(link_positions(pattern)) for pattern in self.network.patterns]
        self.steps = 0

    def train(
        self,
        epochs: int,
        batch_size: int,
        samples: Samples | Callable[[int], Samples],
        after: Callable[[float, float | None], bool],
        score: Callable[[], float] | None = None,
    ) -> None:
        """Train for so many more epochs, or until told to end.

        Parameters
        ----------
        epochs, batch_size : int
        samples : Samples, or callable from the number of the epoch to Samples
        after : callable
            Gets the mean loss and the score of every epoch; training ends when it returns True.
        score : callable, optional
            Score on samples that are held out; some methods are driven by it.

        Raises
        ------
        DivergedError
            If a loss is not finite.
        """
        samples_at = samples if callable(samples) else lambda _: samples
        first = samples_at(1)
        # Steps are counted over all calls: they key random numbers and Adam's correction, and never repeat.
        per_epoch = -(-len(first) // batch_size)
        done = -(-self.steps // per_epoch)
        state = RunState.start(per_epoch, self.network.n_layers)
        state.epoch, state.memory, state.explored = done, self.memory, self.explored
        training = {"epochs": done + epochs, "batch_size": batch_size}
        config = self.config.model_copy(update={"training": self.config.training.model_copy(update=training)})
        work = _Epochs(config, first, self.network, state)
        with threads(config):
            for epoch in range(done + 1, done + epochs + 1):
                loss = work.epoch(samples_at(epoch))
                self.steps = epoch * per_epoch
                found = None if score is None else score()
                if found is not None:
                    work.scores.append(found)
                if after(loss, found):
                    break
                work.update_after_epoch()

    def copy_of_network(self) -> dict[str, Array]:
        """All numbers of the network as they are now."""
        return {name: np.array(a) for name, a in network_to_arrays(self.network, state=True).items()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Go back to what `copy_of_network` gave."""
        self.network = network_from_arrays(self.config, arrays, state=True)

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if name != "network"}
        return {**kept, "config": self.config.model_dump(), "arrays": self.copy_of_network()}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        arrays = kept.pop("arrays")
        vars(self).update(kept, config=RunConfig.model_validate(kept["config"]))
        self.restore(arrays)
