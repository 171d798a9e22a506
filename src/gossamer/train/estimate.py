"""What a run will take: links, memory, time."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.data import Dataset
from gossamer.evolve import Clock, evolve
from gossamer.evolve.position_set import PositionSet, link_positions
from gossamer.random import permutation
from gossamer.topology import PathCoverage, PerLayer, check_paths, expected_path_coverage
from gossamer.train.batches import Batches
from gossamer.train.build import AnyNetwork, first_network, first_patterns, layer_sizes, n_outputs, threads
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples, evaluate
from gossamer.train.machine import available_memory
from gossamer.train.memory import batch_bytes, first_links, network_bytes, update_bytes
from gossamer.train.services import RunServices, update_flop

_PROBE_SECONDS = 0.5
_PROBE_SAMPLES = 512
# A network is built to be looked at only up to so many links, in at most this part of the memory there is.
_MOST_LINKS, _MOST_MEMORY = 20_000_000, 0.25
# Links and batch of the network that is timed in place of a larger one.
_SMALL_LINKS, _SMALL_BATCH = 1_000_000, 64


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes
    ----------
    sizes : tuple of int, neurons of each layer
    sampled : bool
        Whether links and paths are those of the sampled topology; else the network is too large to be built
        for an estimate, they are expected ones, and the time is that of a small network, by links.
    links : tuple of int, links of each layer
    density : tuple of float, of each layer
    sparsity : float, of all layers together
    paths : PathCoverage
    warning : str or None, if inputs or outputs of the sampled topology are on no path
    parameters : int, links and biases
    network_bytes, batch_bytes, update_bytes, data_bytes : int
        Network with its optimizer state, arrays of a training step, what an update by gradients takes beside
        them, and the samples.
    available_bytes : int or None, memory that this process can still have, where the system tells
    steps_per_epoch, epochs : int
    update_flop : int, operations of one update's dense gradients; 0 for methods without
    epoch_seconds : float
        Mean over the epochs: steps, updates, evaluation of validation and test samples, and of the training
        samples at those epochs that ask for it.
    """

    sizes: tuple[int, ...]
    sampled: bool
    links: tuple[int, ...]
    density: tuple[float, ...]
    sparsity: float
    paths: PathCoverage
    warning: str | None
    parameters: int
    network_bytes: int
    batch_bytes: int
    update_bytes: int
    data_bytes: int
    available_bytes: int | None
    steps_per_epoch: int
    epochs: int
    update_flop: int
    epoch_seconds: float

    @property
    def total_seconds(self) -> float:
        """Expected time of all epochs."""
        return self.epochs * self.epoch_seconds


def estimate(config: RunConfig, dataset: Dataset) -> Estimate:
    """What a run will take, from its topology and a moment of training, or from a small network's.

    Raises
    ------
    ConfigError, TopologyError
        If the run cannot be.
    """
    sizes, batches = layer_sizes(config, dataset), Batches.of(config, len(dataset.train))
    densities = config.method.start.densities(sizes)
    links, flop = first_links(config, sizes), update_flop(config, sizes)
    available, batch = available_memory(), batch_bytes(config, sizes)
    update = update_bytes(config, sizes, links)
    memory = network_bytes(config, sizes, links) + batch + update
    sampled = sum(links) <= _MOST_LINKS and (available is None or memory <= _MOST_MEMORY * available)
    warning = None
    with threads(config):
        if sampled:
            patterns = first_patterns(config, dataset)
            check = check_paths(patterns, densities, require=config.require_paths)
            paths, warning = check.sampled, check.warning
            links = tuple(pattern.nnz for pattern in patterns)
            seconds = _epoch_seconds(config, dataset, first_network(config, patterns), batches)
        else:
            paths = expected_path_coverage(sizes, densities)
            seconds = _seconds_by_links(config, dataset, sum(links), batches)
    return Estimate(
        sizes=sizes,
        sampled=sampled,
        links=links,
        density=tuple(
            n / (before * after) for n, before, after in zip(links, sizes, sizes[1:], strict=False)
        ),
        sparsity=paths.sparsity,
        paths=paths,
        warning=warning,
        parameters=sum(links) + sum(sizes[1:]),
        network_bytes=network_bytes(config, sizes, links),
        batch_bytes=batch,
        update_bytes=update,
        data_bytes=sum(_bytes(split.inputs) for split in dataset.parts().values()),
        available_bytes=available,
        steps_per_epoch=batches.steps,
        epochs=config.training.epochs,
        update_flop=flop,
        epoch_seconds=seconds,
    )


def _bytes(inputs: object) -> int:
    arrays = [getattr(inputs, name, None) for name in ("data", "indices", "indptr")]
    if isinstance(inputs, np.ndarray):
        return inputs.nbytes
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))


