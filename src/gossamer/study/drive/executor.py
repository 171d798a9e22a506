"""Where runs are carried out: one small seam, and local worker processes behind it by default."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures import Executor as FuturesExecutor
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Protocol

from gossamer.files import write_bytes
from gossamer.study.drive.worker import STOP_FILE, Job, JobResult, work


class WorkerLostError(Exception):
    """The worker of a run ended without an answer; the run itself may be perfectly well."""


class Executor(Protocol):
    """What the driver needs of a place where runs are carried out.

    The scratch folders must be visible there under the same path.
    """

    @property
    def workers(self) -> int:
        """Number of runs at a time."""

    def submit(self, job: Job) -> "Future[JobResult]":
        """Start a job as soon as a worker is free."""

    def lost(self, error: BaseException) -> bool:
        """Whether an error of a future means that its worker was lost, so that the job can be given again."""

    def restart(self) -> None:
        """Make submitting possible again, after `submit` failed because workers were lost."""

    def interrupt(self) -> None:
        """Ask all workers to save their runs and to take no more."""

    def close(self, grace: float) -> None:
        """End all workers; those still busy after `grace` seconds are killed."""


_WORKER = "from gossamer.study.drive.worker import main; main()"
_Queue = SimpleQueue[tuple[Job, "Future[JobResult]"] | None]


class LocalExecutor:
    """Processes on this machine, one thread each, started anew when they die.

    Parameters
    ----------
    workers : int, number of processes
    """

    def __init__(self, workers: int) -> None:
        self._jobs: _Queue = SimpleQueue()
        self._slots = [_Slot(self._jobs) for _ in range(workers)]

    @property
    def workers(self) -> int:
        """Number of processes."""
        return len(self._slots)

    def submit(self, job: Job) -> "Future[JobResult]":
        """Give a job to the next free process."""
        future: Future[JobResult] = Future()
        self._jobs.put((job, future))
        return future

    def lost(self, error: BaseException) -> bool:
        """Whether the process of a job died."""
        return isinstance(error, WorkerLostError)

    def restart(self) -> None:
        """Nothing to do: a slot starts another process with its next job."""

    def interrupt(self) -> None:
        """Send SIGTERM to all processes."""
        for slot in self._slots:
            slot.terminate()

    def close(self, grace: float) -> None:
        """Close all connections, which ends idle processes; kill what is left after `grace` seconds."""
        for _ in self._slots:
            self._jobs.put(None)
        for slot in self._slots:
            slot.end(grace)


class _Slot:
    """One worker process and the thread of the driver that talks to it."""

    def __init__(self, jobs: "_Queue") -> None:
        self._jobs = jobs
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._log: IO[bytes] | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while (task := self._jobs.get()) is not None:
            job, future = task
            try:
                result = self._ask(job)
            except BaseException as error:  # noqa: BLE001 the driver must get every error of this thread
                future.set_exception(error)
            else:
                future.set_result(result)
        self._disconnect()

    def _ask(self, job: Job) -> JobResult:
        if self._process is None or self._process.poll() is not None:
            self._start()
        if self._connection is None:
            raise WorkerLostError("The worker has no connection.")
        try:
            self._connection.send_bytes(json.dumps(asdict(job)).encode())
            return JobResult(**json.loads(self._connection.recv_bytes()))
        except (EOFError, OSError) as error:
            raise WorkerLostError(self._last_words()) from error

    def _start(self) -> None:
        self._disconnect()
        ours, theirs = socket.socketpair()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 it lives as long as the process
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _WORKER, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=_environment(),
                # A group of its own: Ctrl-C in the terminal reaches the driver only, which asks the workers.
                process_group=0,
            )
        self._connection = Connection(ours.detach())

    def _last_words(self) -> str:
        """Why the process died, as far as it can be known; the process is certainly gone afterwards."""
        if self._process is None or self._log is None:
            return "The worker could not be started."
        self._process.kill()
        code = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        cause = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"The worker {cause}" + (f": {lines[-1]}" if lines else ".")

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._log is not None:
            self._log.close()
            self._log = None

    def terminate(self) -> None:
        """Ask the process to save its run and end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, grace: float) -> None:
        """Wait for the process, then kill it."""
        self._thread.join(grace)
        process = self._process
        if process is None:
            return
        try:
            process.wait(grace if not self._thread.is_alive() else 0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._thread.join(1.0)


def _environment() -> dict[str, str]:
    threads = dict.fromkeys(
        ("GOSSAMER_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return {**os.environ, **threads, "PYTHONPATH": path}


class PoolExecutor:
    """Any executor of the kind of `concurrent.futures` (threads, Dask, MPI) behind the seam.

    Parameters
    ----------
    make : makes the pool, and makes it again after workers were lost
    workers : int, number of runs at a time
    lost : further exceptions by which the pool says that a worker was lost
    """

    def __init__(
        self,
        make: Callable[[], FuturesExecutor],
        workers: int,
        lost: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._make = make
        self._pool = make()
        self._workers = workers
        self._lost: tuple[type[BaseException], ...] = (BrokenExecutor, *lost)
        self._folders: dict[Future[JobResult], Path] = {}

    @property
    def workers(self) -> int:
        """Number of runs at a time."""
        return self._workers

    def submit(self, job: Job) -> "Future[JobResult]":
        """Give a job to the pool."""
        self._folders = {future: path for future, path in self._folders.items() if not future.done()}
        future = self._pool.submit(work, job)
        self._folders[future] = Path(job.folder)
        return future

    def lost(self, error: BaseException) -> bool:
        """Whether the pool says that the worker of a job was lost."""
        return isinstance(error, self._lost)

    def restart(self) -> None:
        """Make the pool again."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._make()

    def interrupt(self) -> None:
        """Leave a stop file in the folder of every run, wherever it is trained."""
        for future, folder in self._folders.items():
            if not future.cancel() and folder.is_dir() and not folder.is_symlink():
                write_bytes(folder / STOP_FILE, b"", durable=False)

    def close(self, grace: float) -> None:
        """End the pool."""
        self._pool.shutdown(wait=True, cancel_futures=True)
