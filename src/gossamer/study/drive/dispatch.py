"""One round: its runs go to the workers until each is finished or has failed for good."""

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, replace

from gossamer.files import DiskFullError, disk_full
from gossamer.study.drive.executor import Executor
from gossamer.study.drive.ledger import Ledger
from gossamer.study.drive.worker import Job, JobResult
from gossamer.study.plan.rounds import PlannedRun

_POLL_SECONDS = 0.2
_PATIENCE = 60.0  # seconds that running tasks have to save themselves
_MOST_LOSSES = 10  # workers lost in a row without a new epoch, before the run counts as failed


@dataclass(frozen=True)
class Task:
    """A planned run on its way through the workers."""

    run: PlannedRun
    job: Job
    failures: int = 0
    losses: int = 0
    losses_in_a_row: int = 0
    epoch_at_loss: int = -1


class Dispatch:
    """Gives tasks to an executor, a few at a time, and settles what comes back.

    Parameters
    ----------
    executor : Executor
    ledger : Ledger
    retries : int, times that a failed run is tried again
    ending : says that no further run should start, and those in training should save themselves
    closing_time : says that no further run should start
    watch : called several times a second
    """

    def __init__(
        self,
        executor: Executor,
        ledger: Ledger,
        *,
        retries: int,
        ending: Callable[[], bool],
        closing_time: Callable[[], bool],
        watch: Callable[[], None],
    ) -> None:
        self._executor = executor
        self._ledger = ledger
        self._retries = retries
        self._ending = ending
        self._closing_time = closing_time
        self._watch = watch
        self._full: DiskFullError | None = None
        self.waiting: deque[Task] = deque()
        self.running: dict[Future[JobResult], Task] = {}

    def carry_out(self, tasks: Sequence[Task]) -> None:
        """Return when all tasks are settled, or when the study ends and the running ones had time to save.

        Raises
        ------
        DiskFullError
            When the disk is full and the running tasks have ended.
        """
        self.waiting = deque(tasks)
        deadline = math.inf
        while (self.running and time.monotonic() < deadline) or (self.waiting and not self._no_more()):
            self._fill()
            if self._stopping():
                self._executor.interrupt()
                deadline = min(deadline, time.monotonic() + _PATIENCE)
            done, _ = wait_for(self.running, _POLL_SECONDS, FIRST_COMPLETED)
            for future in done:
                self._settle(self.running.pop(future), future)
            self._watch()
        if self._full is not None:
            raise self._full

    def _stopping(self) -> bool:
        return self._full is not None or self._ending()

    def _no_more(self) -> bool:
        return self._stopping() or self._closing_time()

    def _fill(self) -> None:
        while self.waiting and len(self.running) < self._executor.workers and not self._no_more():
            task = self.waiting.popleft()
            self.running[self._submit(task)] = task

    def _submit(self, task: Task) -> Future[JobResult]:
        try:
            return self._executor.submit(task.job)
        except Exception as error:
            if not self._executor.lost(error):
                raise
            self._executor.restart()
            return self._executor.submit(task.job)

    def _settle(self, task: Task, future: Future[JobResult]) -> None:
        if future.cancelled():
            self.waiting.appendleft(task)
            return
        error = future.exception()
        if error is None:
            self._settle_result(task, future.result())
        elif self._executor.lost(error):
            self._settle_loss(task, str(error))
        else:
            raise error

    def _settle_result(self, task: Task, result: JobResult) -> None:
        if result.note:
            self._ledger.tell(task.run, result.note)
        if result.state in ("finished", "diverged"):
            self._ledger.publish(task.run, task.failures, task.losses)
        elif result.state == "interrupted":
            self.waiting.appendleft(task)
        elif result.state == "disk_full":
            self.waiting.appendleft(task)
            self._full = disk_full(self._ledger.store.folder)
        elif task.failures < self._retries:
            self.waiting.append(replace(task, failures=task.failures + 1))
        else:
            self._ledger.fail(task.run, result.error, result.detail, task.failures + 1)

    def _settle_loss(self, task: Task, cause: str) -> None:
        epoch = int(self._ledger.store.progress(task.run.identity).get("epoch", -1))
        in_a_row = 1 if epoch > task.epoch_at_loss else task.losses_in_a_row + 1
        if in_a_row > _MOST_LOSSES:
            sentence = f"{cause} That happened {in_a_row} times in a row without a new epoch."
            self._ledger.fail(task.run, sentence, "", task.failures + 1)
            return
        self.waiting.appendleft(
            replace(
                task,
                losses=task.losses + 1,
                losses_in_a_row=in_a_row,
                epoch_at_loss=max(epoch, task.epoch_at_loss),
            )
        )