def _seconds_by_links(config: RunConfig, dataset: Dataset, links: int, batches: Batches) -> float:
    """Seconds of an epoch of a network that is too large to be built, by those of a small one a link.

    The time is the least to be expected: the rows of a large network are further away than a small one's.
    """
    sizes, start = layer_sizes(config, dataset), config.method.start
    while sum(start.links(sizes)) > _SMALL_LINKS and max(sizes[1:-1], default=1) > 1:
        sizes = (sizes[0], *(max(1, size // 2) for size in sizes[1:-1]), sizes[-1])
    small = start.links(sizes)
    thinner = min(1.0, _SMALL_LINKS / max(1, sum(small)))
    densities = tuple(density * thinner for density in start.densities(sizes))
    batch = min(config.training.batch_size, _SMALL_BATCH, len(dataset.train))
    probe = config.model_copy(
        update={
            "network": config.network.model_copy(update={"hidden": sizes[1:-1]}),
            "method": config.method.model_copy(update={"start": PerLayer(density=densities)}),
            "training": config.training.model_copy(update={"batch_size": batch}),
        }
    )
    patterns = first_patterns(probe, dataset)
    network = first_network(probe, patterns)
    ratio = links / max(1, sum(network.nnz))
    # Of the small batches there are more, in the same proportion as each of them is quicker.
    return ratio * _epoch_seconds(probe, dataset, network, Batches.of(probe, len(dataset.train)))


def _epoch_seconds(config: RunConfig, dataset: Dataset, network: AnyNetwork, batches: Batches) -> float:
    """Seconds of an epoch, from some steps, the evaluation of some samples, and one update."""
    train = Samples.of_training(config, dataset, n_outputs(config, dataset))
    step_seconds = _step_seconds(config, network, train, batches)
    start = time.perf_counter()
    probe = next(train.blocks(_PROBE_SAMPLES))
    evaluate(network, probe)
    sample_seconds = (time.perf_counter() - start) / len(probe)
    seconds = batches.steps * step_seconds + _evaluated(config, dataset) * sample_seconds
    clock = Clock(batches.steps, config.training.epochs + 1)
    updates = _updates(config, clock)
    if updates:
        seconds += updates * _update_seconds(config, network, train, batches, clock)
    return seconds


def _update_seconds(
    config: RunConfig, network: AnyNetwork, train: Samples, batches: Batches, clock: Clock
) -> float:
    """Seconds of one update, the batches that it looks back at being the same one."""
    seed, window = config.seed_of("training"), config.method.kept_batches
    order, layers = permutation(seed, len(train), step=1), config.method.evolving(network.n_layers)

    def batch_of(step: int) -> NDArray[np.int64]:
        return order[batches.call(step % batches.steps, step % batches.steps + 1)[2]]

    services = RunServices(
        network,
        train,
        batch_of,
        done=1,
        seed=seed,
        layers=layers,
        window=window,
        accuracies=(0.5,),
        explored=[PositionSet(link_positions(pattern)) for pattern in network.patterns],
    )
    network.keep_batches(window, layers)
    for _ in range(window):
        network.gradients(train.inputs, train.targets, batch_of(0), 0, seed, dropout=True, remember=True)
    start = time.perf_counter()
    with services:
        evolve(network, config.method, 1, clock, seed=seed, initial=config.initial(), services=services)
    seconds = time.perf_counter() - start
    network.keep_batches(0)
    return seconds


def _evaluated(config: RunConfig, dataset: Dataset) -> float:
    """Samples that are evaluated in an epoch, on average; the last epoch has its training samples, too."""
    epochs = config.training.epochs
    held_out = sum(len(split) for name, split in dataset.parts().items() if name != "train")
    with_train = len({epochs, *(e for e in config.training.train_evaluation_epochs if e < epochs)})
    return held_out + len(dataset.train) * with_train / epochs


def _step_seconds(config: RunConfig, network: AnyNetwork, train: Samples, batches: Batches) -> float:
    """Seconds of a step: the fastest of some calls, the first one, which warms up, apart."""
    last, size, places = batches.call(0, min(batches.steps, 8))
    order = permutation(config.seed_of("training"), len(train), step=1)[places]
    rates = np.zeros(last)
    best, end = float("inf"), None
    while end is None or time.perf_counter() < end:
        start = time.perf_counter()
        network.train(train.inputs, train.targets, order, size, rates, first_step=0, seed=0)
        if end is None:
            end = time.perf_counter() + _PROBE_SECONDS
        best = min(best, (time.perf_counter() - start) / last)
    return best


def _updates(config: RunConfig, clock: Clock) -> int:
    """Number of updates that are due in the first epoch of a run."""
    count, done = 0, config.method.next_update(0, clock)
    while done is not None and done <= clock.steps_per_epoch:
        count, done = count + 1, config.method.next_update(done, clock)
    return count
