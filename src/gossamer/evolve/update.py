"""One update of the topology: drop, grow, swap, and what it did."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.engine.initial import Initial
from gossamer.engine.records import SwapReport
from gossamer.errors import ConfigError
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.method import Method
from gossamer.evolve.structure import SourceSums, source_sums
from gossamer.evolve.when import Clock

Array = NDArray[Any]


class Evolvable(Protocol):
    """What an update asks of a network (`Network`, `ReferenceNetwork`)."""

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """Pattern of each layer of links."""

    def column_names(self, layer: int) -> tuple[str, ...]:
        """Names of the per-link columns."""

    def column(self, layer: int, name: str) -> Array:
        """Read-only view of a per-link column."""

    def swap(
        self, layer: int, keep: NDArray[np.bool_], grow: NDArray[np.uint64], grow_values: Array, step: int
    ) -> SwapReport:
        """Drop and grow links, all state moved along."""


@dataclass(frozen=True)
class UpdateReport:
    """What an update did to one layer.

    Attributes
    ----------
    layer : int
    dropped, grown, regrown : int
        Links that went, that came, and those of the latter that came back to where one just went.
    nnz : int
        Links after the update.
    survivors, after : SourceSums or None
        By source neuron, the links that stayed and the links after growth, where asked for.
    """

    layer: int
    dropped: int
    grown: int
    regrown: int
    nnz: int
    survivors: SourceSums | None = None
    after: SourceSums | None = None


def evolve(
    network: Evolvable,
    method: Method,
    done: int,
    clock: Clock,
    *,
    seed: int,
    initial: Initial,
    snapshot: bool = False,
) -> list[UpdateReport]:
    """Update all layers that evolve after `done` steps, an update being due.

    Parameters
    ----------
    network : Evolvable
        Changed in place.
    method : Method
    done : int
        Steps taken so far.
    clock : Clock
    seed : int
        Training seed.
    initial : Initial
        Distribution of initial weights, for links that grow.
    snapshot : bool
        Whether the report of layer 0 has its sums by input neuron.

    Returns
    -------
    list of UpdateReport, one for each evolving layer; empty if the method does nothing at this step
    """
    action = method.action(done, clock)
    if method.fraction is None or action == "nothing":
        return []
    fraction = method.fraction.at(done, clock)
    return [
        evolve_layer(
            network,
            layer,
            method,
            fraction,
            done,
            seed=seed,
            initial=initial,
            prune_only=action == "prune",
            snapshot=snapshot and layer == 0,
        )
        for layer in method.evolving(len(network.patterns))
    ]


def evolve_layer(
    network: Evolvable,
    layer: int,
    method: Method,
    fraction: float,
    step: int,
    *,
    seed: int,
    initial: Initial,
    prune_only: bool = False,
    snapshot: bool = False,
) -> UpdateReport:
    """Drop about `fraction` of a layer's links and, unless `prune_only`, grow as many; see `evolve`."""
    if method.drop is None:
        raise ConfigError(f"The method {method.name!r} is static and cannot evolve a layer.")
    columns = {name: network.column(layer, name) for name in network.column_names(layer)}
    view = LayerView(layer, network.patterns[layer], columns, initial)
    draw = Draw(seed, step, layer)
    keep = method.drop.keep(view, fraction, draw)
    if keep.dtype != np.bool_ or keep.shape != (view.pattern.nnz,):
        raise ConfigError(
            f"The drop part {method.drop.kind!r} gives {keep.dtype} flags of shape {keep.shape}, "
            f"expected bool flags of shape ({view.pattern.nnz},)."
        )
    grow, values = np.zeros(0, np.uint64), np.zeros(0, view.weights.dtype)
    if method.grow is not None and not prune_only:
        count = len(keep) - int(np.count_nonzero(keep))
        grow, values = method.grow.grow(view, keep, count, draw)
    survivors = source_sums(view.pattern, view.weights, keep) if snapshot else None
    swapped = network.swap(layer, keep, grow, values, step)
    after = source_sums(network.patterns[layer], network.column(layer, "weight")) if snapshot else None
    return UpdateReport(layer, swapped.dropped, swapped.grown, swapped.regrown, swapped.nnz, survivors, after)
