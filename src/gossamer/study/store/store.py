"""The folder of a study: one folder a finished run, named by the run's identity.

::

    study.json            the study as it was run last
    clock.json            time taken so far, under a wall-clock budget
    rounds/PLAN/0001.json cells of each round, stored before it starts
    runs/IDENTITY/        finished runs: result/, measured/, manifest.json
    scratch/IDENTITY/     what a worker writes while it trains
    failed/IDENTITY.json  runs that failed, with their last error
    labels/CHECKSUM.safetensors  labels of the data sets that runs were evaluated on
    aside/IDENTITY.N/     damaged runs, kept for inspection and never used
    lock                  held by the one driver

Workers write only their scratch folder. The driver, the holder of the lock, writes all the rest.
"""

import hashlib
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import NonNegativeInt, PositiveInt, ValidationError

from gossamer.errors import StoreError
from gossamer.files import Stored, disk_errors, read_json, refuse_link, sync_folder, write_json
from gossamer.lock import FILE as LOCK
from gossamer.lock import Lock, holder, is_held
from gossamer.study.store.held import Held, IdentityOf, held, signature
from gossamer.study.store.manifest import NAME, RESULT, Manifest
from gossamer.train.arrays import Arrays, read_arrays, write_arrays
from gossamer.train.measured import read_measured
from gossamer.train.stored_summary import result_identity

WORKER_LOCK = "lock"
PROGRESS = "progress.json"
KEPT = (RESULT, "measured", NAME)

_IDENTITY = re.compile(r"[0-9a-f]{8,64}")


class _StoredProgress(Stored):
    epoch: NonNegativeInt
    epochs: PositiveInt
    validation: float | None = None
    loss: float | None = None


@dataclass(frozen=True)
class Digest:
    """Hash over the result/ folders of the runs that a study has planned.

    Attributes
    ----------
    value : str
        SHA-256 over one line ``IDENTITY/NAME SHA256`` for each file of each run, sorted.
    runs : int
        Number of runs.
    compact : int
        How many of them were imported from their compact form. For these the lines are those of the run as it
        was trained, which the compact form carries along; so a study and its import have the same digest, and
        so has a study that trains the same runs again.
    outside : tuple of str
        Identities of finished runs that the plan does not have: those of an earlier plan. They do not count.
    """

    value: str
    runs: int
    compact: int
    outside: tuple[str, ...] = ()


