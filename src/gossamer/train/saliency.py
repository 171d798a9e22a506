"""Patterns from the saliency of a dense network at initialisation, one layer at a time.

No more than one dense layer exists at any moment: its weights are functions of seed and position, so they
are made again whenever they are needed, until few enough links are left to hold theirs. Activations and
deltas of some samples are all that is kept of a pass, and which links are left is kept as bits.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern, uniform_draws
from gossamer.data import Dataset
from gossamer.engine import reference_math as rm
from gossamer.engine.initial import Initial
from gossamer.random import Purpose, permutation
from gossamer.topology import Saliency
from gossamer.topology.base import pattern_of
from gossamer.topology.best import BLOCK, Best
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples

Array = NDArray[Any]
Signals = list[tuple[Array, Array]]
Scores = Callable[[int], Array]

_TEMPERATURE = 200.0
_STEP = np.finfo(np.float64).eps ** (1 / 3)


def saliency_patterns(config: RunConfig, dataset: Dataset, sizes: Sequence[int]) -> list[Pattern]:
    """Pattern of every layer for a run whose start is a `Saliency`.

    Layers that the budget makes dense stay so and are not scored. Of equal scores positions of later layers
    come first, and within a layer the first.
    """
    start = config.method.start
    assert isinstance(start, Saliency)
    return _Scoring(config, dataset, tuple(sizes), start).patterns()


def scored_weights(config: RunConfig, patterns: Sequence[Pattern]) -> list[Array]:
    """First weights of the links of some patterns as the dense network had them, arrays [nnz]."""
    seed, initial = config.seed_of("weights"), Initial(config.network.init)
    return [
        dense_weights(initial, seed, layer, (p.n_in, p.n_out))[p.link_sources(), p.targets].astype(
            config.network.dtype
        )
        for layer, p in enumerate(patterns)
    ]


def dense_weights(initial: Initial, seed: int, layer: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    """First weights of a dense layer [n_in, n_out]: a position has the draw of its number."""
    draws = uniform_draws(seed, shape[0] * shape[1], step=0, layer=layer, purpose=int(Purpose.WEIGHT))
    return initial.values(*shape, draws).reshape(shape)


class _Scoring:
    """One start: the layers, what is left of them, and the samples."""

    def __init__(self, config: RunConfig, dataset: Dataset, sizes: tuple[int, ...], start: Saliency) -> None:
        self._config, self._start, self._shapes = config, start, list(pairwise(sizes))
        self._initial, self._seed = Initial(config.network.init), config.seed_of("weights")
        self._links = start.links(sizes)
        full = [links == n_in * n_out for links, (n_in, n_out) in zip(self._links, self._shapes, strict=True)]
        self._scored = [layer for layer in range(len(sizes) - 1) if not full[layer]]
        self._left = [np.packbits(np.ones(n_in * n_out, np.bool_)) for n_in, n_out in self._shapes]
        self._held: dict[int, NDArray[np.float64]] = {}
        samples = Samples.of(dataset.train, dataset, config.network.loss, sizes[-1])
        ids = permutation(config.seed_of("topology"), len(samples), step=0)[: start.samples]
        self._inputs = samples.inputs.dense(ids, np.float64).T
        self._targets = samples.targets[ids]

    def patterns(self) -> list[Pattern]:
        """The patterns after the last round."""
        for number in range(1, self._start.n_rounds + 1):
            self._keep(self._counts(number / self._start.n_rounds))
        return [
            pattern_of(np.flatnonzero(self._mask(k)).astype(np.uint64), *s)
            for k, s in enumerate(self._shapes)
        ]

    def _counts(self, part: float) -> list[int]:
        """Links of every layer (or of all together) after a part of the rounds: a geometric course."""
        wanted = [self._links[k] for k in self._scored]
        most = [n_in * n_out for n_in, n_out in (self._shapes[k] for k in self._scored)]
        if self._start.scope == "network":
            wanted, most = [sum(wanted)], [max(1, sum(most))]
        return [
            count if part == 1 else round(full * (max(count, 1) / full) ** part)
            for count, full in zip(wanted, most, strict=True)
        ]

    def _keep(self, counts: list[int]) -> None:
        scores = getattr(self, f"_{self._start.kind}")()
        found = [Best(count) for count in counts]
        base = 0
        for index, layer in reversed(list(enumerate(self._scored))):
            best = found[0 if self._start.scope == "network" else index]
            n_in, n_out = self._shapes[layer]
            # Rounded, so that the order in which a library adds does not decide between near equals.
            layer_scores = np.asarray(scores(layer), np.float32).ravel()
            if self._start.kind != "force":
                layer_scores[~self._mask(layer)] = -np.inf
            for first in range(0, n_in * n_out, BLOCK):
                keys = layer_scores[first : first + BLOCK]
                places = np.arange(first, first + len(keys), dtype=np.uint64)
                best.offer(keys[keys > -np.inf], (places + np.uint64(base))[keys > -np.inf])
            base += n_in * n_out
        self._take(found)

    def _take(self, found: list[Best]) -> None:
        base = 0
        for index, layer in reversed(list(enumerate(self._scored))):
            size = self._shapes[layer][0] * self._shapes[layer][1]
            positions = (
                found[0 if self._start.scope == "network" else index].positions().astype(np.int64) - base
            )
            flags = np.zeros(size, np.bool_)
            flags[positions[(positions >= 0) & (positions < size)]] = True
            self._hold(layer, flags)
            self._left[layer] = np.packbits(flags)
            base += size

    def _hold(self, layer: int, flags: NDArray[np.bool_]) -> None:
        """Hold the weights of the links that are left once they are few: all together less than a layer."""
        if self._start.kind == "force" or np.count_nonzero(flags) > len(flags) // len(self._shapes):
            return
        if layer in self._held:
            self._held[layer] = self._held[layer][flags[self._mask(layer)]]
        else:
            self._held[layer] = self._weights(layer, left=False).ravel()[flags]

    def _mask(self, layer: int) -> NDArray[np.bool_]:
        """What is left of a layer, flat."""
        size = self._shapes[layer][0] * self._shapes[layer][1]
        return np.unpackbits(self._left[layer], count=size).view(np.bool_)

    def _weights(self, layer: int, *, left: bool = True) -> NDArray[np.float64]:
        if left and layer in self._held:
            held = np.zeros(self._shapes[layer])
            held.ravel()[self._mask(layer)] = self._held[layer]
            return held
        weights = dense_weights(self._initial, self._seed, layer, self._shapes[layer])
        return weights * self._mask(layer).reshape(self._shapes[layer]) if left else weights

    def _snip(self) -> Scores:
        signals = self._pass(self._weights)
        return lambda layer: np.abs(self._weights(layer) * _gradient(signals[layer]))

    _iterative_snip = _snip

    def _force(self) -> Scores:
        signals = self._pass(self._weights)
        return lambda layer: np.abs(self._weights(layer, left=False) * _gradient(signals[layer]))

    def _grasp(self) -> Scores:
        base = self._pass(self._weights, _TEMPERATURE)
        # A step along g by the cube root of the rounding error, for |h g| on the scale of the weights.
        layers = range(len(self._shapes))
        squares = sum(float(np.square(_gradient(pair)).sum()) for pair in base)
        weights = sum(float(np.square(self._weights(k)).sum()) for k in layers)
        h = _STEP * np.sqrt(weights / squares) if squares else 0.0

        def moved(h: float) -> Signals:
            return self._pass(lambda k: self._weights(k) + h * _gradient(base[k]), _TEMPERATURE)

        up, down = moved(h), moved(-h)
        if not h:
            return lambda layer: np.zeros(self._shapes[layer])
        # Links with the largest -w (H g) are removed, so those with the largest w (H g) stay.
        return lambda layer: self._weights(layer) * (_gradient(up[layer]) - _gradient(down[layer])) / (2 * h)

    def _synflow(self) -> Scores:
        layers = range(len(self._shapes))
        forward = [np.ones(self._shapes[0][0])]
        for layer in layers:
            forward.append(_unit(np.abs(self._weights(layer)).T @ forward[-1]))
        backward = [np.ones(self._shapes[-1][1])]
        for layer in reversed(layers):
            backward.insert(0, _unit(np.abs(self._weights(layer)) @ backward[0]))

        def scores(layer: int) -> Array:
            flow = forward[layer][:, None] * np.abs(self._weights(layer)) * backward[layer + 1][None, :]
            # The same flow passes through every layer, whatever the scale of its vectors.
            total = flow.sum()
            return np.asarray(flow / total) if total else flow

        return scores

    def _random_pruning(self) -> Scores:
        seed = self._config.seed_of("topology")

        def scores(layer: int) -> Array:
            n_in, n_out = self._shapes[layer]
            return uniform_draws(seed, n_in * n_out, step=1, layer=layer, purpose=int(Purpose.TOPOLOGY))

        return scores

    def _pass(self, weights: Callable[[int], Array], temperature: float = 1.0) -> Signals:
        """Inputs and deltas of every layer, float64 [neurons, samples]."""
        activation, layers = self._config.network.hidden_activation(), range(len(self._shapes))
        inputs, pre = [self._inputs], []
        for layer in layers:
            pre.append(weights(layer).T @ inputs[-1])
            if layer < len(self._shapes) - 1:
                inputs.append(rm.activate(pre[-1], activation, layer))
        _, delta = rm.loss_and_delta(pre[-1] / temperature, self._targets, self._config.network.loss)
        deltas = [delta / temperature]
        for layer in reversed(layers[1:]):
            below = rm.slope(pre[layer - 1], activation, layer - 1)
            deltas.insert(0, (weights(layer) @ deltas[0]) * below)
        return list(zip(inputs, deltas, strict=True))


def _gradient(signals: tuple[Array, Array]) -> Array:
    return np.asarray(signals[0] @ signals[1].T)


def _unit(vector: Array) -> Array:
    total = vector.sum()
    return vector / total if total else vector
