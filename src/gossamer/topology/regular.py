"""Starts in which neurons have the same number of links: constant fan-in, both sides, an expander."""

from collections.abc import Sequence
from math import gcd
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern, uniform_draws
from gossamer.fields import field
from gossamer.random import Purpose
from gossamer.topology.base import pattern_of
from gossamer.topology.budget import BudgetedStart
from gossamer.topology.links import Shape, layer_shapes

Integers = NDArray[np.int64]


class Regular(BudgetedStart):
    """Every target neuron has the same number of links, from sources drawn uniformly (Bourely et al. 2017).

    A number of links that does not divide evenly leaves the first neurons with one link more.
    """

    kind: Literal["regular"] = field("regular", help="the same fan-in for every neuron")

    def sample(self, sizes: Sequence[int], seed: int, inputs: Any = None) -> list[Pattern]:
        """Pattern of every layer; see `StartBase.sample`."""
        pairs = zip(layer_shapes(sizes), self.links(sizes), strict=True)
        return [_regular(shape, count, seed, layer) for layer, (shape, count) in enumerate(pairs)]


class BiRegular(BudgetedStart):
    """Sources have the same number of links and targets as well (Bourely et al. 2017).

    Made from a circulant pattern, whose neurons are renamed at random, by switching the ends of random pairs
    of links ten times a link; a switch that would double a link is left out.
    """

    kind: Literal["biregular"] = field("biregular", help="the same number of links on either side")

    def sample(self, sizes: Sequence[int], seed: int, inputs: Any = None) -> list[Pattern]:
        """Pattern of every layer; see `StartBase.sample`."""
        pairs = zip(layer_shapes(sizes), self.links(sizes), strict=True)
        return [_biregular(shape, count, seed, layer) for layer, (shape, count) in enumerate(pairs)]


class Expander(BudgetedStart):
    """Diagonals at random distances: link t joins source ``t mod n_in`` and target ``(t + s) mod n_out``.

    The shift s is drawn anew for each turn around both sides. Such circulant patterns have equal degrees
    and, for sides of equal size, a large spectral gap; they stand for the structured topologies of Bourely
    et al. 2017, whose own construction is not at hand (a reconstruction).
    """

    kind: Literal["expander"] = field("expander", help="shifted diagonals at random distances")

    def sample(self, sizes: Sequence[int], seed: int, inputs: Any = None) -> list[Pattern]:
        """Pattern of every layer; see `StartBase.sample`."""
        pairs = zip(layer_shapes(sizes), self.links(sizes), strict=True)
        return [
            pattern_of(_circulant(shape, count, seed, layer), *shape)
            for layer, (shape, count) in enumerate(pairs)
        ]


def draws(seed: int, count: int, layer: int, step: int) -> NDArray[np.float64]:
    """Numbers in (0, 1) for use number `step` of a start in a layer: float64 [count]."""
    return uniform_draws(seed, count, step=step, layer=layer, purpose=int(Purpose.TOPOLOGY))


def _order(count: int, seed: int, layer: int, step: int) -> Integers:
    return np.argsort(draws(seed, count, layer, step), kind="stable")


def spread(count: int, neurons: int) -> Integers:
    """Links of each of `neurons` that share `count` of them as evenly as they can."""
    links = np.full(neurons, count // neurons, np.int64)
    links[: count % neurons] += 1
    return links


def _regular(shape: Shape, count: int, seed: int, layer: int) -> Pattern:
    n_in, n_out = shape
    fan_in = spread(count, n_out)
    # Beyond half of the sources it is the missing links that are drawn.
    inverse = count > n_in * n_out // 2
    chosen = _distinct(n_in - fan_in if inverse else fan_in, n_in, seed, layer)
    if inverse:
        chosen = np.setdiff1d(np.arange(n_in * n_out), chosen, assume_unique=True)
    targets, sources = np.divmod(chosen, n_in)
    return pattern_of(np.sort(sources * n_out + targets).astype(np.uint64), n_in, n_out)


def _distinct(counts: Integers, n: int, seed: int, layer: int) -> Integers:
    """For row k, counts[k] distinct numbers below n, uniform: ascending ``k n + number``."""
    found, step = np.zeros(0, np.int64), 1
    missing = counts
    while missing.any():
        rows = np.repeat(np.arange(len(counts)), missing)
        numbers = np.minimum((draws(seed, len(rows), layer, step) * n).astype(np.int64), n - 1)
        # Numbers that a row has already are drawn again, as if they were drawn one after the other.
        found = np.union1d(found, rows * n + numbers)
        missing = counts - np.bincount(found // n, minlength=len(counts))
        step += 1
    return found


def _circulant(shape: Shape, count: int, seed: int | None, layer: int) -> NDArray[np.uint64]:
    """Positions of links that go round both sides in step: link t joins t mod n_in and t + s mod n_out.

    After a common multiple of both sides the pairs would come again, so the shift s changes: with g the
    greatest common divisor, shifts that differ modulo g never meet. Without a seed they are 0, 1, ... g -
    1.
    """
    n_in, n_out = shape
    common = gcd(n_in, n_out)
    shifts = np.arange(common)
    if seed is not None:
        order = np.argsort(draws(seed, common, layer, 1), kind="stable")
        shifts = order + common * (draws(seed, common, layer, 2) * (n_out // common)).astype(np.int64)
    link = np.arange(count)
    targets = (link + shifts[link // (n_in * n_out // common)]) % n_out
    return np.sort((link % n_in) * n_out + targets).astype(np.uint64)


def _biregular(shape: Shape, count: int, seed: int, layer: int) -> Pattern:
    n_in, n_out = shape
    start = _circulant(shape, count, None, layer).astype(np.int64)
    sources, targets = np.divmod(start, n_out)
    sources, targets = _order(n_in, seed, layer, 2)[sources], _order(n_out, seed, layer, 3)[targets]
    for step in range(4, 4 + 10):
        order = _order(count, seed, layer, step)
        first, second = order[: count // 2], order[count // 2 : 2 * (count // 2)]
        positions = sources * n_out + targets
        one, two = sources[first] * n_out + targets[second], sources[second] * n_out + targets[first]
        new, times = np.unique(np.concatenate([one, two]), return_counts=True)
        taken = np.union1d(positions, new[times > 1])
        fine = ~np.isin(one, taken) & ~np.isin(two, taken)
        first, second = first[fine], second[fine]
        targets[first], targets[second] = targets[second], targets[first]
    return pattern_of(np.sort(sources * n_out + targets).astype(np.uint64), n_in, n_out)
