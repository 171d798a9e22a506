"""Columns of the reference network: what is stored of each link and of each neuron."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.engine.activation import Activation
from gossamer.engine.latent import Latent
from gossamer.errors import ConfigError, DataError

Array = NDArray[Any]


class ReferenceColumns:
    """The part of `ReferenceNetwork` that knows its patterns and columns."""

    dtype: np.dtype[Any]
    activations: tuple[Activation, ...]
    latent: tuple[Latent | None, ...]
    _patterns: list[Pattern]
    _links: list[dict[str, Array]]
    _biases: list[dict[str, Array]]

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """Pattern of each layer of links."""
        return tuple(self._patterns)

    @property
    def n_layers(self) -> int:
        """Number of layers of links."""
        return len(self._patterns)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of neurons of the input, the hidden layers and the output."""
        return (self._patterns[0].n_in, *(p.n_out for p in self._patterns))

    @property
    def nnz(self) -> tuple[int, ...]:
        """Number of links of each layer."""
        return tuple(p.nnz for p in self._patterns)

    def column_names(self, layer: int) -> tuple[str, ...]:
        """Names of the per-link columns: "weight", the optimizer's, "birth", and those that were added."""
        return tuple(self._links[layer])

    def add_column(self, layer: int, name: str) -> None:
        """Add a per-link column of zeros; see `Network.add_column`."""
        if name in self._links[layer]:
            raise ConfigError(f"There is a column {name!r} already; choose another name.")
        self._links[layer][name] = np.zeros_like(self._links[layer]["weight"])

    def column(self, layer: int, name: str) -> Array:
        """Read-only view of a per-link column [nnz], in the pattern's order."""
        return _read_only(_named(self._links[layer], name))

    def set_column(self, layer: int, name: str, values: Array) -> None:
        """Replace a per-link column."""
        columns, of = self._links[layer], self.latent[layer]
        columns[name] = _like(values, _named(columns, name), name)
        if of is not None and name == "weight":
            self._derive_latent(columns, of)
        elif of is not None and name in ("latent", of.companion):
            columns["weight"] = of.weights(columns)

    def _derive_latent(self, columns: dict[str, Array], of: Latent | None) -> None:
        if of is not None:
            columns.update(of.of_weights(columns["weight"]))
            columns["weight"] = of.weights(columns)

    def _grown(self, layer: int, values: Array, step: int) -> dict[str, Array]:
        """Columns of links that grow with these weights; those that are not here are 0."""
        columns = {"weight": np.array(values, self.dtype)}
        self._derive_latent(columns, self.latent[layer])
        return columns | {"birth": np.full(len(values), step)}

    def bias(self, layer: int) -> Array:
        """Read-only view of the biases [n_out] of a layer."""
        return self.bias_column(layer, "weight")

    def set_bias(self, layer: int, values: Array) -> None:
        """Replace the biases of a layer."""
        self.set_bias_column(layer, "weight", values)

    def bias_column_names(self, layer: int) -> tuple[str, ...]:
        """Names of the per-neuron columns: see `Network.bias_column_names`."""
        return tuple(self._biases[layer])

    def activation_parameters(self, layer: int) -> tuple[str, ...]:
        """Columns of `bias_column_names` that the activation of the layer's targets trains."""
        return self.activations[layer].parameters if layer < self.n_layers - 1 else ()

    def bias_column(self, layer: int, name: str) -> Array:
        """Read-only view of the biases ("weight") or of another per-neuron column, [n_out]."""
        return _read_only(_named(self._biases[layer], name))

    def set_bias_column(self, layer: int, name: str, values: Array) -> None:
        """Replace the biases ("weight") or another per-neuron column."""
        self._biases[layer][name] = _like(values, _named(self._biases[layer], name), name)


def _named(columns: dict[str, Array], name: str) -> Array:
    if name not in columns:
        raise ConfigError(f"There is no column {name!r}, expected one of {tuple(columns)}.")
    return columns[name]


def _read_only(values: Array) -> Array:
    view = values.view()
    view.flags.writeable = False
    return view


def _like(values: Array, old: Array, name: str) -> Array:
    new = np.array(values, dtype=old.dtype)
    if new.shape != old.shape:
        raise DataError(f"The column {name!r} gets shape {new.shape}, expected {old.shape}.")
    return new
