import shutil
import zipfile

import numpy as np
import pytest
from study_helpers import inline, tiny

from gossamer.errors import StoreError
from gossamer.lab import Study
from gossamer.study.store.thinning import all_epochs, thin_history, thin_structure


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    study = tiny(tmp_path_factory.mktemp("original"), run={"epochs": 300}, values=[0.1, 1.0])
    study.run(executor=inline)
    return study


@pytest.fixture(scope="module")
def exported(study, tmp_path_factory):
    target = tmp_path_factory.mktemp("exported")
    assert study.export(target).copied == 4
    return target


def imported_into(folder, exported, study):
    copy = Study(study.config, folder, runner="fake_runner")
    assert copy.import_from(exported).copied == 4
    return copy


def test_an_imported_study_is_complete_and_has_the_same_digest_and_table(study, exported, tmp_path):
    copy = imported_into(tmp_path, exported, study)
    assert copy.digest().value == study.digest().value
    assert (copy.digest().runs, copy.digest().compact) == (4, 4)
    summary = copy.run(executor=inline)
    assert (summary.state, summary.done, summary.trained) == ("complete", 4, 0)
    ours, theirs = study.table(), copy.table()
    assert theirs["compact"].all()
    assert not ours["compact"].any()
    for name in ours.keys() - {"compact"}:
        np.testing.assert_array_equal(ours[name], theirs[name])
    assert copy.status().compact == 4


def test_an_imported_study_is_loaded_from_its_folder(study, exported, tmp_path):
    copy = Study(study.config, tmp_path, runner="fake_runner")
    copy.import_from(exported)
    assert Study.load(tmp_path, runner="fake_runner").table().n_runs == 4


def test_predictions_and_summaries_come_whole(study, exported, tmp_path):
    copy = imported_into(tmp_path, exported, study)
    for identity in study.store.finished():
        for name in ("summary.json", "config.json", "predictions.safetensors"):
            assert copy.store.read(identity, name) == study.store.read(identity, name)
        full, thin = study.store.arrays(identity, "history"), copy.store.arrays(identity, "history")
        assert thin["epoch"][-1] == 300
        assert len(thin["epoch"]) < 200
        np.testing.assert_array_equal(full["test_loss"][thin["epoch"] - 1], thin["test_loss"])
        np.testing.assert_array_equal(all_epochs(thin, "test_accuracy"), full["test_accuracy"])
        with pytest.raises(StoreError, match="no file"):
            copy.store.arrays(identity, "network")


def test_exporting_an_imported_study_gives_the_same_archives(study, exported, tmp_path):
    copy = imported_into(tmp_path / "copy", exported, study)
    copy.export(tmp_path / "again")
    for path in sorted((exported / "runs").iterdir()):
        assert (tmp_path / "again" / "runs" / path.name).read_bytes() == path.read_bytes()


def test_export_and_import_copy_only_what_is_missing(study, exported, tmp_path):
    shutil.copytree(exported, tmp_path / "e")
    first = sorted((tmp_path / "e" / "runs").iterdir())[0]
    first.unlink()
    again = study.export(tmp_path / "e")
    assert (again.copied, again.present) == (1, 3)
    assert study.import_from(exported).copied == 0


def test_what_is_missing_in_the_import_is_trained(study, exported, tmp_path):
    shutil.copytree(exported, tmp_path / "e")
    sorted((tmp_path / "e" / "runs").iterdir())[0].unlink()
    copy = Study(study.config, tmp_path / "s", runner="fake_runner")
    assert copy.import_from(tmp_path / "e").copied == 3
    assert copy.run(executor=inline).trained == 1
    assert copy.digest().value == study.digest().value


def test_a_damaged_archive_is_refused_in_one_sentence(study, exported, tmp_path):
    shutil.copytree(exported, tmp_path / "e")
    path = sorted((tmp_path / "e" / "runs").iterdir())[0]
    content = path.read_bytes()
    copy = Study(study.config, tmp_path / "s", runner="fake_runner")
    for damaged in (
        content[:-30],
        b"",
        content[: len(content) // 2] + b"x" + content[len(content) // 2 + 1 :],
    ):
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match="damaged") as caught:
            copy.import_from(tmp_path / "e")
        assert "\n" not in str(caught.value)
        assert path.stem not in copy.store.finished()


def test_an_archive_cannot_write_elsewhere(study, exported, tmp_path):
    shutil.copytree(exported, tmp_path / "e")
    path = sorted((tmp_path / "e" / "runs").iterdir())[0]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../escaped.txt", "x")
        archive.writestr("result/../../escaped.txt", "x")
    copy = Study(study.config, tmp_path / "s", runner="fake_runner")
    copy.import_from(tmp_path / "e")
    assert not list(tmp_path.rglob("escaped.txt"))


def test_a_folder_without_archives_is_no_export(study, tmp_path):
    with pytest.raises(StoreError, match="no exported runs"):
        study.import_from(tmp_path)


