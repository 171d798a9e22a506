"""Steps of a run and the updates between them: what training does besides looking at itself."""

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gossamer.engine.calls import slices
from gossamer.errors import DivergedError
from gossamer.evolve import Clock, UpdateReport, evolve
from gossamer.random import permutation
from gossamer.train.batches import Batches
from gossamer.train.build import AnyNetwork, settle
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples
from gossamer.train.services import RunServices, explore
from gossamer.train.state import Moved, RunState
from gossamer.train.structure import Snapshot


class Steps:
    """Trains a network from a state, step by step; the loop and the estimators are made of it.

    The numbers depend on the state alone, however calls are split.

    Parameters
    ----------
    config : RunConfig
    samples : Samples
        Of training.
    network : Network or ReferenceNetwork
        Changed in place.
    state : RunState
        Changed in place.
    """

    def __init__(self, config: RunConfig, samples: Samples, network: AnyNetwork, state: RunState) -> None:
        self.config, self.network, self.state = config, network, state
        self.batches = Batches.of(config, len(samples))
        self.clock = Clock(self.batches.steps, config.training.epochs)
        self.task = samples.task
        self._train, self._seed = samples, config.seed_of("training")
        self._evolving = config.method.evolving(network.n_layers)
        self._keeping = any(network.kept_batches(layer) for layer in self._evolving)
        self._order: tuple[int, NDArray[np.int64]] = (0, np.zeros(0, np.int64))
        self._pieces: Iterator[tuple[int, int]] | None = None

    def take_steps(self) -> None:
        """Take as many steps as fit into a short call, up to the next update at most."""
        state, first = self.state, self.state.position
        done = state.epoch * self.clock.steps_per_epoch + first
        update = self.config.method.next_update(done, self.clock)
        limit = self.clock.steps_per_epoch if update is None else first + (update - done)
        ahead = self._keep(done, update)
        end = self.batches.call(first, min(first + ahead, limit, self.clock.steps_per_epoch))[0]
        if self._pieces is None:
            self._pieces = slices(end - first, 1)
        last, size, places = self.batches.call(first, first + next(self._pieces)[1])
        if last == end:
            self._pieces = None
        ids, rates = self._order_of(state.epoch + 1)[places], self._rates(done, last - first)
        start = time.perf_counter()
        train = self._train
        record = self.network.train(
            train.inputs,
            train.targets,
            ids,
            size,
            rates,
            first_step=done,
            seed=self._seed,
            weights=train.weights,
        )
        state.times.train[-1] += time.perf_counter() - start
        if record.bad_step >= 0:
            state.diverged = state.epoch + 1
            return
        state.losses[first:last], state.correct[first:last] = record.loss, record.correct
        state.position = last
        if last == limit < self.clock.steps_per_epoch:
            start = time.perf_counter()
            self._count(self.update(done + last - first), state.moved)
            state.times.evolve[-1] += time.perf_counter() - start

    def _keep(self, done: int, update: int | None) -> int:
        """Let the network keep the next batches if growth looks back at them; steps that this holds for."""
        steps, window = self.clock.steps_per_epoch, self.config.method.kept_batches
        ahead = steps if not window or update is None else max(0, update - window - done)
        if self._keeping != (ahead == 0):
            self._keeping = ahead == 0
            self.network.keep_batches(window if self._keeping else 0, self._evolving)
        return ahead or steps

    def _order_of(self, epoch: int) -> NDArray[np.int64]:
        if self._order[0] != epoch:
            self._order = (epoch, permutation(self._seed, self.batches.samples, step=epoch))
        return self._order[1]

    def _batch_of(self, step: int) -> NDArray[np.int64]:
        """Samples of step `step` of the run, counted from 0."""
        epoch, first = divmod(step, self.clock.steps_per_epoch)
        return self._order_of(epoch + 1)[self.batches.call(first, first + 1)[2]]

    def _rates(self, first_step: int, count: int) -> NDArray[np.float64]:
        optimizer, clock = self.config.optimizer, self.clock
        factors = optimizer.schedule.factors(first_step, count, clock.steps_per_epoch, clock.total_steps)
        return optimizer.learning_rate * factors

    def update(self, done: int) -> list[UpdateReport]:
        """Update the topology after `done` steps."""
        epoch = -(-done // self.clock.steps_per_epoch)
        snapshot = epoch in self.config.training.snapshot_epochs or self._is_last_update(done)
        try:
            with self._services(done) as services:
                reports = evolve(
                    self.network,
                    self.config.method,
                    done,
                    self.clock,
                    seed=self._seed,
                    initial=self.config.initial(),
                    services=services,
                    memory=self.state.memory,
                    snapshot=snapshot,
                )
        except DivergedError:
            # After the last step there is no loss to come that would tell.
            if done == self.clock.total_steps:
                raise
            self.state.diverged = self.state.epoch + 1
            return []
        settle(self.network, self.config.method)
        explore(self.state.explored, self.network, reports, done)
        for report in reports:
            if report.survivors is not None and report.after is not None:
                others = [other for other in self.state.snapshots if other.epoch != epoch]
                self.state.snapshots = [*others, Snapshot(epoch, True, report.survivors, report.after)]
        return reports

    def held_out_scores(self) -> list[float]:
        """Scores on the validation samples, by epoch."""
        found = [record.validation for record in self.state.records]
        return [evaluation.scores[self.task.score.name] for evaluation in found if evaluation is not None]

    def _services(self, done: int) -> RunServices:
        return RunServices(
            self.network,
            self._train,
            self._batch_of,
            done,
            self._seed,
            layers=self._evolving,
            window=self.config.method.kept_batches if self._keeping else 0,
            accuracies=self.held_out_scores(),
            explored=self.state.explored or (),
        )

    def _is_last_update(self, done: int) -> bool:
        following = self.config.method.next_update(done, self.clock)
        return following is None or self.config.method.action(following, self.clock) == "nothing"

    def _count(self, reports: list[UpdateReport], moved: Moved) -> None:
        for report in reports:
            moved.dropped[report.layer] += report.dropped
            moved.grown[report.layer] += report.grown
            moved.regrown[report.layer] += report.regrown
