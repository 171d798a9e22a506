"""The loop: steps, evaluation, update, epoch after epoch."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from numpy.typing import NDArray

from gossamer.data import Dataset
from gossamer.evolve import UpdateReport
from gossamer.evolve.position_set import PositionSet, link_positions
from gossamer.train.build import AnyNetwork
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples, evaluate
from gossamer.train.history import EpochRecord, Evaluation, Links
from gossamer.train.progress import Progress
from gossamer.train.readings import Predictions, compact_classes
from gossamer.train.state import Moved, RunState
from gossamer.train.steps import Steps
from gossamer.train.structure import first_snapshot, snapshot_without_update

Outcome = Literal["finished", "diverged", "interrupted"]


class _StopError(Exception):
    """A stop was asked for in the middle of an evaluation, which then has to be made again."""


class Loop(Steps):
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
        loss, n_out = config.network.loss, network.sizes[-1]
        super().__init__(config, Samples.of_training(config, dataset, n_out), network, state)
        self._classes = dataset.n_classes
        self._test = Samples.of(dataset.test, dataset, loss, n_out)
        held_out = dataset.validation
        self._validation = None if held_out is None else Samples.of(held_out, dataset, loss, n_out)
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
            self.take_steps()
        else:
            self._evaluate()
            state.times.evaluate[-1] += time.perf_counter() - start

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
        weighed = zip(self.state.losses.tolist(), sizes.tolist(), strict=True)
        try:
            loss = math.fsum(loss * size for loss, size in weighed) / samples
        except OverflowError:
            loss = math.inf
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
            reports = self.update(done)
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
