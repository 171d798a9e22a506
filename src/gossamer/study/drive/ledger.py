"""The driver's book of runs: which are finished, which failed; it alone changes the store."""

import time
from pathlib import Path

from gossamer.errors import StoreError
from gossamer.files import disk_errors, write_json
from gossamer.study.drive.progress import Reporter
from gossamer.study.plan.cells import label_of
from gossamer.study.plan.rounds import PlannedRun
from gossamer.study.store import Store
from gossamer.train.task import task_of_summary


class Ledger:
    """Runs of a store, as the one driver that holds its lock sees them.

    Parameters
    ----------
    store : Store
    reporter : Reporter
    """

    def __init__(self, store: Store, reporter: Reporter) -> None:
        self.store = store
        self._reporter = reporter
        self.done: dict[str, str] = {}
        self.failed: set[str] = set()
        self.trained = 0

    def inspect(self) -> None:
        """Hold every finished run to its manifest, and take over what a killed driver left.

        A damaged run is set aside, so that it is trained again; a run that was complete but not yet published
        is published, and what a late worker left of a published one is removed; the checkpoints of the others
        stay where their next worker finds them.
        """
        for identity in self.store.finished():
            try:
                self.done[identity] = self.store.check(identity).state
            except StoreError as error:
                place = self.store.set_aside(identity)
                sentence = str(error).rstrip(".")
                self._reporter.note(f"{sentence}; the run is kept in {place} and trained again.")
        for identity in self.store.unfinished():
            if self.store.worker_active(identity):
                continue
            if identity in self.done:
                self.store.discard(identity)
            elif self.store.is_complete(identity):
                self._publish(identity)
        self.failed = set(self.store.failures()) - set(self.done)

    def publish(self, run: PlannedRun, failures: int, lost_workers: int) -> None:
        """Move a run that its worker completed among the finished ones."""
        self._write_attempts(self.store.scratch / run.identity / "measured", failures, lost_workers)
        self._publish(run.identity)
        self.trained += 1
        self._reporter.ended(self._line(run))

    def _publish(self, identity: str) -> None:
        self.store.publish(identity)
        self.done[identity] = self.store.manifest(identity).state
        self.failed.discard(identity)
        self.store.clear_failure(identity)

    def _write_attempts(self, folder: Path, failures: int, lost_workers: int) -> None:
        with disk_errors(folder):
            folder.mkdir(exist_ok=True)
        write_json(folder / "attempts.json", {"failures": failures, "lost_workers": lost_workers})

    def _line(self, run: PlannedRun) -> str:
        label = label_of(run.cell.level, run.cell.replicate)
        summary = self.store.summary(run.identity)
        score = task_of_summary(summary).score
        readings = summary.get(score.name) or {}
        entry = readings.get("selected") or readings.get("last") or {}
        value = entry.get("value")
        measured = f"no {score.label}" if value is None else f"{score.label} {score.text(value)}"
        return f"{label}: {self.done[run.identity]}, {measured}"

    def fail(self, run: PlannedRun, error: str, detail: str, attempts: int) -> None:
        """List a run as failed, with its last error."""
        record = {
            **run.cell.as_json(),
            "error": error,
            "detail": detail,
            "attempts": attempts,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        self.store.record_failure(run.identity, record)
        self.failed.add(run.identity)
        self.tell(run, f"failed: {error}")

    def tell(self, run: PlannedRun, what: str) -> None:
        """Tell the reporter something about a run."""
        self._reporter.note(f"{label_of(run.cell.level, run.cell.replicate)}: {what}")

    def retry(self, identity: str) -> None:
        """Forget that a run failed, because it is about to be tried again."""
        self.failed.discard(identity)
        self.store.clear_failure(identity)

    def settled(self, identity: str) -> bool:
        """Whether a run has ended, well or badly."""
        return identity in self.done or identity in self.failed
