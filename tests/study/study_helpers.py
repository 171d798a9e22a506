"""Small studies of the fake runner."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gossamer.lab import Study
from gossamer.study import PoolExecutor, StudyConfig

LEVELS = {"start": 0, "stop": 1, "step": 0.25}


def tiny(folder: Path, *, replicates: int = 2, values: Any = LEVELS, **fields: Any) -> Study:
    """A study of five levels of `x`; keyword arguments are fields of the study, `run` those of its runs."""
    tables = {"name": "tiny", "axes": [{"field": "x", "values": values}], "replicates": replicates, **fields}
    return Study(StudyConfig.from_mapping(tables), folder, runner="fake_runner")


def inline() -> PoolExecutor:
    """Two threads of this process as the place where runs are carried out."""
    return PoolExecutor(lambda: ThreadPoolExecutor(2), 2)


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@contextmanager
def driver_of(study: Study) -> Iterator[subprocess.Popen[bytes]]:
    """A process that drives a study; it and its workers are gone afterwards."""
    study.folder.mkdir(parents=True, exist_ok=True)
    study.store.study_file.write_text(json.dumps(study.config.as_json()))
    driver = _start(study)
    try:
        yield driver
    finally:
        for pid in [*workers_of(driver), driver.pid]:
            kill(pid)
        driver.wait()


def kill(pid: int) -> None:
    """SIGKILL to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


_DRIVER = """
import sys
from gossamer.lab import Study
Study.load(sys.argv[1], runner="fake_runner").run(workers=2)
"""


def _start(study: Study) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", _DRIVER, str(study.folder)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def workers_of(driver: subprocess.Popen[bytes]) -> list[int]:
    """Process ids of the children of a driver; each of its threads has its own."""
    pids: list[int] = []
    for path in Path(f"/proc/{driver.pid}/task").glob("*/children"):
        with suppress(OSError):
            pids += [int(word) for word in path.read_text().split()]
    return pids
