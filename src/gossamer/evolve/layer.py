"""What a part sees when the topology of a layer changes: a view of the layer, and random numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern, uniform_draws
from gossamer.engine.initial import Initial
from gossamer.random import Purpose

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class LayerView:
    """One layer of links, read-only.

    Attributes
    ----------
    index : int
        Which layer of links, 0 being the one that reads the inputs.
    pattern : Pattern
    columns : mapping of arrays [nnz]
        Per-link columns by name, in the pattern's order: "weight", the optimizer's columns, "birth".
    initial : Initial
        Distribution of initial weights of the network.
    """

    index: int
    pattern: Pattern
    columns: Mapping[str, Array]
    initial: Initial

    @property
    def weights(self) -> Array:
        """Weights [nnz], float32 or float64."""
        return self.columns["weight"]


@dataclass(frozen=True)
class Draw:
    """Random numbers of one update of one layer: functions of the training seed, the step and the layer."""

    seed: int
    step: int
    layer: int

    def uniform(self, count: int, purpose: Purpose) -> NDArray[np.float64]:
        """Numbers in (0, 1), float64 [count]; asking twice gives the same ones."""
        return uniform_draws(self.seed, count, step=self.step, layer=self.layer, purpose=int(purpose))
