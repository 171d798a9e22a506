"""What is stored is held to what it says it is, wherever it is read."""

import hashlib
import json
import zipfile

import numpy as np
import pytest
from study_helpers import inline, tiny

from gossamer.errors import ConfigError, StoreError
from gossamer.study import StudyConfig
from gossamer.study.store.manifest import Manifest
from gossamer.train.measured import read_measured


@pytest.fixture
def study(tmp_path):
    # With common seeds the seed of a run tells nothing of its level.
    study = tiny(tmp_path, replicates=1, seeds="common", analysis={"harder": "larger"})
    study.run(executor=inline)
    return study


def swap(study):
    """Let two runs change places; the folders' manifests tell of the other run."""
    first, second, *_ = study.store.finished()
    runs = study.store.runs
    (runs / first).rename(runs / "aside")
    (runs / second).rename(runs / first)
    (runs / "aside").rename(runs / second)
    return first, second


def swap_with_manifests(study):
    """As `swap`, and each manifest says what it is asked for."""
    for identity in (pair := swap(study)):
        path = study.store.runs / identity / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"identity": identity}))
    return pair


def rewrite(study, name, change):
    """Change a result of the first run, and let its manifest agree."""
    first, second, *_ = study.store.finished()
    for identity in (first, second):
        folder = study.store.runs / identity
        content = folder / "result" / name
        content.write_text(json.dumps(json.loads(content.read_text()) | change))
        Manifest.of_folder(folder, identity, "finished").write(folder)
    return first, second


def edit_config(study):
    return rewrite(study, "config.json", {"x": 0.77})


def edit_summary(study):
    return rewrite(study, "summary.json", {"epochs": -1})


def edit_old_plan(study):
    """Exchange the levels of two planned runs, in a plan that has no checksum yet."""
    (path,) = study.store.folder.rglob("0001.json")
    stored = json.loads(path.read_text())
    del stored["sha256"]
    one, two = stored["runs"][:2]
    one["level"], two["level"] = two["level"], one["level"]
    path.write_text(json.dumps(stored))
    return one["identity"], two["identity"]


ATTACKS = [swap, swap_with_manifests, edit_config, edit_summary, edit_old_plan]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_not_the_run_that_was_planned_is_believed_by_no_reader(study, attack):
    everything = study.table()["identity"].tolist()
    pair = set(attack(study))
    table = study.table()
    states = dict(zip(table["identity"].tolist(), table["state"].tolist(), strict=True))
    assert {identity for identity, state in states.items() if state == "damaged"} == pair
    status = study.status()
    assert (status.done, status.damaged, status.waiting) == (len(everything) - 2, 2, 0)
    outcomes = [study._planner()._outcome(run) for run in study.rounds()[0]]
    assert {outcome.identity for outcome in outcomes if outcome.summary is None} == pair
    assert np.isnan(table.reading("last")[[identity in pair for identity in everything]]).all()
    sample = study.sample("x")
    assert sample.present.sum() == len(everything) - 2
    if attack is not edit_old_plan:  # the runs are what they were, and so is their digest
        for reader in (study.digest, lambda: study.export(study.folder / "copy")):
            with pytest.raises(StoreError):
                reader()
        for reader in (study.summary, lambda identity: study.arrays(identity, "history")):
            for identity in pair:
                with pytest.raises(StoreError):
                    reader(identity)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_not_the_run_that_was_planned_is_trained_again(study, attack):
    digest = study.digest()
    attack(study)
    trained = study.run(executor=inline).trained
    assert trained == (0 if attack is edit_old_plan else 2)
    assert study.digest() == digest
    assert study.status().damaged == 0


