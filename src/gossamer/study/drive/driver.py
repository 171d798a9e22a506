"""The driver: carries out the rounds of a study in its folder, of which it is the only writer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from gossamer.errors import StoreError
from gossamer.files import Stored, read_json, write_json
from gossamer.stopping import StopRequest
from gossamer.study.config import StudyConfig
from gossamer.study.drive.dispatch import Dispatch, Task
from gossamer.study.drive.executor import Executor
from gossamer.study.drive.ledger import Ledger
from gossamer.study.drive.progress import Reporter, Running, Snapshot
from gossamer.study.drive.worker import Job
from gossamer.study.plan.cells import label_of
from gossamer.study.plan.planner import Planner
from gossamer.study.plan.rounds import PlannedRun
from gossamer.study.store import Store

_GRACE_SECONDS = 60.0
_SAVE_SECONDS = 5.0


@dataclass(frozen=True)
class Summary:
    """How a call of the driver ended.

    Attributes
    ----------
    state : "complete", "interrupted" or "out_of_time"
    done, diverged, failed, waiting : int, planned runs; `diverged` are among `done`
    trained : int, runs that this call finished
    seconds : float, of this call
    """

    state: str
    done: int
    diverged: int
    failed: int
    waiting: int
    trained: int
    seconds: float


class Clock:
    """Counts on from what earlier commands in the same folder took; without a limit it keeps nothing.

    Parameters
    ----------
    path : Path
        File in which the time is kept.
    limit : float or None
        Seconds that the study may take.
    """

    def __init__(self, path: Path, limit: float | None) -> None:
        self._path, self._limit = path, limit
        self._started = self._saved = time.monotonic()
        kept = limit is not None and path.exists()
        self._before = _seconds(path) if kept else 0.0

    @property
    def seconds(self) -> float:
        """Of this command."""
        return time.monotonic() - self._started

    def is_over(self) -> bool:
        """Whether the study has used up its time."""
        return self._limit is not None and self._before + self.seconds >= self._limit

    def tick(self) -> None:
        """Save the time every few seconds, so that a killed driver has counted too."""
        if time.monotonic() - self._saved >= _SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Save the time (StoreError if the disk is full)."""
        self._saved = time.monotonic()
        if self._limit is not None:
            write_json(self._path, {"seconds": self._before + self.seconds})


class _StoredClock(Stored):
    seconds: Annotated[float, Field(ge=0)]


def _seconds(path: Path) -> float:
    try:
        return _StoredClock.model_validate(read_json(path)).seconds
    except ValidationError as error:
        raise StoreError(f"{path} is damaged: it holds no time; delete it to count from now on.") from error


