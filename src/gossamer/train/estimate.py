"""What a run will take: links, memory, time."""

import time
from dataclasses import dataclass

import numpy as np

from gossamer.data import Dataset
from gossamer.evolve import Clock, evolve
from gossamer.random import permutation
from gossamer.topology import PathCoverage, check_paths
from gossamer.train.batches import Batches
from gossamer.train.build import AnyNetwork, first_network, first_patterns, layer_sizes, n_outputs, threads
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples, evaluate

_PROBE_SECONDS = 0.5
_PROBE_SAMPLES = 512
# Index arrays of a link: target, source, place of the link in the other order (4 bytes each), and its birth.
_INDEX_BYTES = 16
# Arrays [neurons, batch] of a step: pre-activation, activation, gradient.
_BATCH_ARRAYS = 3


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes
    ----------
    sizes : tuple of int, neurons of each layer
    links : tuple of int, links of each layer of the sampled topology
    density : tuple of float, of each layer
    sparsity : float, of all layers together
    paths : PathCoverage, of the sampled topology
    warning : str or None, if inputs or outputs are on no path
    parameters : int, links and biases
    network_bytes, batch_bytes, data_bytes : int
        Network with its optimizer state, arrays of a training step, and the samples.
    steps_per_epoch, epochs : int
    epoch_seconds : float
        From a short measured probe: steps, evaluation and one update.
    """

    sizes: tuple[int, ...]
    links: tuple[int, ...]
    density: tuple[float, ...]
    sparsity: float
    paths: PathCoverage
    warning: str | None
    parameters: int
    network_bytes: int
    batch_bytes: int
    data_bytes: int
    steps_per_epoch: int
    epochs: int
    epoch_seconds: float

    @property
    def total_seconds(self) -> float:
        """Expected time of all epochs."""
        return self.epochs * self.epoch_seconds


def estimate(config: RunConfig, dataset: Dataset) -> Estimate:
    """Sample the topology of a run and train it for a moment, to see what the run will take.

    Raises
    ------
    ConfigError, TopologyError
        If the run cannot be.
    """
    sizes, batches = layer_sizes(config, dataset), Batches.of(config, len(dataset.train))
    patterns = first_patterns(config, dataset)
    check = check_paths(patterns, config.method.start.densities(sizes), require=config.require_paths)
    with threads(config):
        network = first_network(config, patterns)
        seconds = _epoch_seconds(config, dataset, network, batches)
    links = tuple(pattern.nnz for pattern in patterns)
    item = np.dtype(config.network.dtype).itemsize
    states = 1 + len(network.optimizer.state_columns)
    neurons = sum(sizes[1:])
    return Estimate(
        sizes=sizes,
        links=links,
        density=tuple(pattern.nnz / (pattern.n_in * pattern.n_out) for pattern in patterns),
        sparsity=check.sampled.sparsity,
        paths=check.sampled,
        warning=check.warning,
        parameters=sum(links) + neurons,
        network_bytes=sum(links) * (_INDEX_BYTES + item * states) + neurons * item * states + 16 * sum(sizes),
        batch_bytes=_BATCH_ARRAYS * item * sum(sizes) * config.training.batch_size,
        data_bytes=sum(_bytes(split.inputs) for split in dataset.parts().values()),
        steps_per_epoch=batches.steps,
        epochs=config.training.epochs,
        epoch_seconds=seconds,
    )


def _bytes(inputs: object) -> int:
    arrays = [getattr(inputs, name, None) for name in ("data", "indices", "indptr")]
    if isinstance(inputs, np.ndarray):
        return inputs.nbytes
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))


def _epoch_seconds(config: RunConfig, dataset: Dataset, network: AnyNetwork, batches: Batches) -> float:
    """Seconds of an epoch, from some steps, the evaluation of some samples, and one update."""
    loss, n_out = config.network.loss, n_outputs(config, dataset)
    train = Samples.of(dataset.train, dataset, loss, n_out)
    step_seconds = _step_seconds(config, network, train, batches)
    start = time.perf_counter()
    probe = next(train.blocks(_PROBE_SAMPLES))
    evaluate(network, probe)
    sample_seconds = (time.perf_counter() - start) / len(probe)
    evaluated = sum(len(split) for name, split in dataset.parts().items() if name != "train")
    clock = Clock(batches.steps, config.training.epochs + 1)
    updates = _updates(config, clock)
    seconds = batches.steps * step_seconds + evaluated * sample_seconds
    if updates:
        start = time.perf_counter()
        evolve(network, config.method, 1, clock, seed=config.seed_of("training"), initial=config.initial())
        seconds += updates * (time.perf_counter() - start)
    return seconds


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
