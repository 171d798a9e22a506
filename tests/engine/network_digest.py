"""Trains networks of every kind and prints a digest of their bits; a program, so that its environment counts.

Usage: ``python network_digest.py THREADS [FILE]``; FILE gets the columns and scores of all networks.
"""

import sys

import numpy as np
from network_helpers import (
    ACTIVATIONS,
    LOSSES,
    OPTIMIZERS,
    digest,
    make_inputs,
    make_network,
    rewire,
    take_steps,
)

from gossamer._native import cpu, set_threads
from gossamer.engine.latent import Latent


def small(dtype):
    """Every activation, loss, optimizer and input kind meets a batch with and without a half group."""
    networks = []
    for k, (activation, batch) in enumerate(zip(ACTIVATIONS, (40, 100, 13, 64, 8, 130), strict=True)):
        network = make_network(
            activation=activation,
            loss=LOSSES[k % len(LOSSES)],
            optimizer=OPTIMIZERS[(k + k // 3) % 3],
            dropout=0.2,
            dtype=dtype,
        )
        take_steps(network, batch, kind=("uint8", "float32", "csr")[(k + k // 2) % 3])
        networks.append(network)
    return networks


def large(dtype):
    """A network whose layers, and with 128 columns its inputs, are shared among threads; with a swap."""
    network = make_network((1600, 1500, 1400, 10), density=0.01, dropout=0.2, dtype=dtype)
    take_steps(network, 40, 2)
    rewire(network, 1, 2)
    take_steps(network, 130, 2, first_step=2, kind="float32")
    rewire(network, 0, 4)
    take_steps(network, 130, 1, first_step=4)
    take_steps(network, 72, 2, first_step=5, kind="csr")
    return [network]


def grown(dtype):
    """A network whose new links stand where gradients of kept batches are largest, with these as weights."""
    network = make_network((300, 170, 90, 10), density=0.05, dropout=0.2, dtype=dtype)
    network.keep_batches(5)
    take_steps(network, 72, 5)
    for layer, weights in enumerate(([1.0], [0.1, 0.09], [0.9**age for age in range(5)])):
        positions, values = network.dense_gradient_top_k(layer, 200, weights=weights)
        network.swap(layer, np.ones(network.nnz[layer], bool), positions, values, 5)
    return [network]


def latent(dtype):
    """Networks whose weights are made from latent parameters."""
    rules = [Latent("power", power=3.5), Latent("mask", penalty=1e-2), Latent("deep_r", noise=0.3)]
    networks = [make_network(latent=[rule] * 3, dropout=0.2, dtype=dtype) for rule in rules]
    for network in networks:
        take_steps(network, 40, 3)
    return networks


def trained():
    return [network for dtype in ("float32", "float64") for make in (small, large) for network in make(dtype)]


def everything():
    kinds = [make(dtype) for dtype in ("float32", "float64") for make in (grown, latent)]
    return [*trained(), *(network for kind in kinds for network in kind)]


if __name__ == "__main__":
    set_threads(int(sys.argv[1]))
    print(cpu()["instruction_set"], digest(*everything()))  # noqa: T201
    if len(sys.argv) > 2:
        scores = [network.scores(make_inputs(50, network.sizes[0])).ravel() for network in trained()]
        by_type = {dtype: [s for s in scores if s.dtype == dtype] for dtype in ("float32", "float64")}
        np.savez(sys.argv[2], **{dtype: np.concatenate(parts) for dtype, parts in by_type.items()})
