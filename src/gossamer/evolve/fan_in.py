"""Constant fan-in with ablation, as SRigL updates it: one plan for its drop and its grow rule."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.layer import LayerView
from gossamer.evolve.selection import rounded, smallest
from gossamer.topology.best import BLOCK


@dataclass(frozen=True, eq=False)
class FanInPlan:
    """What an update makes of a layer.

    Attributes
    ----------
    keep : bool array [nnz]
    active : bool array [n_out], target neurons that have links afterwards
    fan_in : int, links of each of them
    """

    keep: NDArray[np.bool_]
    active: NDArray[np.bool_]
    fan_in: int


def fan_in_plan(layer: LayerView, fraction: float, ablation: float) -> FanInPlan:
    """Links that stay, neurons that stay, and their new fan-in (Lasby et al. 2024).

    Of n links the round(fraction n) with the smallest |w| are candidates to go, and as many positions with
    the largest |gradient| candidates to come. A neuron with fewer salient links (those that stay or are
    candidates to come) than ``max(1, ablation * fan-in)`` is ablated; the others share the links of the
    start.
    """
    pattern = layer.pattern
    size = np.abs(layer.weights)
    count = rounded(fraction, pattern.nnz)
    keep = ~smallest(size, count)
    active = np.diff(pattern.target_offsets) > 0
    salient = np.bincount(pattern.targets[keep], minlength=pattern.n_out)
    if count:
        coming, _ = layer.services.dense_gradient_top_k(layer.index, count, keep, 0.0)
        salient += np.bincount((coming % np.uint64(pattern.n_out)).astype(np.int64), minlength=pattern.n_out)
    now = pattern.nnz / max(1, int(np.count_nonzero(active)))
    enough = active & (salient >= max(1.0, ablation * now))
    if enough.any():
        active = enough
    fan_in = min(pattern.n_in, round(layer.first_links / max(1, int(np.count_nonzero(active)))))
    keep &= active[pattern.targets]
    return FanInPlan(keep & (_ranks(layer, keep) < fan_in), active, fan_in)


def _ranks(layer: LayerView, keep: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Place of every kept link among those of its target, the largest |w| first; links that go come last."""
    targets = layer.pattern.targets.astype(np.int64)
    size = np.where(keep, np.abs(layer.weights), -1)
    order = np.lexsort((np.arange(len(size)), -size, targets))
    ranks = np.empty(len(size), np.int64)
    ranks[order] = np.arange(len(size)) - layer.pattern.target_offsets[targets[order]]
    return ranks


def filled(layer: LayerView, keep: NDArray[np.bool_], plan: FanInPlan) -> NDArray[np.uint64]:
    """Positions, ascending, that bring every active neuron to its fan-in, the largest gradients first.

    Works on a block of neurons at a time. Sums are float64 and rounded to float32, so that they do not depend
    on the order in which a library adds.
    """
    pattern = layer.pattern
    inputs, deltas = (signal.astype(np.float64) for signal in layer.services.signals(layer.index))
    sources, targets = pattern.link_sources()[keep], pattern.targets[keep]
    missing = np.where(plan.active, plan.fan_in - np.bincount(targets, minlength=pattern.n_out), 0)
    grown = []
    for chunk in np.array_split(np.flatnonzero(missing > 0), -(-pattern.n_in * pattern.n_out // BLOCK)):
        size = np.abs(deltas[chunk] @ inputs.T).astype(np.float32)
        place = np.searchsorted(chunk, targets) if len(chunk) else np.zeros(0, np.int64)
        held = (
            (place < len(chunk)) & (chunk[np.minimum(place, len(chunk) - 1)] == targets) if len(chunk) else []
        )
        size[place[held], sources[held]] = -1
        for row, target in enumerate(chunk.tolist()):
            chosen = np.flatnonzero(smallest(-size[row], int(missing[target])))
            grown.append(chosen.astype(np.uint64) * np.uint64(pattern.n_out) + np.uint64(target))
    return np.sort(np.concatenate(grown)) if grown else np.zeros(0, np.uint64)
