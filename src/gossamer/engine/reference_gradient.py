"""Kept batches of the reference network, and the dense gradient that they make."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.engine import dense_gradient as dg
from gossamer.engine.reference_columns import ReferenceColumns
from gossamer.errors import ConfigError

Array = NDArray[Any]


class ReferenceGradient(ReferenceColumns):
    """The part of `ReferenceNetwork` that keeps batches."""

    _kept: dict[int, deque[tuple[Array, Array]]]

    def keep_batches(self, window: int, layers: Sequence[int] | None = None) -> None:
        """Keep inputs and deltas of the last `window` batches; see `Network.keep_batches`."""
        dg.check_window(window, layers, self.n_layers)
        wanted = range(self.n_layers) if layers is None else layers
        self._kept = {layer: deque(maxlen=window) for layer in (wanted if window else ())}

    def kept_batches(self, layer: int) -> int:
        """Number of batches that are kept of a layer."""
        return len(self._kept.get(layer, ()))

    def signals(self, layer: int, age: int = 0) -> tuple[Array, Array]:
        """Inputs and deltas of a kept batch; see `Network.signals`."""
        kept = self._kept.get(layer, ())
        dg.check_age(layer, age, len(kept))
        inputs, deltas = kept[-1 - age]
        return inputs.copy(), deltas.copy()

    def add_signals(self, layer: int, inputs: Array, deltas: Array) -> None:
        """Make these the newest kept batch of a layer; see `Network.add_signals`."""
        pattern = self._patterns[layer]
        inputs, deltas = dg.checked_signals(pattern, inputs, deltas, self.dtype)
        if layer not in self._kept:
            raise ConfigError(f"No batches of layer {layer} are kept; call keep_batches() first.")
        self._kept[layer].append((inputs, deltas))

    def dense_gradient_top_k(
        self,
        layer: int,
        count: int,
        *,
        keep: NDArray[np.bool_] | None = None,
        exclude: NDArray[np.uint64] | None = None,
        weights: Sequence[float] = (1.0,),
    ) -> tuple[NDArray[np.uint64], Array]:
        """The largest gradients among positions without a link; see `Network.dense_gradient_top_k`."""
        pattern = self._patterns[layer]
        dg.check_question(pattern, self.kept_batches(layer), weights, layer)
        ages = range(min(len(weights), self.kept_batches(layer)))
        batches = [self._kept[layer][-1 - age] for age in ages]
        dg.dense_gradient_cost(
            pattern.n_in, pattern.n_out, sum(d.shape[1] for _, d in batches), count, window=1
        )
        return dg.top_k(
            pattern,
            count,
            keep,
            exclude,
            lambda keep, exclude: dg.blocks(pattern, batches, weights[: len(batches)], count, keep, exclude),
        )
