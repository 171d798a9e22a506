"""A network as named arrays, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.errors import GossamerError, StoreError
from gossamer.train.build import AnyNetwork, network_of
from gossamer.train.config import RunConfig

Arrays = Mapping[str, NDArray[Any]]


def network_to_arrays(network: AnyNetwork, *, state: bool) -> dict[str, NDArray[Any]]:
    """Patterns, weights, biases and births by name; with `state` all else that training needs.

    Layer l has ``layer{l}.source_offsets``, ``.targets``, ``.weight``, ``.bias`` and ``.column.birth``, and
    ``.bias_column.{name}`` of what its activation trains; with `state` also ``.column.{name}`` and
    ``.bias_column.{name}`` of every other column.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for layer, pattern in enumerate(network.patterns):
        name = f"layer{layer}."
        arrays[name + "source_offsets"] = pattern.source_offsets
        arrays[name + "targets"] = pattern.targets
        arrays[name + "weight"] = network.column(layer, "weight")
        arrays[name + "bias"] = network.bias(layer)
        for column in _columns(network, layer, state=state):
            arrays[f"{name}column.{column}"] = network.column(layer, column)
        for column in _bias_columns(network, layer, state=state):
            arrays[f"{name}bias_column.{column}"] = network.bias_column(layer, column)
    return arrays


def network_from_arrays(config: RunConfig, arrays: Arrays, *, state: bool) -> AnyNetwork:
    """Inverse of `network_to_arrays`.

    Raises
    ------
    StoreError
        If an array is missing, or the arrays are not those of a network.
    """
    other = [name for name, array in arrays.items() if array.dtype.kind not in "iuf"]
    if other:
        raise StoreError(f"The stored network is damaged: {other[0]} is {arrays[other[0]].dtype}.")
    try:
        patterns = _patterns(arrays, len(config.network.hidden) + 1)
        weights = [arrays[f"layer{layer}.weight"] for layer in range(len(patterns))]
        network = network_of(config, patterns, weights)
        for layer in range(len(patterns)):
            network.set_bias(layer, arrays[f"layer{layer}.bias"])
            for column in _added(network, layer, arrays):
                network.add_column(layer, column)
            for column in _columns(network, layer, state=state):
                network.set_column(layer, column, arrays[f"layer{layer}.column.{column}"])
            for column in _bias_columns(network, layer, state=state):
                network.set_bias_column(layer, column, arrays[f"layer{layer}.bias_column.{column}"])
    except KeyError as error:
        raise StoreError(
            f"The stored network has no array {error.args[0]!r}; the file is damaged."
        ) from error
    except (GossamerError, ValueError, TypeError) as error:
        raise StoreError(f"The stored network is damaged: {error}") from error
    return network


def _patterns(arrays: Arrays, layers: int) -> list[Pattern]:
    patterns = []
    for layer in range(layers):
        offsets, n_out = arrays[f"layer{layer}.source_offsets"], len(arrays[f"layer{layer}.bias"])
        targets = arrays[f"layer{layer}.targets"]
        patterns.append(
            Pattern(len(offsets) - 1, n_out, np.ascontiguousarray(offsets), np.ascontiguousarray(targets))
        )
    return patterns


def _added(network: AnyNetwork, layer: int, arrays: Arrays) -> list[str]:
    """Stored columns that a new network does not have: those that a method added."""
    prefix = f"layer{layer}.column."
    stored = [name.removeprefix(prefix) for name in arrays if name.startswith(prefix)]
    return [name for name in stored if name not in network.column_names(layer)]


def _columns(network: AnyNetwork, layer: int, *, state: bool) -> list[str]:
    """Per-link columns besides the weights: all of them, or what the age of a link is read from."""
    return [name for name in network.column_names(layer) if name == "birth" or (state and name != "weight")]


def _bias_columns(network: AnyNetwork, layer: int, *, state: bool) -> tuple[str, ...]:
    """Per-neuron columns besides the biases: all of them, or those that predictions need."""
    names = network.bias_column_names(layer)
    return names[1:] if state else network.activation_parameters(layer)
