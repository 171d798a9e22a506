"""Bytes that a run takes, and the refusal of one that does not fit."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gossamer.engine.dense_gradient import kept_bytes, search_bytes
from gossamer.errors import ConfigError, TopologyError
from gossamer.evolve import Need
from gossamer.train.build import available_cores
from gossamer.train.config import RunConfig
from gossamer.train.machine import available_memory
from gossamer.units import size

# Target, source and place in the other order of a link (uint32 each), and the step of its birth (int32).
_LINK_BYTES = 16
# Batches are padded to whole vectors, and evaluations take up to so many samples at a time.
_PADDING, _EVALUATION_BATCH = 8, 64


def check_memory(config: RunConfig, sizes: Sequence[int]) -> None:
    """Refuse a run that cannot fit into memory, before anything of its size is allocated.

    Raises
    ------
    ConfigError
        If network, batch and update need more bytes than this process can still have.
    """
    links = first_links(config, sizes)
    needed = network_bytes(config, sizes, links) + batch_bytes(config, sizes)
    needed += update_bytes(config, sizes, links)
    available = available_memory()
    if available is not None and needed > available:
        raise ConfigError(memory_sentence(needed, available))


def memory_sentence(needed: int, available: int) -> str:
    """What is said of a run that does not fit."""
    return (
        f"There is not enough memory for this run: {size(needed)} are needed, {size(available)} are there; "
        "choose a smaller or sparser network, or a smaller batch."
    )


def first_links(config: RunConfig, sizes: Sequence[int]) -> tuple[int, ...]:
    """Links of each layer at the start; TopologyError if an index could not number those of a layer."""
    links = config.method.start.links(sizes)
    if max(links) >= 2**32:
        raise TopologyError(
            f"A layer would have {max(links)} links; fewer than 2**32 are expected; make it sparser."
        )
    return links


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


def update_bytes(config: RunConfig, sizes: Sequence[int], links: Sequence[int]) -> int:
    """Bytes that an update by gradients takes at most; 0 for a method that needs none.

    A gradient a link and bias, the kept batches, and the candidates of the largest layer.
    """
    method, item = config.method, np.dtype(config.network.dtype).itemsize
    if not method.needs & {Need.DENSE_GRADIENT_TOP_K, Need.ACTIVATIONS, Need.SUPPORT_GRADIENT}:
        return 0
    shapes, batch = list(pairwise(sizes)), config.training.batch_size
    layers = method.evolving(len(shapes))
    kept = sum(kept_bytes(*shapes[k], batch, max(1, method.kept_batches), item) for k in layers)
    searched = Need.DENSE_GRADIENT_TOP_K in method.needs
    threads = config.execution.threads or available_cores()
    rooms = [search_bytes(links[k], threads) for k in layers] if searched else []
    return kept + max(rooms, default=0) + item * (sum(links) + sum(sizes[1:]))
