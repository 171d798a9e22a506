"""Starts of network science: small-world and scale-free bipartite layers."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern, sample_free
from gossamer.data.inputs import BLOCK_ROWS, InputArray
from gossamer.errors import TopologyError
from gossamer.fields import field
from gossamer.topology.base import pattern_of
from gossamer.topology.budget import BudgetedStart
from gossamer.topology.links import Shape, layer_shapes
from gossamer.topology.regular import draws, spread


class SmallWorld(BudgetedStart):
    """Links to the nearest neurons on a ring, some of them rewired at random (Watts and Strogatz 1998).

    The bipartite form of Zhang et al. 2024: target j of n_out has its links from the sources nearest to place
    ``j n_in / n_out``; each link is rewired with probability `rewired` to a free position, drawn uniformly.
    At 0 neighbours share most of their neighbours, at 1 the layer is random.
    """

    kind: Literal["small_world"] = field("small_world", help="nearest neurons on a ring, some links rewired")
    rewired: float = field(
        0.25, help="probability that a link is rewired (beta)", unit="fraction", ge=0, le=1
    )

    def sample(self, sizes: Sequence[int], seed: int, inputs: Any = None) -> list[Pattern]:
        """Pattern of every layer; see `StartBase.sample`."""
        pairs = zip(layer_shapes(sizes), self.links(sizes), strict=True)
        return [self._layer(shape, count, seed, layer) for layer, (shape, count) in enumerate(pairs)]

    def _layer(self, shape: Shape, count: int, seed: int, layer: int) -> Pattern:
        n_in, n_out = shape
        fan_in = spread(count, n_out)
        targets = np.repeat(np.arange(n_out), fan_in)
        rank = np.arange(count) - np.repeat(np.cumsum(fan_in) - fan_in, fan_in)
        # 0, 1, -1, 2, -2, ... places away from the target's own place on the ring of sources.
        away = np.where(rank % 2, (rank + 1) // 2, -(rank // 2))
        sources = (targets * n_in // n_out + away) % n_in
        lattice = pattern_of(np.sort(sources * n_out + targets).astype(np.uint64), n_in, n_out)
        stays = draws(seed, count, layer, 1) >= self.rewired
        moved = count - int(np.count_nonzero(stays))
        free = n_in * n_out - (count - moved)
        grown = sample_free(lattice, stays.view(np.uint8), min(moved, free), seed, 1, layer, False)
        kept = (lattice.link_sources().astype(np.uint64) * np.uint64(n_out) + lattice.targets)[stays]
        return pattern_of(np.sort(np.concatenate([kept, grown])), n_in, n_out)


class ScaleFree(BudgetedStart):
    """Degrees that follow a power law: a position is linked with odds w_source w_target.

    The k-th of n neurons has weight ``k ** (-1 / (exponent - 1))`` (static model of Goh et al. 2001, in
    place of the growing model of Zhang et al. 2024). Which neuron is the k-th is random, or at the input
    side follows the data: with `order` = "deviation" features that vary most over the training samples come
    first, in the spirit of XBM (Mocanu et al. 2016), whose own construction is not at hand (a
    reconstruction).
    """

    kind: Literal["scale_free"] = field("scale_free", help="degrees that follow a power law")
    exponent: float = field(2.76, help="exponent of the degree distribution", unit="1", gt=2, le=10)
    order: Literal["random", "deviation"] = field(
        "random", help="which inputs have most links: random ones, or those that vary most"
    )

    needs_data: ClassVar[bool] = True

    def sample(self, sizes: Sequence[int], seed: int, inputs: InputArray | None = None) -> list[Pattern]:
        """Pattern of every layer; see `StartBase.sample`."""
        pairs = zip(layer_shapes(sizes), self.links(sizes), strict=True)
        return [self._layer(shape, count, seed, layer, inputs) for layer, (shape, count) in enumerate(pairs)]

    def _layer(self, shape: Shape, count: int, seed: int, layer: int, inputs: InputArray | None) -> Pattern:
        n_in, n_out = shape
        of_sources = self._weights(np.argsort(draws(seed, n_in, layer, 1), kind="stable"))
        if layer == 0 and self.order == "deviation":
            if inputs is None:
                raise TopologyError("The start 'scale_free' orders inputs by the data, and there are none.")
            of_sources = self._weights(np.argsort(-_deviations(inputs), kind="stable"))
        of_targets = self._weights(np.argsort(draws(seed, n_out, layer, 2), kind="stable"))
        limits = np.cumsum(of_sources), np.cumsum(of_targets)
        found, step = np.zeros(0, np.int64), 3
        while len(found) < count:
            missing = count - len(found)
            ends = [
                np.minimum(
                    np.searchsorted(limit, draws(seed, missing, layer, step + k) * limit[-1]), len(limit) - 1
                )
                for k, limit in enumerate(limits)
            ]
            found = np.union1d(found, ends[0] * n_out + ends[1])
            step += 2
            if step > _MOST_ROUNDS:
                rest = np.setdiff1d(np.arange(n_in * n_out), found, assume_unique=True)
                found = np.union1d(found, rest[: count - len(found)])
        return pattern_of(found.astype(np.uint64), n_in, n_out)

    def _weights(self, order: NDArray[np.int64]) -> NDArray[np.float64]:
        """Weights of neurons of which `order` names the first, the second, ..."""
        weights = np.empty(len(order))
        weights[order] = np.arange(1.0, len(order) + 1) ** (-1 / (self.exponent - 1))
        return weights


_MOST_ROUNDS = 400  # of drawing; a nearly full layer is completed in order


def _deviations(inputs: InputArray) -> NDArray[np.float64]:
    """Standard deviation of every feature, rounded so that its order does not depend on the order of sums."""
    total, squares = np.zeros(inputs.shape[1]), np.zeros(inputs.shape[1])
    for first in range(0, inputs.shape[0], BLOCK_ROWS):
        block = inputs[first : first + BLOCK_ROWS]
        dense = (block if isinstance(block, np.ndarray) else block.toarray()).astype(np.float64)
        total += dense.sum(axis=0)
        squares += (dense**2).sum(axis=0)
    mean = total / inputs.shape[0]
    return np.asarray(np.round(np.sqrt(np.maximum(0, squares / inputs.shape[0] - mean**2)), 6))
