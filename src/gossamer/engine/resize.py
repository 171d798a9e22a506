"""Neurons added to layers and taken from them: a new network with all that the old one knew of the rest."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork
from gossamer.errors import ConfigError

Array = NDArray[Any]
N = TypeVar("N", Network, ReferenceNetwork)


def resize(network: N, keep: Sequence[NDArray[np.bool_] | None], add: Sequence[int]) -> N:
    """A network with other widths; the old one is left as it is.

    Neurons that stay keep their order, their biases and the state of these; links between neurons that stay
    keep every column. New neurons come behind them, without links and with the first values of a new network
    (links to them are grown by `Network.swap`). Kept batches and pending gradients are not taken over.
    Dropout is keyed by the number of a neuron, so that it falls differently on neurons that moved up.

    Parameters
    ----------
    network : Network or ReferenceNetwork
    keep : sequence of bool arrays, one for each layer of neurons, inputs and outputs included
        Which neurons stay; None for all.
    add : sequence of int, neurons added to each layer

    Returns
    -------
    network of the same class

    Raises
    ------
    ConfigError
        If these do not fit the layers, or a layer would be left without neurons.
    """
    sizes = network.sizes
    flags = _checked(sizes, keep, add)
    stays = []
    patterns = []
    for layer, pattern in enumerate(network.patterns):
        sources = pattern.link_sources()
        stay = flags[layer][sources] & flags[layer + 1][pattern.targets]
        stays.append(stay)
        patterns.append(
            _pattern(
                sources[stay],
                pattern.targets[stay],
                (flags[layer], flags[layer + 1]),
                (add[layer], add[layer + 1]),
            )
        )
    fresh = type(network)(
        patterns,
        [network.column(layer, "weight")[stay] for layer, stay in enumerate(stays)],
        activations=network.activations,
        dropout=network.dropout,
        loss=network.loss,
        optimizer=network.optimizer,
        dtype="float32" if network.dtype == np.float32 else "float64",
        latent=network.latent,
    )
    for layer, stay in enumerate(stays):
        for name in network.column_names(layer):
            if name not in fresh.column_names(layer):
                fresh.add_column(layer, name)
            if name != "weight":
                fresh.set_column(layer, name, network.column(layer, name)[stay])
        old = int(np.count_nonzero(flags[layer + 1]))
        for name in network.bias_column_names(layer):
            values = np.array(fresh.bias_column(layer, name))
            values[:old] = network.bias_column(layer, name)[flags[layer + 1]]
            fresh.set_bias_column(layer, name, values)
    return fresh


def _checked(
    sizes: Sequence[int], keep: Sequence[NDArray[np.bool_] | None], add: Sequence[int]
) -> list[NDArray[np.bool_]]:
    if len(keep) != len(sizes) or len(add) != len(sizes):
        raise ConfigError(
            f"A network of {len(sizes)} layers of neurons is resized with {len(keep)} flags and {len(add)} "
            "numbers to add; expected one of each for every layer."
        )
    flags = [
        np.ones(size, np.bool_) if of is None else np.asarray(of)
        for size, of in zip(sizes, keep, strict=True)
    ]
    for layer, (size, of, more) in enumerate(zip(sizes, flags, add, strict=True)):
        if of.dtype != np.bool_ or of.shape != (size,):
            raise ConfigError(
                f"The flags of layer {layer} are {of.dtype} {of.shape}, expected {size} bool flags."
            )
        if more < 0 or int(np.count_nonzero(of)) + more < 1:
            raise ConfigError(
                f"Layer {layer} keeps {np.count_nonzero(of)} neurons and gets {more}; expected at least one "
                "neuron afterwards, and none fewer than 0 to add."
            )
    return flags


def _pattern(
    sources: NDArray[np.uint32],
    targets: NDArray[np.uint32],
    flags: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    add: tuple[int, int],
) -> Pattern:
    """Pattern of the links that stay, in canonical order, with the new numbers of their neurons."""
    numbers = [np.cumsum(of) - 1 for of in flags]
    n_in, n_out = (int(np.count_nonzero(of)) + more for of, more in zip(flags, add, strict=True))
    offsets = np.zeros(n_in + 1, np.int64)
    np.cumsum(np.bincount(numbers[0][sources], minlength=n_in), out=offsets[1:])
    return Pattern(n_in, n_out, offsets, numbers[1][targets].astype(np.uint32))
