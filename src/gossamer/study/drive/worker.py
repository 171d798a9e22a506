"""A worker: takes jobs from the driver one after another and trains each in the job's own scratch folder.

A process that runs `main` talks to the driver over an inherited socket, in JSON. It ends when
the driver does; on SIGTERM or SIGHUP it saves its run and ends; SIGINT is the driver's business.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Literal

from gossamer.errors import InternalError, StoreError
from gossamer.files import is_disk_full, read_json, refuse_link, write_bytes
from gossamer.lock import Lock
from gossamer.stopping import SIGNALS
from gossamer.study.runner import UnusableFolderError, find_runner
from gossamer.study.store.manifest import RESULT, Manifest
from gossamer.study.store.store import PROGRESS, WORKER_LOCK

_ORPHAN_GRACE = 10.0  # seconds that a worker without a driver has to save its run
_LOCK_PATIENCE = 30.0  # seconds to wait for the worker of a killed driver, which ends within the grace
_PROGRESS_SECONDS = 0.5

STOP_FILE = "stop"
"""A file of this name in a scratch folder asks the run to save itself and end."""

State = Literal["finished", "diverged", "interrupted", "failed", "disk_full"]


@dataclass(frozen=True)
class Job:
    """One run for a worker.

    Attributes
    ----------
    identity : str, identity of the run
    config : str, its config, JSON
    folder : str, its scratch folder
    runner : str, name of the module that carries it out
    """

    identity: str
    config: str
    folder: str
    runner: str


@dataclass(frozen=True)
class JobResult:
    """How a job ended.

    Attributes
    ----------
    state : str
    error, detail : str, for a failed job a sentence and the traceback
    note : str, something that a person should know about the run
    """

    state: State
    error: str = ""
    detail: str = ""
    note: str = ""


def work(job: Job, stop: Callable[[], bool] = lambda: False) -> JobResult:
    """Carry out one job in this process; whatever goes wrong becomes a result, never an exception.

    A folder that already holds the complete run is left as it is; one with a checkpoint is gone on with.
    """
    if stop():  # by now another worker may have the run
        return JobResult("interrupted")
    folder = Path(job.folder)
    stop_file = folder / STOP_FILE
    try:
        refuse_link(folder)
        folder.mkdir(parents=True, exist_ok=True)
        stop_file.unlink(missing_ok=True)
        with Lock(folder / WORKER_LOCK, f"{folder} is in use by {{holder}}.", _LOCK_PATIENCE):
            return _complete(job, folder, lambda: stop() or stop_file.exists())
    except Exception as error:  # noqa: BLE001 a failing run must not end the study, whatever it raises
        state: State = "disk_full" if is_disk_full(error) else "failed"
        return JobResult(state, f"{type(error).__name__}: {error}", traceback.format_exc())


def _complete(job: Job, folder: Path, stop: Callable[[], bool]) -> JobResult:
    done = _complete_state(folder)
    if done is not None:
        return JobResult(done)
    report = _ProgressFile(folder / PROGRESS)
    try:
        state = _train(job, folder, report, stop)
    except UnusableFolderError as error:
        _clear(folder)
        report.messages.append(f"The run starts again: {error}")
        state = _train(job, folder, report, stop)
    return JobResult(state, note=" ".join(report.messages))


def _train(job: Job, folder: Path, report: "_ProgressFile", stop: Callable[[], bool]) -> State:
    state = find_runner(job.runner).run_one(job.config, folder, report=report, stop=stop)
    if state == "interrupted":
        return "interrupted"
    _check_identity(job, folder)
    Manifest.of_folder(folder, job.identity, state).write(folder)
    return "diverged" if state == "diverged" else "finished"


def _check_identity(job: Job, folder: Path) -> None:
    summary = read_json(folder / RESULT / "summary.json")
    if summary.get("identity") != job.identity:
        raise InternalError(f"The run {job.identity} was planned, and {summary.get('identity')} was trained.")


def _clear(folder: Path) -> None:
    """Empty a scratch folder, but for the lock."""
    for path in folder.iterdir():
        if path.name != WORKER_LOCK:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _complete_state(folder: Path) -> State | None:
    try:
        manifest = Manifest.read(folder)
        manifest.verify(folder)
    except StoreError:
        return None
    return "diverged" if manifest.state == "diverged" else "finished"


class _ProgressFile:
    """Writes the progress of a run to a small file, at most twice a second, and keeps its messages."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = 0.0
        self.messages: list[str] = []

    def __call__(
        self,
        epoch: int,
        epochs: int,
        validation: float | None,
        message: str = "",
        *,
        loss: float | None = None,
    ) -> None:
        if message:
            self.messages.append(message)
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PROGRESS_SECONDS
        record = {"epoch": epoch, "epochs": epochs, "validation": validation, "loss": loss}
        # Not flushed to disk: after a power cut it is worth nothing.
        write_bytes(self._path, json.dumps(record).encode(), durable=False)


class _Messages:
    """Jobs from the driver, received in a thread so that the end of the driver is noticed while training."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._arrived = threading.Semaphore(0)
        self._jobs: list[Job] = []
        self.stop = threading.Event()
        self.closed = False
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        try:
            while True:
                self._jobs.append(Job(**json.loads(self._connection.recv_bytes())))
                self._arrived.release()
        except (EOFError, OSError):
            self.closed = True
            self.stop.set()
            self._arrived.release()
            time.sleep(_ORPHAN_GRACE)
            os._exit(1)

    def next(self) -> Job | None:
        """Next job; None when there will be no more."""
        self._arrived.acquire()
        return None if self.closed else self._jobs.pop(0)


def main() -> None:
    """Serve the driver, on the socket whose number is the first argument, until it ends or asks to stop."""
    connection = Connection(int(sys.argv[1]))
    messages = _Messages(connection)

    def on_terminate(number: int, frame: FrameType | None) -> None:
        messages.stop.set()

    for number in SIGNALS:
        signal.signal(number, on_terminate)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while (job := messages.next()) is not None:
        result = work(job, messages.stop.is_set)
        try:
            connection.send_bytes(json.dumps(asdict(result)).encode())
        except OSError:
            break
        if messages.stop.is_set():
            break
    os._exit(0)
