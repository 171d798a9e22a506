"""From a configuration and a data set to the network that a run starts with."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from gossamer import _native
from gossamer._native import Pattern
from gossamer.data import Dataset
from gossamer.engine.initial import initial_weights
from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork
from gossamer.evolve import Method
from gossamer.topology import Saliency
from gossamer.train.config import RunConfig
from gossamer.train.machine import check_environment

AnyNetwork = Network | ReferenceNetwork


def layer_sizes(config: RunConfig, dataset: Dataset) -> tuple[int, ...]:
    """Neurons of the input, of the hidden layers and of the output."""
    return (dataset.n_features, *config.network.hidden, n_outputs(config, dataset))


def n_outputs(config: RunConfig, dataset: Dataset) -> int:
    """One output a class, but a single one for two classes under binary cross-entropy; else one a target."""
    if dataset.task != "classification":
        return len(dataset.target_names)
    two_in_one = config.network.loss == "binary_cross_entropy" and dataset.n_classes == 2
    return 1 if two_in_one else dataset.n_classes


def first_patterns(config: RunConfig, dataset: Dataset) -> list[Pattern]:
    """Topology at the start of a run, one pattern a layer."""
    start, sizes = config.method.start, layer_sizes(config, dataset)
    if isinstance(start, Saliency):
        from gossamer.train.saliency import saliency_patterns

        return saliency_patterns(config, dataset, sizes)
    inputs = dataset.train.inputs if start.needs_data else None
    return start.sample(sizes, config.seed_of("topology"), inputs)


def first_network(config: RunConfig, patterns: Sequence[Pattern]) -> AnyNetwork:
    """Network at the start of a run with the topology of `patterns`."""
    network = network_of(config, patterns, first_weights(config, patterns))
    settle(network, config.method)
    return network


def settle(network: AnyNetwork, method: Method) -> None:
    """Set what latent parameters depend on after the topology has changed; see `LatentRule.settle`."""
    if method.latent is not None:
        for layer in method.evolving(network.n_layers):
            method.latent.settle(network, layer)


def first_weights(config: RunConfig, patterns: Sequence[Pattern]) -> list[NDArray[Any]]:
    """Weights at the start of a run, arrays [nnz]; of a saliency those that were scored."""
    network, start = config.network, config.method.start
    if isinstance(start, Saliency) and start.weights == "scored":
        from gossamer.train.saliency import scored_weights

        return scored_weights(config, patterns)
    seed = config.seed_of("weights")
    return initial_weights(patterns, network.init, network.fan_in, seed, network.dtype)


def network_of(
    config: RunConfig,
    patterns: Sequence[Pattern],
    weights: Sequence[NDArray[Any]],
    engine: type[AnyNetwork] | None = None,
) -> AnyNetwork:
    """Network with given patterns and weights, biases 0, no optimizer state; on `engine` if given."""
    hidden = len(patterns) - 1
    network, rule = config.network, config.method.latent
    latent = set() if rule is None else set(config.method.evolving(len(patterns)))
    made = (engine or engine_class(config))(
        patterns,
        weights,
        activations=[network.hidden_activation()] * hidden,
        dropout=[network.dropout] * hidden,
        loss=network.loss,
        optimizer=config.optimizer.optimizer(),
        dtype=network.dtype,
        latent=[rule.of_layer(p) if rule and k in latent else None for k, p in enumerate(patterns)],
    )
    made.tells_classes = config.data.task == "classification"
    return made


def engine_class(config: RunConfig) -> type[Network] | type[ReferenceNetwork]:
    """The class that does the arithmetic of a run: the one place where it is chosen."""
    return ReferenceNetwork if config.execution.engine == "reference" else Network


def instruction_class(config: RunConfig) -> str:
    """Which bits the arithmetic of this process makes: "fma", "baseline", or "reference" (the NumPy twin)."""
    if config.execution.engine == "reference":
        return "reference"
    return "fma" if _native.cpu()["fma"] else "baseline"


@contextmanager
def threads(config: RunConfig) -> Iterator[int]:
    """Let the engine use the threads that `config` asks for, then as many as before."""
    check_environment()
    before = _native.threads()
    _native.set_threads(config.execution.threads or before)
    try:
        yield _native.threads()
    finally:
        _native.set_threads(before)


def available_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
