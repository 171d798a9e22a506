"""Our engine on the work of the speed table, made by the same code that trains a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.bench.timing import Runner
from gossamer.bench.workload import Workload
from gossamer.data import Dataset, from_arrays, load_dataset
from gossamer.engine.inputs import Inputs
from gossamer.engine.network import Network
from gossamer.errors import DataError, InternalError
from gossamer.evolve import Clock, evolve
from gossamer.random import permutation
from gossamer.train.batches import Batches
from gossamer.train.build import first_network, first_patterns
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples
from gossamer.train.loop import Loop
from gossamer.train.overrides import with_overrides
from gossamer.train.presets import preset
from gossamer.train.services import RunServices
from gossamer.train.state import RunState

GENERATED = "generated images of the shape of Fashion-MNIST, which is not on this machine"


@dataclass
class Problem:
    """A network, its data, and how many steps it has taken."""

    config: RunConfig
    dataset: Dataset
    network: Network
    steps_taken: int = 0

    @classmethod
    def paper(cls, data_dir: Path | None, changes: Mapping[str, Any] | None = None) -> "Problem":
        """The preset `paper`, some values changed, at its first step.

        Where Fashion-MNIST is not on this machine, generated images of the same shape take its place, and
        `images` says so.
        """
        config = with_overrides(preset("paper"), changes or {})
        try:
            dataset = load_dataset(
                config.data, data_dir=data_dir, seed=config.seed_of("data"), download=False
            )
        except DataError:
            dataset = generated_images(config)
        return cls.of(config, dataset)

    @classmethod
    def of(cls, config: RunConfig, dataset: Dataset) -> "Problem":
        """A run at its first step."""
        network = first_network(config, first_patterns(config, dataset))
        if not isinstance(network, Network):
            raise InternalError(f"The preset 'paper' gave a {type(network).__name__}; please report it.")
        return cls(config, dataset, network)

    def changed(self, changes: Mapping[str, Any]) -> "Problem":
        """The same samples with some values of the configuration changed, at the first step."""
        return Problem.of(with_overrides(self.config, changes), self.dataset)

    @property
    def images(self) -> str:
        """Which images these are, for the conditions of a table."""
        return "Fashion-MNIST" if self.dataset.name == "fashion-mnist" else GENERATED

    @property
    def links(self) -> int:
        """Links of all layers."""
        return sum(self.network.nnz)

    def training(self) -> Runner:
        """Whole training steps: batch assembly, dropout, forward, loss, backward, update."""
        inputs = Inputs.of(self.dataset.train, self.dataset)
        labels, batch = self.dataset.train.labels, self.config.training.batch_size
        order = epoch_order(self.config, len(labels))
        rates = np.full(len(order) // batch, self.config.optimizer.learning_rate)
        seed = self.config.seed_of("training")

        def run(steps: int) -> None:
            for first in range(0, steps, len(rates)):
                count = min(len(rates), steps - first)
                self.network.train(
                    inputs, labels, order[: count * batch], batch, rates[:count], self.steps_taken, seed
                )
                self.steps_taken += count

        return run

    def evaluation(self) -> Runner:
        """Loss, accuracy and classes of the test samples."""
        inputs = Inputs.of(self.dataset.test, self.dataset)
        labels = self.dataset.test.labels

        def run(calls: int) -> None:
            for _ in range(calls):
                self.network.evaluate(inputs, labels)

        return run

    def rewiring(self) -> Runner:
        """One update of the topology of all evolving layers: drop, grow, all state moved along.

        A method that asks for the gradient of the current batch gets it; batches are not kept.
        """
        method, initial = self.config.method, self.config.initial()
        clock = Clock(Batches.of(self.config, len(self.dataset.train)).steps, 10**6)
        seed, layers = self.config.seed_of("training"), method.evolving(self.network.n_layers)
        loss = self.config.network.loss
        samples = Samples.of(self.dataset.train, self.dataset, loss, self.network.sizes[-1])
        batch = epoch_order(self.config, len(samples))[: self.config.training.batch_size]

        def run(calls: int) -> None:
            for _ in range(calls):
                self.steps_taken += clock.steps_per_epoch
                done = self.steps_taken
                with RunServices(
                    self.network, samples, lambda step: batch, done, seed, layers=layers
                ) as services:
                    evolve(self.network, method, done, clock, seed=seed, initial=initial, services=services)

        return run

    def epochs(self) -> Runner:
        """Whole epochs as a run makes them, each with the evaluation and the updates that fall into it."""
        steps = Batches.of(self.config, len(self.dataset.train)).steps
        state = RunState.start(steps, self.network.n_layers)
        loop = Loop(self.config, self.dataset, self.network, state)

        def run(epochs: int) -> None:
            end = state.epoch + epochs
            loop.run(lambda: None, lambda: state.epoch == end and not state.update_due)

        return run


def generated_images(config: RunConfig) -> Dataset:
    """Images for the parts of `config`, ten classes by their pattern; about half of the pixels are 0.

    As in Fashion-MNIST the share of zeros grows from the middle to the border, where some pixels are always
    0: what a step skips are rows of zeros, so a bench without them would measure other work.
    """
    random = np.random.default_rng(0)
    across = np.abs(np.linspace(-1.0, 1.0, 28))
    present = np.clip(1.25 * (1.0 - np.maximum(across[:, None], across) ** 2), 0.0, 1.0)

    patterns = random.integers(1, 128, (10, 28, 28), dtype=np.uint8)

    def part(samples: int | None) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
        labels = np.arange(samples or 1000, dtype=np.uint32) % 10
        noise = random.integers(0, 128, (len(labels), 28, 28), dtype=np.uint8)
        return (patterns[labels] + noise) * (random.random(noise.shape) < present), labels

    sizes = (config.data.train_samples, config.data.test_samples, config.data.validation_samples)
    train, test, validation = map(part, sizes)
    return from_arrays(train, test, validation, name="generated images", scaling="unit")


def epoch_order(config: RunConfig, samples: int) -> NDArray[np.int64]:
    """One shuffled epoch of sample numbers, an incomplete last batch left out."""
    size = config.training.batch_size
    return permutation(config.seed_of("training"), samples, step=1)[: samples // size * size]


def workload_of(problem: Problem) -> Workload:
    """The same images, batches and hyper-parameters as plain values, for the peers."""
    config, train = problem.config, problem.dataset.train
    pixels = np.asarray(train.inputs)
    scaled = pixels * problem.dataset.input_scale + problem.dataset.input_shift
    return Workload(
        inputs=scaled.astype(np.float32),
        labels=train.labels,
        order=epoch_order(config, len(train)),
        sizes=problem.network.sizes,
        batch=config.training.batch_size,
        dropout=config.network.dropout,
        learning_rate=config.optimizer.learning_rate,
        momentum=config.optimizer.momentum,
        weight_decay=config.optimizer.weight_decay,
    )