class Driver:
    """Carries out a study; make it while holding the store's lock.

    Parameters
    ----------
    config : StudyConfig
    store : Store
    planner : Planner
    runner : str, name of the runner module
    executor : Executor
    reporter : Reporter
    stop : StopRequest
    """

    def __init__(
        self,
        config: StudyConfig,
        store: Store,
        planner: Planner,
        runner: str,
        executor: Executor,
        reporter: Reporter,
        stop: StopRequest,
    ) -> None:
        self._config = config
        self._store = store
        self._runner = runner
        self._reporter = reporter
        self._stop = stop
        self._clock = Clock(store.clock_file, config.budget.wall_clock_seconds)
        self._planner = planner
        self._ledger = Ledger(store, reporter)
        self._dispatch = Dispatch(
            executor,
            self._ledger,
            retries=config.retries,
            ending=lambda: bool(stop),
            closing_time=self._clock.is_over,
            watch=self._show,
        )
        self._rounds: list[list[PlannedRun]] = []
        self._round = 0
        self._cost_before: dict[str, float] = {}
        self._complete = False
        self._told = False

    def run(self, *, only_failed: bool = False) -> Summary:
        """Carry out all rounds, or only the runs that failed before.

        Raises
        ------
        StoreError
            If the disk is full or a stored plan is damaged; no finished run is lost.
        ConfigError, DataError
            If a run of the plan is not valid.
        """
        write_json(self._store.study_file, self._config.as_json())
        self._ledger.inspect()
        self._rounds = self._planner.current(self._reporter.note)
        while not (self._stop or self._clock.is_over()):
            if self._round == len(self._rounds) and not self._plan_next(only_failed):
                self._complete = True
                break
            self._planner.keep_labels()
            self._round += 1
            self._dispatch.carry_out(self._tasks(self._rounds[self._round - 1], only_failed))
        self._clock.save()
        return self._summary()

    def _plan_next(self, only_failed: bool) -> bool:
        if only_failed:
            return False
        fresh = self._planner.next_round(self._rounds)
        if fresh:
            self._rounds.append(fresh)
        return bool(fresh)

    def _tasks(self, runs: list[PlannedRun], only_failed: bool) -> list[Task]:
        tasks: dict[str, Task] = {}
        for run in runs:
            failed = run.identity in self._ledger.failed
            if run.identity in self._ledger.done or (only_failed and not failed):
                continue
            if failed:
                self._ledger.retry(run.identity)
            folder = self._store.scratch / run.identity
            self._cost_before[run.identity] = run.cost * self._share(run.identity)
            tasks[run.identity] = Task(
                run, Job(run.identity, self._planner.config_of(run), str(folder.absolute()), self._runner)
            )
        return list(tasks.values())

    def _share(self, identity: str) -> float:
        """Part of a run's epochs that is trained already, by its last word."""
        said = self._store.progress(identity)
        return float(said.get("epoch", 0)) / max(float(said.get("epochs", 1)), 1.0)

    def _planned(self) -> dict[str, PlannedRun]:
        return {run.identity: run for runs in self._rounds for run in runs}

    def _show(self) -> None:
        self._clock.tick()
        if self._stop and not self._told:
            self._told = True
            self._reporter.note("Stopping: runs are being saved. Press Ctrl-C again to end without that.")
        running = tuple(self._running(task) for task in self._dispatch.running.values())
        summary = self._summary()
        self._reporter.show(
            Snapshot(
                name=self._config.name,
                round=self._round,
                done=summary.done,
                diverged=summary.diverged,
                failed=summary.failed,
                waiting=summary.waiting - len(running),
                running=running,
                seconds=summary.seconds,
                left=self._seconds_left(),
            )
        )

    def _running(self, task: Task) -> Running:
        said = self._store.progress(task.run.identity)
        label = label_of(task.run.cell.level, task.run.cell.replicate)
        score = self._planner.task([task.run]).score
        return Running.of(label, task.run.epochs, said, score)

    def _seconds_left(self) -> float | None:
        """Time to the end of the round at the pace of this call, None before there is a pace."""
        planned = self._planned()
        trained = left = 0.0
        for identity, before in self._cost_before.items():
            cost = planned[identity].cost
            if identity in self._ledger.done:
                trained += cost - before
            elif identity not in self._ledger.failed:
                now = max(cost * self._share(identity), before)
                trained += now - before
                left += cost - now
        return left * self._clock.seconds / trained if trained > 0 else None

    def _summary(self) -> Summary:
        planned = self._planned()
        states = [self._ledger.done.get(identity) for identity in planned]
        done = sum(state is not None for state in states)
        failed = len(self._ledger.failed & planned.keys())
        waiting = len(planned) - done - failed
        cut_short = "interrupted" if self._stop else "out_of_time"
        return Summary(
            state="complete" if self._complete else cut_short,
            done=done,
            diverged=states.count("diverged"),
            failed=failed,
            waiting=waiting,
            trained=self._ledger.trained,
            seconds=self._clock.seconds,
        )


def drive(
    config: StudyConfig,
    store: Store,
    planner: Planner,
    runner: str,
    make_executor: Callable[[], Executor],
    reporter: Reporter,
    *,
    only_failed: bool = False,
    stop: Callable[[], bool] | None = None,
) -> Summary:
    """Take the store's lock and carry out a study; see `Driver.run` for what it raises."""
    with store.lock(), StopRequest(stop) as request, reporter:
        executor = make_executor()
        grace = _GRACE_SECONDS
        try:
            driver = Driver(config, store, planner, runner, executor, reporter, request)
            return driver.run(only_failed=only_failed)
        except KeyboardInterrupt:
            grace = 0.0
            raise
        finally:
            executor.interrupt()
            executor.close(grace)
