"""One update of the topology over all layers at once: score and drop, account, grow, swap.

The first three steps are pure functions of views of the layers; the fourth alone changes the network.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern, swap_pattern
from gossamer.engine.initial import Initial
from gossamer.engine.records import SwapReport
from gossamer.errors import ConfigError
from gossamer.evolve.density.base import total_links
from gossamer.evolve.layer import LayerView, Occasion
from gossamer.evolve.method import Method
from gossamer.evolve.selection import apportioned
from gossamer.evolve.services import NoServices, Services
from gossamer.evolve.structure import SourceSums, source_sums
from gossamer.evolve.when import Clock, Moment

Array = NDArray[Any]
Flags = NDArray[np.bool_]
Growth = tuple[NDArray[np.uint64], Array]


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
    services: Services | None = None,
    memory: MutableMapping[str, Array] | None = None,
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
    services : Services, optional
        Answers to what the parts of the method declare in their needs.
    memory : mutable mapping of arrays, optional
        What parts keep from update to update; changed in place.
    snapshot : bool
        Whether the report of layer 0 has its sums by input neuron.

    Returns
    -------
    list of UpdateReport, one for each evolving layer; empty if the method does nothing at this step

    Raises
    ------
    ConfigError, TopologyError
        If a part gives what does not fit its layer, or a layer has no room for the links that are to grow.
    """
    action = method.action(done, clock)
    if method.drop is None or action == "nothing":
        return []
    occasion = Occasion(Moment(done, clock), seed, {} if memory is None else memory)
    layers = layer_views(network, method, initial, occasion.moment, services)
    shrunk, keep = kept_links(method, layers, occasion)
    grown = [_nothing(layer) for layer in layers]
    if method.grow is not None and action != "prune":
        counts = account(method, layers, shrunk, keep, occasion)
        grown = [
            method.grow.grow(layer, flags, count, occasion.draw(layer))
            for layer, flags, count in zip(layers, keep, counts, strict=True)
        ]
    parts = zip(layers, keep, grown, strict=True)
    return [_swap(network, *part, done, snapshot=snapshot and part[0].index == 0) for part in parts]


def layer_views(
    network: Evolvable, method: Method, initial: Initial, moment: Moment, services: Services | None
) -> list[LayerView]:
    """Views of the layers that evolve."""
    patterns = network.patterns
    first = method.start.links([patterns[0].n_in, *(pattern.n_out for pattern in patterns)])
    fraction = 0.0 if method.fraction is None else method.fraction.at(moment.done, moment.clock)
    return [
        LayerView(
            layer,
            patterns[layer],
            {name: network.column(layer, name) for name in network.column_names(layer)},
            initial,
            services or NoServices(),
            moment,
            first[layer],
            fraction,
        )
        for layer in method.evolving(len(patterns))
    ]


def kept_links(
    method: Method, layers: Sequence[LayerView], occasion: Occasion
) -> tuple[list[int], list[Flags]]:
    """Step 1: links of each layer once a density schedule has taken some, and flags of those that stay."""
    assert method.drop is not None
    fraction = layers[0].fraction if layers else 0.0
    outlast = None if method.density is None else method.density.shrink(layers, method.drop, occasion)
    if outlast is None:
        keep = method.drop.keep_all(layers, fraction, occasion)
        _check_flags(method, layers, keep)
        return [layer.pattern.nnz for layer in layers], keep
    rest = [_restricted(layer, flags) for layer, flags in zip(layers, outlast, strict=True)]
    chosen = method.drop.keep_all(rest, fraction, occasion)
    _check_flags(method, rest, chosen)
    for flags, part in zip(outlast, chosen, strict=True):
        flags[np.flatnonzero(flags)[~part]] = False
    return [layer.pattern.nnz for layer in rest], outlast


def account(
    method: Method,
    layers: Sequence[LayerView],
    shrunk: Sequence[int],
    keep: Sequence[Flags],
    occasion: Occasion,
) -> list[int]:
    """Step 2: how many links each layer grows."""
    assert method.grow is not None
    survivors = [int(np.count_nonzero(flags)) for flags in keep]
    dropped = [before - after for before, after in zip(shrunk, survivors, strict=True)]
    wanted = [method.grow.wanted(layer, flags) for layer, flags in zip(layers, keep, strict=True)]
    if method.density is None and method.redistribute is None:
        return [gone if own is None else own for gone, own in zip(dropped, wanted, strict=True)]
    total = sum(dropped)
    if method.density is not None:
        links = replace(total_links(layers), shrunk=sum(shrunk), survivors=sum(survivors))
        total = method.density.target(links, occasion, layers) - links.survivors
    caps = [layer.positions - stay for layer, stay in zip(layers, survivors, strict=True)]
    shares: list[float] = [float(gone) for gone in dropped]
    if method.redistribute is not None:
        shares = [method.redistribute.share(layer, flags) for layer, flags in zip(layers, keep, strict=True)]
    elif not any(dropped):
        shares = [float(stay) for stay in survivors]
    return apportioned(min(max(0, total), sum(caps)), shares, caps)


def _swap(
    network: Evolvable, layer: LayerView, keep: Flags, grown: Growth, step: int, *, snapshot: bool
) -> UpdateReport:
    """Step 4: move the links of one layer with all their state."""
    survivors = source_sums(layer.pattern, layer.weights, keep) if snapshot else None
    swapped = network.swap(layer.index, keep, *grown, step)
    after = None
    if snapshot:
        after = source_sums(network.patterns[layer.index], network.column(layer.index, "weight"))
    return UpdateReport(
        layer.index, swapped.dropped, swapped.grown, swapped.regrown, swapped.nnz, survivors, after
    )


def _nothing(layer: LayerView) -> Growth:
    return np.zeros(0, np.uint64), np.zeros(0, layer.weights.dtype)


def _restricted(layer: LayerView, keep: Flags) -> LayerView:
    """The layer with the links of `keep` alone."""
    pattern, _ = swap_pattern(layer.pattern, keep.view(np.uint8), np.zeros(0, np.uint64))
    columns = {name: values[keep] for name, values in layer.columns.items()}
    return replace(layer, pattern=pattern, columns=columns)


def _check_flags(method: Method, layers: Sequence[LayerView], keep: Sequence[Flags]) -> None:
    assert method.drop is not None
    for layer, flags in zip(layers, keep, strict=True):
        if flags.dtype != np.bool_ or flags.shape != (layer.pattern.nnz,):
            raise ConfigError(
                f"The drop part {method.drop.kind!r} gives {flags.dtype} flags of shape {flags.shape}, "
                f"expected bool flags of shape ({layer.pattern.nnz},)."
            )