@pytest.mark.parametrize("old", [False, True])
def test_a_plan_that_was_edited_is_believed_by_no_reader_and_planned_again(tmp_path, old):
    study = tiny(tmp_path, replicates=1, analysis={"harder": "larger"})
    study.run(executor=inline)
    before = study.table()["x"].tolist()
    (path,) = study.store.folder.rglob("0001.json")
    stored = json.loads(path.read_text())
    stored["runs"][0]["level"] = {"x": 0.123}
    if old:
        del stored["sha256"]
    path.write_text(json.dumps(stored))
    for reader in (study.table, study.status, study.analyse, study.report, study.rounds, study.preview):
        with pytest.raises(StoreError, match="has been changed since it was written"):
            reader()
    assert study.run(executor=inline).trained == 0
    assert study.table()["x"].tolist() == before


def test_an_edited_archive_is_not_imported(study, tmp_path):
    study.export(tmp_path / "copy")
    path, *_ = (tmp_path / "copy" / "runs").glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = members["result/config.json"] = members["result/config.json"].replace(b'"x":', b'"x":1')
    manifest = json.loads(members["manifest.json"])
    manifest["files"]["config.json"] = hashlib.sha256(config).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(StoreError, match="holds another run"):
        tiny(tmp_path / "other", replicates=1).import_from(tmp_path / "copy")


OTHER = {
    "level": (None, "x", [], [[1]], -1.5),
    "identity": (None, "x", [], {"x": 1}, -1.5),
    "seed": (None, "x", [], -1.5),
    "block": (None, [], {"x": 1}),
    "cost": (None, "x", [[1]]),
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in OTHER.items() for value in values]
)
def test_a_plan_of_another_shape_is_one_sentence(study, key, value):
    (path,) = study.store.folder.rglob("0001.json")
    stored = json.loads(path.read_text())
    stored["runs"][0][key] = value
    path.write_text(json.dumps(stored))
    with pytest.raises(StoreError, match="does not hold a round of runs"):
        study.table()


def test_toml_that_is_nested_too_deeply_or_has_a_number_beyond_all_bounds_is_one_sentence():
    for text in ("x = " + "[" * 5000 + "]" * 5000, "x = 1e-999999\nname = 3", "x = " + "9" * 5000):
        with pytest.raises(ConfigError):
            StudyConfig.from_toml(text)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '"x"',
        '{"accounting": "x"}',
        '{"accounting": {"flop": {}}}',
        '{"attempts": [1]}',
        '{"attempts": [{"seconds": NaN}]}',
        "[" * 5000,
    ],
)
def test_measured_facts_of_another_shape_are_not_believed(tmp_path, content):
    path = tmp_path / "measured.json"
    path.write_text(content)
    assert read_measured(path) == {}


def test_measured_facts_are_read_as_they_are(study):
    (identity, *_) = study.store.finished()
    path = study.store.runs / identity / "measured" / "measured.json"
    if path.exists():
        assert read_measured(path) == json.loads(path.read_text())
    path.parent.mkdir(exist_ok=True)
    facts = {
        "attempts": [{"seconds": 1.5, "cpu": "x"}],
        "epoch_seconds": {"train": [0.1]},
        "more": [1, {"a": None}],
    }
    path.write_text(json.dumps(facts))
    assert read_measured(path) == facts


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"seconds": "x"}', '{"seconds": -1}', '{"seconds": NaN}']
)
def test_a_damaged_clock_is_one_sentence(tmp_path, content):
    study = tiny(tmp_path, budget={"wall_clock_seconds": 60})
    study.run(executor=inline)
    study.store.clock_file.write_text(content)
    with pytest.raises(StoreError, match=r"clock\.json"):
        study.run(executor=inline)


@pytest.mark.parametrize("content", ["", "[]", '{"epoch": null}', '{"epoch": "x", "epochs": 3, "test": 0.5}'])
def test_a_damaged_progress_file_tells_nothing(tmp_path, content):
    study = tiny(tmp_path)
    folder = study.store.scratch / ("ab" * 32)
    folder.mkdir(parents=True)
    (folder / "progress.json").write_text(content)
    assert study.store.progress("ab" * 32) == {}


def test_an_export_onto_a_damaged_study_is_refused(study, tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    for content in ("[]", "3"):
        (target / "study.json").write_text(content)
        with pytest.raises(StoreError, match="holds another study"):
            study.export(target)
