"""What the loop answers to the parts of a method: gradients, accuracies, positions that ever held a link."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.engine import reference_math as rm
from gossamer.engine.dense_gradient import MOST_FLOP
from gossamer.engine.reference import ReferenceNetwork
from gossamer.errors import ConfigError
from gossamer.evolve import Need, UpdateReport
from gossamer.evolve.position_set import PositionSet, link_positions
from gossamer.topology.best import BLOCK, Best
from gossamer.train.build import AnyNetwork
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples

Array = NDArray[Any]
Signals = dict[int, tuple[Array, Array]]
"""Inputs [n_in, batch] and deltas [n_out, batch] by layer."""

BatchOf = Callable[[int], NDArray[np.int64]]


def update_flop(config: RunConfig, sizes: Sequence[int]) -> int:
    """Floating-point operations of the dense gradients of one update; 0 for a method that needs none.

    Raises
    ------
    ConfigError
        If they are more than `MOST_FLOP`.
    """
    method = config.method
    if not method.needs & {Need.DENSE_GRADIENT_TOP_K, Need.ACTIVATIONS}:
        return 0
    samples = config.training.batch_size * max(1, method.kept_batches)
    shapes = list(pairwise(sizes))
    flop = sum(2 * shapes[k][0] * shapes[k][1] * samples for k in method.evolving(len(shapes)))
    if flop > MOST_FLOP:
        raise ConfigError(
            f"The method {method.name!r} needs {flop:.1e} floating-point operations an update for the dense "
            f"gradient over {samples:,} samples, and at most {MOST_FLOP:.0e} are allowed; use smaller "
            "layers, a smaller batch or window, or a rule that grows without the dense gradient."
        )
    return flop


class RunServices:
    """Services of a run at an update after `done` steps; see `gossamer.evolve.Services`.

    The current batch is the one that step number `done` will take, with the dropout of that step and the
    weights as they are, so that nothing has to be remembered from step to step but for a momentum.

    Parameters
    ----------
    network : Network or ReferenceNetwork
    samples : Samples
        Of training.
    batch_of : callable
        Numbers of the samples of a step.
    done : int
    seed : int
        Training seed.
    dropout : float
        Rate after each hidden layer in training.
    kept : sequence
        Signals of the batches that a momentum runs over, the newest first, each with the weights that its
        step found: masked-dense momentum is a weighted sum of the gradients that they make.
    accuracies : sequence of float
        On the validation samples, by epoch.
    explored : sequence of PositionSet
        Positions that ever held a link, by layer.
    """

    def __init__(
        self,
        network: AnyNetwork,
        samples: Samples,
        batch_of: BatchOf,
        done: int,
        seed: int,
        *,
        dropout: float = 0.0,
        kept: Sequence[Signals] = (),
        accuracies: Sequence[float] = (),
        explored: Sequence[PositionSet] = (),
    ) -> None:
        self._network, self._samples, self._batch_of = network, samples, batch_of
        self._done, self._seed, self._dropout, self._kept = done, seed, dropout, kept
        self._accuracies, self._explored = accuracies, explored
        self._signals: Signals = {}

    def dense_gradient_top_k(
        self, layer: int, count: int, keep: NDArray[np.bool_], memory: float
    ) -> tuple[NDArray[np.uint64], Array]:
        """See `Services.dense_gradient_top_k`."""
        pattern = self._network.patterns[layer]
        inputs, deltas = self._summed(layer, memory)
        best, rows = Best(count), max(1, BLOCK // pattern.n_out)
        offsets, targets = pattern.source_offsets, pattern.targets
        for first in range(0, pattern.n_in if count else 0, rows):
            last = min(first + rows, pattern.n_in)
            # Products in float64, rounded once: they do not depend on the order in which a library adds.
            gradient = (inputs[first:last] @ deltas.T).astype(self._network.dtype)
            links = slice(offsets[first], offsets[last])
            stay = keep[links]
            source = np.repeat(np.arange(last - first), np.diff(offsets[first : last + 1]))
            keys = np.abs(gradient).astype(np.float64)
            keys[source[stay], targets[links][stay]] = -1
            places = np.flatnonzero(keys.ravel() >= 0)
            best.offer(keys.ravel()[places], places.astype(np.uint64) + np.uint64(first * pattern.n_out))
        positions = best.positions()
        sources, ends = np.divmod(positions.astype(np.int64), pattern.n_out)
        return positions, np.einsum("kb,kb->k", inputs[sources], deltas[ends]).astype(self._network.dtype)

    def support_gradient(self, layer: int) -> Array:
        """See `Services.support_gradient`."""
        return rm.products_on_pattern(self._network.patterns[layer], *self.signals(layer))

    def validation_accuracies(self) -> Sequence[float]:
        """See `Services.validation_accuracies`."""
        return self._accuracies

    def ever_linked(self, layer: int) -> NDArray[np.uint64]:
        """See `Services.ever_linked`."""
        return self._explored[layer].positions()

    def signals(self, layer: int) -> tuple[Array, Array]:
        """See `Services.signals`."""
        if not self._signals:
            recorder = _Recorder.of(self._network, self._dropout)
            samples, ids = self._samples, self._batch_of(self._done)
            recorder.gradients(samples.inputs, samples.targets, ids, self._done, self._seed, dropout=True)
            self._signals = recorder.seen
        return self._signals[layer]

    def _summed(self, layer: int, memory: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Signals of the batches side by side, weights of age in the deltas: float64 [neurons, W * batch]."""
        pairs, weights = [self.signals(layer)], [1.0]
        if memory > 0:
            pairs = [batch[layer] for batch in self._kept]
            weights = [(1 - memory) * memory**age for age in range(len(pairs))]
        inputs = [pair[0].astype(np.float64) for pair in pairs]
        deltas = [weight * pair[1].astype(np.float64) for weight, pair in zip(weights, pairs, strict=True)]
        return np.concatenate(inputs, axis=1), np.concatenate(deltas, axis=1)


def explore(
    explored: Sequence[PositionSet] | None, network: AnyNetwork, reports: Sequence[UpdateReport], done: int
) -> None:
    """Add the links that an update grew to the positions that ever held one, where these are known."""
    if explored is None:
        return
    for report in reports:
        born = network.column(report.layer, "birth") == done
        explored[report.layer].add(link_positions(network.patterns[report.layer])[born])


class _Recorder(ReferenceNetwork):
    """A copy of a network that remembers inputs and deltas of its layers."""

    seen: Signals

    @classmethod
    def of(cls, network: AnyNetwork, dropout: float) -> "_Recorder":
        patterns = network.patterns
        hidden = len(patterns) - 1
        copy = cls(
            patterns,
            [network.column(layer, "weight") for layer in range(len(patterns))],
            activations=network.activations,
            dropout=[dropout] * hidden,
            loss=network.loss,
            optimizer=network.optimizer,
            dtype="float32" if network.dtype == np.float32 else "float64",
        )
        for layer in range(len(patterns)):
            copy.set_bias(layer, network.bias(layer))
        copy.seen = {}
        return copy

    def _weight_gradient(self, layer: int, layer_input: Array, delta: Array) -> Array:
        self.seen[layer] = (layer_input, delta)
        return np.zeros(0, self.dtype)
