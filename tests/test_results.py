"""The studies that are committed under docs/results: today's code reads them and finds what they say."""

from pathlib import Path

import pytest

from gossamer.lab import Study
from gossamer.study.presets import study_preset

RESULTS = Path(__file__).parent.parent / "docs" / "results"
COMMITTED = sorted(path.parent for path in RESULTS.glob("*/study"))


@pytest.fixture(params=COMMITTED, ids=lambda path: path.name)
def committed(request, tmp_path):
    """Folder of the results, and the study restored from it."""
    study = Study(study_preset(request.param.name), tmp_path)
    study.import_from(request.param / "study")
    return request.param, study


def test_they_are_complete_and_whole(committed):
    folder, study = committed
    status = study.status()
    assert status.done == status.planned
    assert f"`{study.digest().value}`" in (folder / "measured.md").read_text()


def test_levels_are_those_of_the_table(committed):
    """Accuracy of every run, against the committed table of runs."""
    folder, study = committed
    table = study.table()
    text = (folder / "tables" / "runs.csv").read_text()
    for identity, accuracy in zip(table["identity"], table["accuracy_selected"], strict=True):
        line = next(line for line in text.splitlines() if identity in line)
        assert f"{accuracy:.10g}" in line
