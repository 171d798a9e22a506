"""Memory: what a network takes by the arrays of the native engine, and what is free on this machine."""

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from gossamer.train.config import RunConfig

# Target, source and place in the other order of a link (uint32 each), and the step of its birth (int32).
_LINK_BYTES = 16
# Batches are padded to whole vectors, and evaluations take up to so many samples at a time.
_PADDING, _EVALUATION_BATCH = 8, 64
_CGROUP = Path("/sys/fs/cgroup")


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
    return sum(links) * link + sum(sizes[1:]) * item * (1 + states) + offsets


def batch_bytes(config: RunConfig, sizes: Sequence[int]) -> int:
    """Bytes of the arrays [neurons, padded batch] of a training step and of evaluations.

    Activations of all layers; derivatives of hidden layers unless they are ReLU; a bit a hidden neuron for
    dropout; gradients of the two layers that the backward pass is between, each as wide as the widest one.
    """
    item = np.dtype(config.network.dtype).itemsize
    trained = -(-config.training.batch_size // _PADDING) * _PADDING
    largest = max(trained, _EVALUATION_BATCH)
    hidden = sizes[1:-1]
    widest = max(hidden, default=0)
    derivatives = 0 if config.network.activation == "relu" else sum(hidden)
    gradients = min(2, len(hidden)) * widest
    bits = 2 * widest * -(-largest // 16)
    return item * ((sum(sizes) + derivatives) * largest + gradients * trained) + bits


def available_memory() -> int | None:
    """Bytes that this process can still have; None where the system does not tell.

    The least of what is free, what the control group leaves, and what the limit of the process leaves.
    """
    found = (_free(), _left_in_group(), _left_in_process())
    return min((value for value in found if value is not None), default=None)


def _free() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    kilobytes = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return next((1024 * int(number) for number in kilobytes), None)


def _left_in_group() -> int | None:
    names = (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    )
    for names_of_version in names:
        try:
            limit, used = ((_CGROUP / name).read_text().strip() for name in names_of_version)
        except OSError:
            continue
        return max(0, int(limit) - int(used)) if limit.isdecimal() else None
    return None


def _left_in_process() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return limit
    return max(0, limit - pages * os.sysconf("SC_PAGE_SIZE"))