class Store:
    """Runs of one study folder.

    Parameters
    ----------
    folder : Path; it is made by the first run
    identity_of : callable
        Identity that config and summary of a result make; see `gossamer.study.runner.Runner`.
    """

    def __init__(self, folder: Path, identity_of: IdentityOf = result_identity) -> None:
        self.folder = folder
        self._identity_of = identity_of
        self._held = lru_cache(maxsize=1024)(lambda identity, _: self._hold(self.runs / identity))
        self.runs = folder / "runs"
        self.scratch = folder / "scratch"
        self.failed = folder / "failed"
        self.aside = folder / "aside"
        self.labels = folder / "labels"
        self.study_file = folder / "study.json"
        self.clock_file = folder / "clock.json"

    def lock(self) -> Lock:
        """The driver's lock, folders made; taking it raises StoreError while another driver has it."""
        with disk_errors(self.folder):
            for path in (self.runs, self.scratch, self.failed):
                path.mkdir(parents=True, exist_ok=True)
        return Lock(
            self.folder / LOCK,
            f"Another driver ({{holder}}) is working on {self.folder}; wait for it or stop it first.",
        )

    def driver(self) -> str | None:
        """The process that is driving this study now, or None."""
        path = self.folder / LOCK
        return holder(path) if is_held(path) else None

    def finished(self) -> list[str]:
        """Identities of all published runs, sorted."""
        return _identities(self.runs)

    def unfinished(self) -> list[str]:
        """Identities that have a scratch folder, sorted."""
        return _identities(self.scratch)

    def held(self, identity: str) -> Held:
        """A published run, its content held to its identity: what every reader goes through (StoreError)."""
        return self._held(identity, signature(self.runs / identity))

    def manifest(self, identity: str) -> Manifest:
        """Manifest of a published run; see `held`."""
        return self.held(identity).manifest

    def check(self, identity: str) -> Manifest:
        """Manifest of a published run, after every file has been held to it.

        Raises
        ------
        StoreError
            If anything of the run is missing or damaged.
        """
        manifest = self.manifest(identity)
        manifest.verify(self.runs / identity)
        return manifest

    def digest(self, planned: Collection[str]) -> Digest:
        """Digest of the finished runs among those of a plan; every file of theirs is held to its hash first.

        Raises
        ------
        StoreError
            If a run is damaged.
        """
        lines: list[str] = []
        compact = 0
        finished = self.finished()
        identities = [identity for identity in finished if identity in planned]
        for identity in identities:
            manifest = self.check(identity)
            compact += manifest.form == "compact"
            lines += [f"{identity}/{name} {sha256}\n" for name, sha256 in sorted(manifest.original.items())]
        outside = tuple(identity for identity in finished if identity not in planned)
        return Digest(hashlib.sha256("".join(lines).encode()).hexdigest(), len(identities), compact, outside)

    def read(self, identity: str, name: str) -> bytes:
        """Content of result/`name` of a published run, held to its hash before it is returned.

        Raises
        ------
        StoreError
            If the file is missing, unreadable or damaged.
        """
        return self.held(identity).read(name)

    def summary(self, identity: str) -> dict[str, Any]:
        """result/summary.json of a published run (StoreError if it is missing or damaged)."""
        return dict(self.held(identity).summary)

    def config(self, identity: str) -> dict[str, Any]:
        """Identity fields of the config of a published run (StoreError if they are missing or damaged)."""
        return dict(self.held(identity).config)

    def measured(self, identity: str) -> dict[str, Any]:
        """Measured facts of a published run; empty where there are none that can be read."""
        return read_measured(self.runs / identity / "measured" / "measured.json")

    def arrays(self, identity: str, kind: str) -> Arrays:
        """Arrays of result/`kind`.safetensors of a published run, held to their hash.

        Parameters
        ----------
        identity : str
            Identity of the run.
        kind : str
            history, predictions, structure or network; a compact run has no network.

        Raises
        ------
        StoreError
            If the file is missing, unreadable or damaged.
        """
        self.read(identity, f"{kind}.safetensors")
        return read_arrays(self.runs / identity / RESULT / f"{kind}.safetensors", kind)[0]

    def save_labels(self, data: str, arrays: Arrays) -> None:
        """Keep the labels of the data set with checksum `data`, which the analysis needs."""
        with disk_errors(self.labels):
            write_arrays(self.labels / f"{data}.safetensors", arrays, {}, "labels")

    def read_labels(self, data: str) -> Arrays:
        """Labels of a data set by part (StoreError if they are missing or damaged)."""
        return read_arrays(self.labels / f"{data}.safetensors", "labels")[0]

    def publish(self, identity: str) -> None:
        """Move a completed scratch folder among the finished runs, in one step.

        Raises
        ------
        StoreError
            If the scratch folder is not a complete run; nothing is published then.
        """
        folder, target = self.scratch / identity, self.runs / identity
        refuse_link(folder)
        self._hold(folder).manifest.verify(folder)
        with disk_errors(target):
            for path in folder.iterdir():
                if path.name not in KEPT:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            for path in [folder, *folder.rglob("*")]:
                sync_folder(path)
            if target.exists():
                self.set_aside(identity)
            folder.rename(target)
            sync_folder(self.runs)

    def discard(self, identity: str) -> None:
        """Remove the scratch folder of a run that is published already."""
        folder = self.scratch / identity
        refuse_link(folder)
        with disk_errors(folder):
            shutil.rmtree(folder)

    def is_complete(self, identity: str) -> bool:
        """Whether the scratch folder of a run holds all of it, so that it can be published."""
        folder = self.scratch / identity
        try:
            self._hold(folder).manifest.verify(folder)
        except StoreError:
            return False
        return True

    def _hold(self, folder: Path) -> Held:
        return held(folder, folder.name, self._identity_of)

    def set_aside(self, identity: str) -> Path:
        """Move a damaged run out of the way; returns where it is now."""
        with disk_errors(self.aside):
            self.aside.mkdir(exist_ok=True)
            number = 1
            while (target := self.aside / f"{identity}.{number}").exists():
                number += 1
            (self.runs / identity).rename(target)
        return target

    def record_failure(self, identity: str, record: dict[str, Any]) -> None:
        """Note why a run failed."""
        write_json(self.failed / f"{identity}.json", record)

    def clear_failure(self, identity: str) -> None:
        """Forget that a run failed, before it is tried again."""
        (self.failed / f"{identity}.json").unlink(missing_ok=True)

    def failures(self) -> dict[str, dict[str, Any]]:
        """Failed runs and their records."""
        return {path.stem: _failure(path) for path in sorted(self.failed.glob("*.json"))}

    def progress(self, identity: str) -> dict[str, Any]:
        """What a worker last said about a run in training; empty where it said nothing."""
        try:
            record = read_json(self.scratch / identity / PROGRESS)
            return dict(_StoredProgress.model_validate(record))
        except (StoreError, ValidationError):
            return {}

    def worker_active(self, identity: str) -> bool:
        """Whether a worker holds the scratch folder of a run."""
        return is_held(self.scratch / identity / WORKER_LOCK)


def _failure(path: Path) -> dict[str, Any]:
    try:
        return dict(read_json(path))
    except (StoreError, TypeError, ValueError) as error:
        return {"error": f"the record of the failure cannot be read: {error}"}


def _identities(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if _IDENTITY.fullmatch(path.name))
