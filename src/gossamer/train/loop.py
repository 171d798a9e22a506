"""The loop: steps, evaluation, update, epoch after epoch."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.data import Dataset
from gossamer.engine.calls import slices
from gossamer.errors import DivergedError
from gossamer.evolve import Clock, UpdateReport, evolve
from gossamer.evolve.position_set import PositionSet, link_positions
from gossamer.random import permutation
from gossamer.train.batches import Batches
from gossamer.train.build import AnyNetwork
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples, evaluate
from gossamer.train.history import EpochRecord, Evaluation, Links
from gossamer.train.progress import Progress
from gossamer.train.readings import Predictions, compact_classes
from gossamer.train.services import RunServices, explore
from gossamer.train.state import Moved, RunState
from gossamer.train.structure import Snapshot, first_snapshot, snapshot_without_update
from gossamer.train.task import TASKS

Outcome = Literal["finished", "diverged", "interrupted"]


class _StopError(Exception):
    """A stop was asked for in the middle of an evaluation, which then has to be made again."""


class Loop:
    """Trains a network from a state to the end of its run.

    The numbers depend on the state alone, however calls are split and wherever the run is interrupted.

    Parameters
    ----------
    config : RunConfig
    dataset : Dataset
    network : Network or ReferenceNetwork
        Changed in place.
    state : RunState
        Changed in place.
    """

    def __init__(self, config: RunConfig, dataset: Dataset, network: AnyNetwork, state: RunState) -> None:
        self.config, self.network, self.state = config, network, state
        self.batches = Batches.of(config, len(dataset.train))
        self.clock = Clock(self.batches.steps, config.training.epochs)
        self._seed = config.seed_of("training")
        self._classes, self.task = dataset.n_classes, TASKS[dataset.task]
        loss, n_out = config.network.loss, network.sizes[-1]
        self._train = Samples.of(dataset.train, dataset, loss, n_out)
        self._test = Samples.of(dataset.test, dataset, loss, n_out)
        held_out = dataset.validation
        self._validation = None if held_out is None else Samples.of(held_out, dataset, loss, n_out)
        self._evolving = config.method.evolving(network.n_layers)
        self._keeping = any(network.kept_batches(layer) for layer in self._evolving)
        self._order: tuple[int, NDArray[np.int64]] = (0, np.zeros(0, np.int64))
        self._pieces: Iterator[tuple[int, int]] | None = None
        self._stop: Callable[[], bool] = lambda: False

    def run(self, after: Callable[[], None], stop: Callable[[], bool]) -> Outcome:
        """Train until the last epoch is evaluated; its update is left to `finish`.

        Parameters
        ----------
        after : callable
            Called after every short piece of work, when network and state belong together.
        stop : callable
            Says whether to stop; asked after every piece of work.
        """
        self._stop, self._pieces = stop, None
        state = self.state
        if not (state.epoch or state.position or state.snapshots):
            method, initial = self.config.method, self.config.initial()
            first = first_snapshot(self.network, method, self.clock, seed=self._seed, initial=initial)
            state.snapshots.append(first)
            state.explored = [PositionSet(link_positions(pattern)) for pattern in self.network.patterns]
        while state.diverged is None:
            if state.update_due and state.epoch == self.clock.epochs:
                return "finished"
            try:
                self._next_piece()
            except _StopError:
                return "interrupted"
            after()
            if stop():
                return "interrupted"
        return "diverged"

    def finish(self) -> tuple[Evaluation, Predictions]:
        """Do what the last update does; test scores and predictions of the network as it then is."""
        record, predictions = self.state.records[-1], self.state.last
        assert predictions is not None
        if record.train is None:
            train, _ = evaluate(self.network, self._train)
            self.state.records[-1] = record = replace(record, train=train)
        if not self._end_of_epoch():
            return record.test, predictions
        test, on_test = evaluate(self.network, self._test)
        on_validation = evaluate(self.network, self._validation)[1] if self._validation is not None else None
        return test, self._predictions(on_test, on_validation)

    def progress(self, message: str = "") -> Progress:
        """Where the run is."""
        state = self.state
        step = state.epoch * self.clock.steps_per_epoch + state.position
        record = state.records[-1] if state.records else None
        total = self.clock.total_steps
        return Progress(state.epoch, self.clock.epochs, step, total, record, message, self.task.score)

    def _next_piece(self) -> None:
        start, state = time.perf_counter(), self.state
        if state.update_due:
            self._end_of_epoch()
            state.times.evolve[-1] += time.perf_counter() - start
            for seconds in vars(state.times).values():
                seconds.append(0.0)
        elif state.position < self.clock.steps_per_epoch:
            self._take_steps()
        else:
            self._evaluate()
            state.times.evaluate[-1] += time.perf_counter() - start

    def _take_steps(self) -> None:
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
        record = self.network.train(
            self._train.inputs, self._train.targets, ids, size, rates, first_step=done, seed=self._seed
        )
        state.times.train[-1] += time.perf_counter() - start
        if record.bad_step >= 0:
            state.diverged = state.epoch + 1
            return
        state.losses[first:last], state.correct[first:last] = record.loss, record.correct
        state.position = last
        if last == limit < self.clock.steps_per_epoch:
            start = time.perf_counter()
            self._count(self._update(done + last - first), state.moved)
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

    def _evaluate(self) -> None:
        """Evaluate the epoch that has just been trained, and add it to the records."""
        state, epoch = self.state, self.state.epoch + 1
        test, on_test = evaluate(self.network, self._test, self._give_up)
        train = validation = on_validation = None
        if self._validation is not None:
            validation, on_validation = evaluate(self.network, self._validation, self._give_up)
        if epoch in self.config.training.train_evaluation_epochs:
            train, _ = evaluate(self.network, self._train, self._give_up)
        running = self._running()
        found = [evaluation for evaluation in (test, validation, train, running) if evaluation]
        if not all(math.isfinite(value) for evaluation in found for value in evaluation.values.values()):
            state.diverged = epoch
            return
        moved = state.moved
        links = Links(self.network.nnz, *(tuple(counts.tolist()) for counts in vars(moved).values()))
        rate = float(self._rates(epoch * self.clock.steps_per_epoch - 1, 1)[0])
        state.records.append(EpochRecord(epoch, rate, running, train, validation, test, links))
        state.last = self._predictions(on_test, on_validation)
        score = self.task.score
        held_out = validation.scores[score.name] if validation else None
        state.leaders = state.leaders.after(epoch, test.scores[score.name], held_out, state.last, score)
        state.epoch, state.position, state.update_due = epoch, 0, True
        state.moved = Moved.none(self.network.n_layers)

    def _give_up(self) -> None:
        if self._stop():
            raise _StopError

    def _running(self) -> Evaluation:
        sizes = self.batches.sizes()
        samples = int(sizes.sum())
        # fsum rounds once, so that the mean does not depend on how NumPy adds on this machine.
        loss = math.fsum((self.state.losses * sizes).tolist()) / samples
        right = int(self.state.correct.sum()) / samples
        return Evaluation(loss, {self.task.score.name: right} if self.task.judge is None else {})

    def _predictions(self, test: NDArray[Any], validation: NDArray[Any] | None) -> Predictions:
        if self.task.judge is not None:
            return Predictions(test, validation)
        compact = None if validation is None else compact_classes(validation, self._classes)
        return Predictions(compact_classes(test, self._classes), compact)

    def _end_of_epoch(self) -> list[UpdateReport]:
        """Do the update that is due at the end of the epoch just evaluated, if there is one."""
        state, done = self.state, self.state.epoch * self.clock.steps_per_epoch
        reports: list[UpdateReport] = []
        if self.config.method.next_update(done - 1, self.clock) == done:
            reports = self._update(done)
        record, moved = state.records[-1], Moved.none(self.network.n_layers)
        for name, counts in vars(moved).items():
            counts += getattr(record.links, name)
        self._count(reports, moved)
        links = Links(record.links.nnz, *(tuple(counts.tolist()) for counts in vars(moved).values()))
        state.records[-1] = replace(record, links=links)
        state.update_due = False
        taken = {snapshot.epoch for snapshot in state.snapshots}
        if state.epoch in self.config.training.snapshot_epochs and state.epoch not in taken:
            state.snapshots.append(snapshot_without_update(self.network, state.epoch))
        return reports

    def _update(self, done: int) -> list[UpdateReport]:
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
        explore(self.state.explored, self.network, reports, done)
        for report in reports:
            if report.survivors is not None and report.after is not None:
                others = [other for other in self.state.snapshots if other.epoch != epoch]
                self.state.snapshots = [*others, Snapshot(epoch, True, report.survivors, report.after)]
        return reports

    def _services(self, done: int) -> RunServices:
        scores = [record.validation for record in self.state.records]
        return RunServices(
            self.network,
            self._train,
            self._batch_of,
            done,
            self._seed,
            layers=self._evolving,
            window=self.config.method.kept_batches if self._keeping else 0,
            accuracies=[found.scores[self.task.score.name] for found in scores if found is not None],
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
