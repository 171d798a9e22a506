"""The state of a study's folder, read without disturbing a driver that may be at work."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gossamer.errors import StoreError
from gossamer.study.drive.progress import Running
from gossamer.study.plan.cells import label_of
from gossamer.study.plan.rounds import PlannedRun
from gossamer.study.store import Store
from gossamer.study.store.manifest import Manifest
from gossamer.train.score import Score


@dataclass(frozen=True)
class Status:
    """State of a study.

    Attributes
    ----------
    name, folder, question : str
    rounds : int, rounds that are stored
    planned, done, diverged, failed, waiting, damaged : int
        Runs; `diverged` are among `done`, those in training are among `waiting`. A damaged run is there, but
        is not the one that was planned, or not whole.
    compact : int, runs that were imported from their compact form, among `done`
    running : tuple of Running, runs that a worker is training now
    failures : tuple of (label, sentence) of failed runs
    driver : str or None, the process that drives the study now
    reproducible : bool, False under a wall-clock budget
    design : str, how far the policy is with its completed rounds, or why it is done; empty for a grid
    """

    name: str
    folder: str
    question: str
    rounds: int
    planned: int
    done: int
    diverged: int
    failed: int
    waiting: int
    damaged: int
    compact: int
    running: tuple[Running, ...]
    failures: tuple[tuple[str, str], ...]
    driver: str | None
    reproducible: bool
    design: str

    def as_json(self) -> dict[str, Any]:
        """The status as JSON values."""
        return asdict(self) | {"running": [run.as_json() for run in self.running]}


def read_status(
    store: Store,
    rounds: Sequence[Sequence[PlannedRun]],
    *,
    name: str,
    question: str,
    reproducible: bool,
    design: str,
    score: Score,
) -> Status:
    """Status of a study from its folder."""
    planned = {run.identity: run for runs in rounds for run in runs}
    finished = {identity for identity in store.finished() if identity in planned}
    manifests = [_manifest(store, planned[identity]) for identity in finished]
    known = [manifest for manifest in manifests if manifest is not None]
    records = {key: record for key, record in store.failures().items() if key in planned.keys() - finished}
    failures = [
        (label_of(planned[key].cell.level, planned[key].cell.replicate), str(record.get("error", "")))
        for key, record in records.items()
    ]
    return Status(
        name=name,
        folder=str(store.folder),
        question=question,
        rounds=len(rounds),
        planned=len(planned),
        done=len(known),
        diverged=sum(manifest.state == "diverged" for manifest in known),
        failed=len(failures),
        waiting=len(planned) - len(finished) - len(failures),
        damaged=len(finished) - len(known),
        compact=sum(manifest.form == "compact" for manifest in known),
        running=tuple(
            _running(store, planned[key], score) for key in store.unfinished() if _trains(store, key, planned)
        ),
        failures=tuple(failures),
        driver=store.driver(),
        reproducible=reproducible,
        design=design,
    )


def _manifest(store: Store, run: PlannedRun) -> Manifest | None:
    try:
        found = store.held(run.identity)
        found.hold_to(run.cell.level)
    except StoreError:
        return None
    return found.manifest


def _trains(store: Store, identity: str, planned: dict[str, PlannedRun]) -> bool:
    return identity in planned and store.worker_active(identity)


def _running(store: Store, run: PlannedRun, score: Score) -> Running:
    said = store.progress(run.identity)
    label = label_of(run.cell.level, run.cell.replicate)
    return Running.of(label, run.epochs, said, score)
