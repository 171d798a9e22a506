"""Columns of the native network: what is stored of each link and of each neuron."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Network32, Network64, Pattern
from gossamer.engine.activation import Activation
from gossamer.engine.calls import refusals_as
from gossamer.engine.codes import latent_column, native_column, neuron_column
from gossamer.engine.latent import Latent
from gossamer.engine.optimizer import Optimizer
from gossamer.errors import ConfigError, DataError

Array = NDArray[Any]


class NetworkColumns:
    """The part of `Network` that knows its patterns and columns."""

    activations: tuple[Activation, ...]
    latent: tuple[Latent | None, ...]
    optimizer: Optimizer
    _core: Network32 | Network64
    _n_layers: int
    _added: list[tuple[str, ...]]

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """Pattern of each layer of links."""
        return tuple(self._core.pattern(layer) for layer in range(self._n_layers))

    @property
    def n_layers(self) -> int:
        """Number of layers of links."""
        return self._n_layers

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of neurons of the input, the hidden layers and the output."""
        patterns = self.patterns
        return (patterns[0].n_in, *(p.n_out for p in patterns))

    @property
    def nnz(self) -> tuple[int, ...]:
        """Number of links of each layer."""
        return tuple(p.nnz for p in self.patterns)

    def column_names(self, layer: int) -> tuple[str, ...]:
        """Names of the per-link columns.

        "weight", the optimizer's, "birth", those of latent parameters (see `Latent`), and added ones.
        """
        of = self.latent[layer]
        latent = of.column_names(self.optimizer) if of else ()
        return ("weight", *self.optimizer.state_columns, "birth", *latent, *self._added[layer])

    def add_column(self, layer: int, name: str) -> None:
        """Add a per-link column of zeros, which swaps move along; ConfigError where it exists."""
        if name in self.column_names(layer):
            raise ConfigError(f"There is a column {name!r} already; choose another name.")
        with refusals_as(ConfigError):
            self._core.add_column(layer, name)
        self._added[layer] = (*self._added[layer], name)

    def column(self, layer: int, name: str) -> Array:
        """Read-only view of a per-link column [nnz], in the pattern's order.

        A view follows training; after a swap of its layer it keeps the numbers from before the swap.
        """
        return np.asarray(self._core.column(layer, self._native_name(layer, name)))

    def set_column(self, layer: int, name: str, values: Array) -> None:
        """Replace a per-link column.

        Under a latent rule weights and latent parameters always belong together: new weights give new latent
        parameters, and "latent", "sign", "forward" and "mask" give new weights.
        """
        self._set(layer, self._native_name(layer, name), name, values)

    def bias(self, layer: int) -> Array:
        """Read-only view of the biases [n_out] of a layer."""
        return self.bias_column(layer, "weight")

    def set_bias(self, layer: int, values: Array) -> None:
        """Replace the biases of a layer."""
        self.set_bias_column(layer, "weight", values)

    def bias_column_names(self, layer: int) -> tuple[str, ...]:
        """Names of the per-neuron columns of a layer's targets.

        "weight" is the bias; the optimizer's columns of it; under "srelu" "t_right", "a_right", "t_left",
        "a_left" and, as ``t_right_velocity``, their optimizer state.
        """
        states = self.optimizer.state_columns
        own = [(name, *(f"{name}_{state}" for state in states)) for name in self.activation_parameters(layer)]
        return ("weight", *states, *(name for names in own for name in names))

    def activation_parameters(self, layer: int) -> tuple[str, ...]:
        """Columns of `bias_column_names` that the activation of the layer's targets trains."""
        return self.activations[layer].parameters if layer < self.n_layers - 1 else ()

    def bias_column(self, layer: int, name: str) -> Array:
        """Read-only view of the biases ("weight") or of another per-neuron column, [n_out]."""
        return np.asarray(self._core.column(layer, self._native_bias_name(layer, name)))

    def set_bias_column(self, layer: int, name: str, values: Array) -> None:
        """Replace the biases ("weight") or another per-neuron column."""
        self._set(layer, self._native_bias_name(layer, name), name, values)

    def _native_name(self, layer: int, name: str) -> str:
        native = native_column(self.optimizer, name, self.column_names(layer))
        of = self.latent[layer]
        return (
            native if of is None or name in self._added[layer] else latent_column(of, self.optimizer, native)
        )

    def _native_bias_name(self, layer: int, name: str) -> str:
        native = native_column(self.optimizer, name, self.bias_column_names(layer))
        if native == "weight":
            return "bias"
        return f"bias_{native}" if native.startswith("state") else neuron_column(self.optimizer, native)

    def _set(self, layer: int, native: str, name: str, values: Array) -> None:
        old = self._core.column(layer, native)
        new = np.ascontiguousarray(values, dtype=old.dtype)
        if new.shape != old.shape:
            raise DataError(f"The column {name!r} gets shape {new.shape}, expected {old.shape}.")
        self._core.set_column(layer, native, new)
