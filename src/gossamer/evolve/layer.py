"""What a part sees when the topology of a layer changes: a view of the layer, and random numbers."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern, uniform_draws
from gossamer.engine.initial import Initial
from gossamer.evolve.services import NoServices, Services
from gossamer.evolve.when import Clock, Moment
from gossamer.random import Purpose, derive

Array = NDArray[Any]

_NO_SERVICES, _BEGINNING = NoServices(), Moment(0, Clock(1, 1))


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
    services : Services
        Answers of the run to what the part declares in its ``needs``.
    moment : Moment
        Where the training is; `gossamer.evolve.value_at` makes a number of a scheduled hyper-parameter.
    first_links : int
        Links that the start asks for in this layer; with Bernoulli counts the expected number.
    fraction : float
        What the method's fraction is at this moment.
    """

    index: int
    pattern: Pattern
    columns: Mapping[str, Array]
    initial: Initial
    services: Services = _NO_SERVICES
    moment: Moment = _BEGINNING
    first_links: int = 0
    fraction: float = 0.0

    @property
    def weights(self) -> Array:
        """Weights [nnz], float32 or float64."""
        return self.columns["weight"]

    @property
    def positions(self) -> int:
        """Positions of the layer, n_in * n_out."""
        return self.pattern.n_in * self.pattern.n_out


@dataclass(frozen=True)
class Draw:
    """Random numbers of one update of one layer: functions of the training seed, the step and the layer."""

    seed: int
    step: int
    layer: int

    def uniform(self, count: int, purpose: Purpose) -> NDArray[np.float64]:
        """Numbers in (0, 1), float64 [count]; asking twice gives the same ones."""
        return uniform_draws(self.seed, count, step=self.step, layer=self.layer, purpose=int(purpose))

    def block(self, number: int) -> "Draw":
        """Random numbers of their own for block `number` of a layer that is too large for one array."""
        return Draw(derive(self.seed, number), self.step, self.layer)


@dataclass(frozen=True, eq=False)
class Occasion:
    """One update of the whole network.

    Attributes
    ----------
    moment : Moment
    seed : int
        Training seed.
    memory : mutable mapping of arrays
        What the parts of a method keep from update to update; a part's entries begin with its kind. It is
        saved with checkpoints.
    """

    moment: Moment
    seed: int
    memory: MutableMapping[str, Array] = field(default_factory=dict)

    def draw(self, layer: LayerView) -> Draw:
        """Random numbers of this update for a layer."""
        return Draw(self.seed, self.moment.done, layer.index)
