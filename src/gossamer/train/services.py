"""What the loop answers to the parts of a method: gradients, accuracies, positions that ever held a link."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from gossamer.engine.dense_gradient import MOST_FLOP
from gossamer.errors import ConfigError, DivergedError
from gossamer.evolve import Need, UpdateReport
from gossamer.evolve.position_set import PositionSet, link_positions
from gossamer.train.build import AnyNetwork
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples

Array = NDArray[Any]

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
    weights as they are, so that nothing has to be remembered from step to step but for a momentum: that runs
    over the batches that the network keeps, each with the weights that its step found, as masked-dense
    momentum does. Used as a context: at its end the network keeps what it kept before.

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
    layers : sequence of int
        Layers of links that parts ask about: those that evolve.
    window : int
        Batches that the network is keeping of these layers; 0 for none.
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
        layers: Sequence[int],
        window: int = 0,
        accuracies: Sequence[float] = (),
        explored: Sequence[PositionSet] = (),
    ) -> None:
        self._network, self._samples, self._batch_of = network, samples, batch_of
        self._done, self._seed, self._layers, self._window = done, seed, layers, window
        self._accuracies, self._explored = accuracies, explored
        self._gradients: list[Array] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._gradients is not None:
            self._keep(self._window, forget=1)

    def dense_gradient_top_k(
        self, layer: int, count: int, keep: NDArray[np.bool_], memory: float
    ) -> tuple[NDArray[np.uint64], Array]:
        """See `Services.dense_gradient_top_k`."""
        weights = [1.0]
        if memory > 0:
            # Newer than the batches of the steps is the current one, where a part asked for it.
            newer = [] if self._gradients is None else [0.0]
            weights = newer + [(1 - memory) * memory**age for age in range(self._window)]
        else:
            self._pass()
        return self._network.dense_gradient_top_k(layer, count, keep=keep, weights=weights)

    def support_gradient(self, layer: int) -> Array:
        """See `Services.support_gradient`."""
        return self._pass()[layer]

    def validation_accuracies(self) -> Sequence[float]:
        """See `Services.validation_accuracies`."""
        return self._accuracies

    def ever_linked(self, layer: int) -> NDArray[np.uint64]:
        """See `Services.ever_linked`."""
        return self._explored[layer].positions()

    def signals(self, layer: int) -> tuple[Array, Array]:
        """See `Services.signals`."""
        self._pass()
        return self._network.signals(layer)

    def _pass(self) -> list[Array]:
        """Gradients of the current batch on the links, by layer; the batch becomes the newest kept one."""
        if self._gradients is None:
            self._keep(self._window + 1)
            samples, ids = self._samples, self._batch_of(self._done)
            loss, gradients, _ = self._network.gradients(
                samples.inputs,
                samples.targets,
                ids,
                self._done,
                self._seed,
                dropout=True,
                remember=True,
                weights=samples.weights,
            )
            if not np.isfinite(loss):
                raise DivergedError(f"The loss of step {self._done + 1} is not finite.")
            self._gradients = gradients
        return self._gradients

    def _keep(self, window: int, forget: int = 0) -> None:
        """Let the network keep so many batches: those that it keeps but for the newest `forget`."""
        network = self._network
        kept = [
            (layer, network.signals(layer, age))
            for layer in self._layers
            for age in reversed(range(forget, network.kept_batches(layer)))
        ]
        network.keep_batches(window, self._layers)
        for layer, pair in kept:
            network.add_signals(layer, *pair)


def explore(
    explored: Sequence[PositionSet] | None, network: AnyNetwork, reports: Sequence[UpdateReport], done: int
) -> None:
    """Add the links that an update grew to the positions that ever held one, where these are known."""
    if explored is None:
        return
    for report in reports:
        born = network.column(report.layer, "birth") == done
        explored[report.layer].add(link_positions(network.patterns[report.layer])[born])
