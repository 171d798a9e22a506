"""What a run will take: links, memory, time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gossamer.data import Dataset
from gossamer.errors import ConfigError, TopologyError
from gossamer.evolve import Clock, evolve
from gossamer.evolve.position_set import PositionSet, link_positions
from gossamer.random import permutation
from gossamer.topology import PathCoverage, PerLayer, check_paths, expected_path_coverage
from gossamer.train.batches import Batches
from gossamer.train.build import AnyNetwork, first_network, first_patterns, layer_sizes, n_outputs, threads
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples, evaluate
from gossamer.train.machine import available_memory
from gossamer.train.services import RunServices, Signals, update_flop
from gossamer.units import size

# Target, source and place in the other order of a link (uint32 each), and the step of its birth (int32).
_LINK_BYTES = 16
# Batches are padded to whole vectors, and evaluations take up to so many samples at a time.
_PADDING, _EVALUATION_BATCH = 8, 64
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
    network_bytes, batch_bytes, data_bytes : int
        Network with its optimizer state, arrays of a training step, and the samples.
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
    links, flop = _checked_links(config, sizes), update_flop(config, sizes)
    available, batch = available_memory(), batch_bytes(config, sizes)
    memory = network_bytes(config, sizes, links) + batch
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
        data_bytes=sum(_bytes(split.inputs) for split in dataset.parts().values()),
        available_bytes=available,
        steps_per_epoch=batches.steps,
        epochs=config.training.epochs,
        update_flop=flop,
        epoch_seconds=seconds,
    )


def check_memory(config: RunConfig, sizes: Sequence[int]) -> None:
    """Refuse a run that cannot fit into memory, before anything of its size is allocated.

    Raises
    ------
    ConfigError
        If the network and the arrays of a batch need more bytes than this process can still have.
    """
    needed = network_bytes(config, sizes, _checked_links(config, sizes)) + batch_bytes(config, sizes)
    available = available_memory()
    if available is not None and needed > available:
        raise ConfigError(memory_sentence(needed, available))


def memory_sentence(needed: int, available: int) -> str:
    """What is said of a run that does not fit."""
    return (
        f"There is not enough memory for this run: {size(needed)} are needed, {size(available)} are there; "
        "choose a smaller or sparser network, or a smaller batch."
    )


def _checked_links(config: RunConfig, sizes: Sequence[int]) -> tuple[int, ...]:
    links = config.method.start.links(sizes)
    if max(links) >= 2**32:
        raise TopologyError(
            f"A layer would have {max(links)} links; fewer than 2**32 are expected; make it sparser."
        )
    return links


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
    loss, n_out = config.network.loss, n_outputs(config, dataset)
    train = Samples.of(dataset.train, dataset, loss, n_out)
    step_seconds = _step_seconds(config, network, train, batches)
    start = time.perf_counter()
    probe = next(train.blocks(_PROBE_SAMPLES))
    evaluate(network, probe)
    sample_seconds = (time.perf_counter() - start) / len(probe)
    seconds = batches.steps * step_seconds + _evaluated(config, dataset) * sample_seconds
    clock = Clock(batches.steps, config.training.epochs + 1)
    updates = _updates(config, clock)
    if updates:
        start = time.perf_counter()
        seed = config.seed_of("training")
        order = permutation(seed, len(train), step=1)
        kept: list[Signals] = []
        services = RunServices(
            network,
            train,
            lambda step: order[batches.call(step % batches.steps, step % batches.steps + 1)[2]],
            done=1,
            seed=seed,
            dropout=config.network.dropout,
            kept=kept,
            accuracies=(0.5,),
            explored=[PositionSet(link_positions(pattern)) for pattern in network.patterns],
        )
        layers = config.method.evolving(network.n_layers)
        batch = {layer: services.signals(layer) for layer in layers} if config.method.kept_batches else {}
        kept.extend([batch] * config.method.kept_batches)
        evolve(network, config.method, 1, clock, seed=seed, initial=config.initial(), services=services)
        seconds += updates * (time.perf_counter() - start)
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


def network_bytes(config: RunConfig, sizes: Sequence[int], links: Sequence[int]) -> int:
    """Bytes of the links, biases and optimizer state of a network.

    Parameters
    ----------
    config : RunConfig
    sizes : neurons of each layer
    links : links of each layer
    """
    item = np.dtype(config.network.dtype).itemsize
    states = len(config.optimizer.optimizer().state_columns)
    # The weight, its copy by target, and the optimizer's columns.
    link = _LINK_BYTES + item * (2 + states)
    offsets = sum(8 * (n_in + 1 + n_out + 1) for n_in, n_out in pairwise(sizes))
    own = len(config.network.hidden_activation().parameters)
    neurons = sum(sizes[1:]) + own * sum(sizes[1:-1])
    return sum(links) * link + neurons * item * (1 + states) + offsets


def batch_bytes(config: RunConfig, sizes: Sequence[int]) -> int:
    """Bytes of the arrays [neurons, padded batch] of a training step and of evaluations.

    Activations of all layers; derivatives of hidden layers unless they are ReLU, twice as much for SReLU; a
    bit a hidden neuron for dropout; gradients of the two layers that the backward pass is between, each as
    wide as the widest one.
    """
    item = np.dtype(config.network.dtype).itemsize
    trained = -(-config.training.batch_size // _PADDING) * _PADDING
    largest = max(trained, _EVALUATION_BATCH)
    hidden = sizes[1:-1]
    widest = max(hidden, default=0)
    derivatives = {"relu": 0, "srelu": 2}.get(config.network.activation, 1) * sum(hidden)
    gradients = min(2, len(hidden)) * widest
    bits = 2 * widest * -(-largest // 16)
    return item * ((sum(sizes) + derivatives) * largest + gradients * trained) + bits
