"""Two small studies that really were trained, shared by all test processes, and the report of the first."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from report_studies import PAIR, SWEEP, trained

from gossamer.lab import Study
from gossamer.report import Material, Report, gather, write_report
from gossamer.report.section import Section
from gossamer.report.sections import sections_of


def shared(factory: pytest.TempPathFactory, worker: str, name: str, build: Callable[[Path], object]) -> Path:
    """A folder that one test process builds and all others wait for."""
    base = factory.getbasetemp() if worker == "master" else factory.getbasetemp().parent
    folder, done = base / name, base / f"{name}.done"
    try:
        folder.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + 240
        while not done.exists():
            assert time.monotonic() < deadline, f"{folder} was not built"
            time.sleep(0.1)
        return folder
    build(folder)
    done.touch()
    return folder


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "master")


@pytest.fixture(scope="session")
def sweep(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Study:
    """Seven levels of zeta and a static control, two replicates."""
    return Study.load(shared(tmp_path_factory, worker, "sweep", lambda folder: trained(SWEEP, folder)))


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Study:
    """Two curves along epsilon, one replicate, no validation samples."""
    return Study.load(shared(tmp_path_factory, worker, "pair", lambda folder: trained(PAIR, folder)))


@pytest.fixture(scope="session")
def material(sweep: Study) -> Material:
    return gather(sweep)


@pytest.fixture(scope="session")
def pair_material(pair: Study) -> Material:
    return gather(pair)


@pytest.fixture(scope="session")
def sections(material: Material) -> tuple[Section, ...]:
    return sections_of(material)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, worker: str, sweep: Study) -> Report:
    """The report of the sweep on disk."""

    def build(folder: Path) -> None:
        found = write_report(sweep, folder)
        names = [str(path.relative_to(folder)) for path in found.files]
        (folder / "written.json").write_text(json.dumps({"files": names, "answer": found.answer}))

    folder = shared(tmp_path_factory, worker, "report", build)
    record = json.loads((folder / "written.json").read_text())
    files = tuple(folder / name for name in record["files"])
    return Report(folder, files[0], files, record["answer"])