def test_a_damaged_compact_run_is_detected(study, exported, tmp_path):
    copy = imported_into(tmp_path, exported, study)
    identity = copy.store.finished()[0]
    path = copy.store.runs / identity / "result" / "summary.json"
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    with pytest.raises(StoreError, match="damaged"):
        copy.digest()


def test_short_histories_stay_whole():
    arrays = {
        "epoch": np.arange(1, 31),
        "train_evaluated": np.zeros(30, np.int8),
        "positions": np.array([5, 6]),
        "test_accuracy": np.linspace(0, 1, 30),
    }
    thin = thin_history(arrays)
    np.testing.assert_array_equal(thin["epoch"], arrays["epoch"])
    assert thin["positions"].tolist() == [5, 6]
    assert all_epochs(arrays, "validation_accuracy") is None


def test_epochs_with_an_exact_training_accuracy_are_kept():
    evaluated = np.zeros(1000, np.int8)
    evaluated[[122, 776]] = 1
    arrays = {"epoch": np.arange(1, 1001), "train_evaluated": evaluated}
    assert {123, 777, 1000} <= set(thin_history(arrays)["epoch"].tolist())


def test_structure_keeps_the_start_and_the_last_update_or_the_end():
    arrays = {"epochs": np.array([0, 3, 5, 9]), "survivor_links": np.arange(8).reshape(4, 2)}
    assert thin_structure(arrays)["survivor_links"].tolist() == [[0, 1], [6, 7]]
    arrays["updated"] = np.array([0, 1, 1, 0], np.int8)
    assert thin_structure(arrays)["epochs"].tolist() == [0, 5]
    assert len(thin_structure({"epochs": np.array([], np.int64)})["epochs"]) == 0


def test_weight_sums_keep_ten_bits():
    sums = np.random.default_rng(0).normal(0, 3, (2, 1000)).astype(np.float32)
    sums[0, :3] = 0, 1e-30, -1e-30
    thin = thin_structure({"epochs": np.array([0, 4]), "grown_sum": sums})["grown_sum"]
    assert thin.dtype == np.float32
    assert (np.abs(thin - sums) <= 2.0**-10 * np.abs(sums)).all()
    assert (thin != sums).any()
    np.testing.assert_array_equal(
        thin_structure({"epochs": np.array([0, 4]), "grown_sum": thin})["grown_sum"], thin
    )


def listing(folder):
    return {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def read_only(study):
    """The study with all its folders made read-only; nothing in it may change."""
    before = listing(study.folder)
    folders = [path for path in before if path.is_dir()]
    for path in folders:
        path.chmod(0o555)
    yield study
    for path in folders:
        path.chmod(0o755)
    assert listing(study.folder) == before


def test_a_study_that_can_only_be_read_is_exported_looked_at_and_not_written_to(read_only, tmp_path):
    assert read_only.export(tmp_path / "exported").copied == 4
    assert read_only.export(tmp_path / "exported").present == 4
    assert read_only.status().done == read_only.table().n_runs == 4
    copy = imported_into(tmp_path / "copy", tmp_path / "exported", read_only)
    assert copy.digest().value == read_only.digest().value
    shutil.rmtree(tmp_path / "exported")  # folders of an export can be written, whatever the source's are


def test_export_into_a_folder_of_something_else_is_refused(study, tmp_path):
    other = tiny(tmp_path / "other", seed=2)
    other.run(executor=inline)
    other.export(tmp_path / "target")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis").write_text("thesis")
    for folder, words in (("target", "another study"), ("other", "another study"), ("mine", "no study")):
        before = listing(tmp_path / folder)
        with pytest.raises(StoreError, match=words):
            study.export(tmp_path / folder)
        assert listing(tmp_path / folder) == before


def test_a_study_that_has_grown_is_exported_into_the_same_folder(study, tmp_path):
    study.export(tmp_path)
    grown = Study(study.config.model_copy(update={"replicates": 3}), study.folder, runner="fake_runner")
    assert grown.export(tmp_path).present == 4


def test_links_of_a_received_study_are_not_followed(study, tmp_path):
    """Neither read into an export nor written through."""
    received, mine = tmp_path / "received", tmp_path / "mine"
    shutil.copytree(study.folder, received)
    mine.mkdir()
    (mine / "thesis").write_text("thesis")
    (received / "labels" / "x.safetensors").symlink_to(mine / "thesis")
    gone = study.store.finished()[0]
    shutil.rmtree(received / "runs" / gone)
    (received / "scratch" / gone).symlink_to(mine)
    (received / "study.json").unlink()
    (received / "study.json").symlink_to(mine / "thesis")
    copy = Study(study.config, received, runner="fake_runner")
    assert copy.run(executor=inline).failed == 1
    assert [path.name for path in mine.iterdir()] == ["thesis"]
    assert (mine / "thesis").read_text() == "thesis"
    copy.export(tmp_path / "exported")
    assert not (tmp_path / "exported" / "labels" / "x.safetensors").exists()
