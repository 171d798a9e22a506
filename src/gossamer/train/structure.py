"""Snapshots of the input layer: links and weights by input neuron at updates of the topology."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.engine.initial import Initial
from gossamer.errors import StoreError
from gossamer.evolve import Clock, Draw, LayerView, Method, Need, SourceSums, source_sums
from gossamer.train.arrays import expect
from gossamer.train.build import AnyNetwork

_SIDES = ("survivor", "grown")
_COLUMNS = {"links": np.int32, "sum": np.float32, "abs_sum": np.float32}


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The input layer at the update of an epoch.

    Attributes
    ----------
    epoch : int
        0 is the start of the run.
    updated : bool
        Whether an update took place. If not, `survivors` and `after` both are the layer as it was; only at
        epoch 0 `survivors` are the links that a drop would have left.
    survivors : SourceSums
        After the drop, before growth: what the source paper's heat maps count.
    after : SourceSums
        After growth.
    """

    epoch: int
    updated: bool
    survivors: SourceSums
    after: SourceSums


def first_snapshot(
    network: AnyNetwork, method: Method, clock: Clock, *, seed: int, initial: Initial
) -> Snapshot:
    """Snapshot of the network that a run starts with."""
    after = source_sums(network.patterns[0], network.column(0, "weight"))
    drop, fraction = method.drop, method.fraction
    if drop is None or fraction is None or 0 not in method.evolving(network.n_layers):
        return Snapshot(0, False, after, after)
    if drop.needs - {Need.WEIGHTS} or getattr(drop, "scope", "layer") != "layer":
        # Before the first step there is no gradient to drop by.
        return Snapshot(0, False, after, after)
    columns = {name: network.column(0, name) for name in network.column_names(0)}
    layer = LayerView(0, network.patterns[0], columns, initial)
    keep = drop.keep(layer, fraction.at(0, clock), Draw(seed, 0, 0))
    return Snapshot(0, False, source_sums(layer.pattern, layer.weights, keep), after)


def snapshot_without_update(network: AnyNetwork, epoch: int) -> Snapshot:
    """Snapshot of an epoch that changes nothing in the input layer."""
    sums = source_sums(network.patterns[0], network.column(0, "weight"))
    return Snapshot(epoch, False, sums, sums)


def snapshots_to_arrays(snapshots: Sequence[Snapshot], n_in: int) -> dict[str, NDArray[Any]]:
    """Arrays ``epochs`` and ``updated`` [s], and ``survivor_links``, ``survivor_sum`` ... [s, n_in]."""
    arrays: dict[str, NDArray[Any]] = {
        "epochs": np.array([snapshot.epoch for snapshot in snapshots], np.int64),
        "updated": np.array([snapshot.updated for snapshot in snapshots], np.int8),
    }
    for side in _SIDES:
        sums = [s.survivors if side == "survivor" else s.after for s in snapshots]
        values = {
            "links": [s.links for s in sums],
            "sum": [s.weight_sum for s in sums],
            "abs_sum": [s.absolute_sum for s in sums],
        }
        for column, dtype in _COLUMNS.items():
            with np.errstate(over="ignore"):  # of a network that diverges
                rows = np.array(values[column], dtype).reshape(len(snapshots), n_in)
            arrays[f"{side}_{column}"] = rows
    return arrays


def snapshots_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> list[Snapshot]:
    """Inverse of `snapshots_to_arrays`.

    Raises
    ------
    StoreError
        If an array is missing, or of another type or length.
    """
    count = len(expect(arrays, "epochs", "i", (None,), low=0))
    expect(arrays, "updated", "i", (count,), low=0, high=1)
    for side, column in itertools.product(_SIDES, _COLUMNS):
        found = arrays.get(f"{side}_{column}")
        # A network that diverges may have sums that are not finite.
        if found is None or found.dtype != _COLUMNS[column] or found.ndim != 2 or len(found) != count:
            raise StoreError("The structure snapshots are incomplete; the file is damaged.")

    def sums(side: str, row: int) -> SourceSums:
        return SourceSums(*(arrays[f"{side}_{column}"][row] for column in _COLUMNS))

    return [
        Snapshot(int(epoch), bool(arrays["updated"][row]), sums("survivor", row), sums("grown", row))
        for row, epoch in enumerate(arrays["epochs"])
    ]
