import io
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console
from study_helpers import driver_of, inline, tiny, wait_until, workers_of

from gossamer.errors import ConfigError, StoreError
from gossamer.lab import Study
from gossamer.study import LocalExecutor, PoolExecutor


def states(study):
    return sorted(study.table()["state"].tolist())


def test_a_study_is_trained_once(tmp_path):
    study = tiny(tmp_path)
    first = study.run(executor=inline)
    assert (first.state, first.done, first.trained, first.failed, first.waiting) == ("complete", 10, 10, 0, 0)
    again = study.run(executor=inline)
    assert (again.state, again.done, again.trained) == ("complete", 10, 0)


def test_the_number_of_workers_and_the_order_do_not_change_results(tmp_path):
    one, two = tiny(tmp_path / "1"), tiny(tmp_path / "2", order="level_first")
    one.run(executor=lambda: PoolExecutor(lambda: ThreadPoolExecutor(1), 1))
    two.run(executor=lambda: PoolExecutor(lambda: ThreadPoolExecutor(3), 3))
    assert one.digest() == two.digest()


def test_another_level_or_replicate_keeps_all_runs(tmp_path):
    tiny(tmp_path, values=[0.2, 0.4]).run(executor=inline)
    summary = tiny(tmp_path, values=[0.2, 0.3, 0.4], replicates=3).run(executor=inline)
    assert (summary.done, summary.trained) == (9, 5)


def test_the_digest_is_of_the_plan_and_lists_what_lies_outside_of_it(tmp_path):
    whole = tiny(tmp_path / "whole", replicates=2)
    whole.run(executor=inline)
    fresh = tiny(tmp_path / "fresh", replicates=1)
    fresh.run(executor=inline)
    # The folder of the larger study, run again with one replicate.
    smaller = tiny(tmp_path / "whole", replicates=1)
    assert smaller.digest().runs == 0
    smaller.run(executor=inline)
    found = smaller.digest()
    assert found.value == fresh.digest().value
    assert (found.runs, len(found.outside)) == (5, 5)
    assert {*found.outside, *fresh.store.finished()} == set(whole.store.finished())
    assert fresh.digest().outside == ()
    assert whole.digest().outside == ()


def test_failed_runs_are_listed_and_end_nothing(tmp_path):
    token = tmp_path / "repaired"
    study = tiny(
        tmp_path / "s", run={"behaviour": {"fail_unless": str(token)}}, replicates=1, values=[0.1, 0.2]
    )
    summary = study.run(executor=inline)
    assert (summary.state, summary.done, summary.failed) == ("complete", 0, 2)
    failures = study.status().failures
    assert len(failures) == 2
    assert all("RuntimeError: the fake run was told to fail" in sentence for _, sentence in failures)
    record = next(iter(study.store.failures().values()))
    assert record["attempts"] == 2
    assert "Traceback" in record["detail"]
    assert states(study) == ["failed", "failed"]


def test_only_failed_runs_are_tried_again(tmp_path):
    token = tmp_path / "repaired"
    tiny(tmp_path / "s", values=[0.1], replicates=1).run(executor=inline)
    behaviour = {"fail_unless": str(token)}
    study = tiny(tmp_path / "s", values=[0.1, 0.2], replicates=1, run={"behaviour": behaviour}, retries=0)
    assert study.run(executor=inline).failed == 1
    token.touch()
    larger = tiny(tmp_path / "s", values=[0.1, 0.2, 0.3], replicates=1, run={"behaviour": behaviour})
    assert larger.run(executor=inline, only_failed=True).trained == 0, (
        "the larger study has no stored round yet"
    )
    summary = study.run(executor=inline, only_failed=True)
    assert (summary.trained, summary.done, summary.failed) == (1, 2, 0)
    assert not study.store.failures()


def test_a_failed_run_is_tried_again_by_the_next_command(tmp_path):
    token = tmp_path / "repaired"
    study = tiny(tmp_path / "s", run={"behaviour": {"fail_unless": str(token)}}, values=[0.1], replicates=1)
    study.run(executor=inline)
    token.touch()
    assert study.run(executor=inline).done == 1
    assert study.status().failures == ()


def test_a_killed_worker_is_noticed_and_its_run_goes_on(tmp_path):
    token = tmp_path / "died"
    study = tiny(tmp_path / "s", run={"behaviour": {"die_once": str(token)}}, values=[0.1], replicates=1)
    assert study.run(workers=1).done == 1
    assert token.exists()
    (identity,) = study.store.finished()
    attempts = json.loads((study.store.runs / identity / "measured" / "attempts.json").read_text())
    assert attempts == {"failures": 0, "lost_workers": 1}
    undisturbed = tiny(tmp_path / "u", values=[0.1], replicates=1)
    undisturbed.run(workers=1)
    assert study.digest() == undisturbed.digest()


def test_a_diverged_run_counts_as_done_and_is_told_apart(tmp_path):
    study = tiny(tmp_path, run={"behaviour": {"diverge": True}}, values=[0.1], replicates=1)
    summary = study.run(executor=inline)
    assert (summary.done, summary.diverged, summary.failed) == (1, 1, 0)
    assert states(study) == ["diverged"]


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path):
    tiny(tmp_path, values=[0.1], replicates=1).run(executor=inline)
    full = tiny(tmp_path, values=[0.1, 0.2, 0.3], replicates=1, run={"behaviour": {"disk_full": True}})
    with pytest.raises(StoreError, match="is full; what was finished is safe") as caught:
        full.run(executor=inline)
    assert "\n" not in str(caught.value)
    assert not full.store.failures()
    summary = tiny(tmp_path, values=[0.1, 0.2, 0.3], replicates=1).run(executor=inline)
    assert (summary.done, summary.trained) == (3, 2)


def test_a_damaged_run_is_kept_aside_and_trained_again(tmp_path):
    study = tiny(tmp_path, values=[0.1, 0.2], replicates=1)
    study.run(executor=inline)
    before = study.digest()
    identity = study.store.finished()[0]
    (study.store.runs / identity / "result" / "summary.json").write_text("{")
    assert "damaged" in states(study)
    with pytest.raises(StoreError):
        study.digest()
    text = io.StringIO()
    assert study.run(executor=inline, console=Console(file=text)).trained == 1
    assert "damaged" in text.getvalue()
    assert len(list(study.store.aside.iterdir())) == 1
    assert study.digest() == before


def test_a_damaged_checkpoint_starts_the_run_again(tmp_path):
    study = tiny(tmp_path, values=[0.1], replicates=1)
    identity = study.preview()[0].identity
    folder = study.store.scratch / identity
    folder.mkdir(parents=True)
    (folder / "checkpoint.json").write_text("[2, ")
    text = io.StringIO()
    assert study.run(executor=inline, console=Console(file=text)).done == 1
    assert "The run starts again" in text.getvalue()
    undisturbed = tiny(tmp_path / "u", values=[0.1], replicates=1)
    undisturbed.run(executor=inline)
    assert study.digest() == undisturbed.digest()


def test_two_drivers_on_one_folder(tmp_path):
    study = tiny(tmp_path, run={"sleep": 0.05, "epochs": 8})
    started = threading.Event()
    stop = threading.Event()

    def first():
        study.run(executor=inline, stop=lambda: started.set() or stop.is_set())

    thread = threading.Thread(target=first)
    thread.start()
    started.wait(10)
    try:
        with pytest.raises(StoreError, match=f"Another driver .process {os.getpid()} on host") as caught:
            study.run(executor=inline)
        assert "\n" not in str(caught.value)
        assert study.status().driver is not None
    finally:
        stop.set()
        thread.join(20)
    assert study.status().driver is None
    assert study.run(executor=inline).state == "complete"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_terminating_the_driver_saves_the_runs(tmp_path, number):
    study = tiny(tmp_path, run={"sleep": 0.05, "epochs": 100}, values=[0.1, 0.2], replicates=1)
    with driver_of(study) as driver:
        wait_until(lambda: len(list(study.store.scratch.glob("*/checkpoint.json"))) == 2)
        assert len(workers_of(driver)) == 2
        driver.send_signal(number)
        assert driver.wait(20) == 0
    assert not any(study.store.worker_active(identity) for identity in study.store.unfinished())
    assert len(list(study.store.scratch.glob("*/checkpoint.json"))) == 2
    status = study.status()
    assert (status.done, status.waiting, status.failed) == (0, 2, 0)


def test_stopping_and_going_on_changes_nothing(tmp_path):
    undisturbed = tiny(tmp_path / "u", run={"epochs": 5})
    undisturbed.run(executor=inline)
    study = tiny(tmp_path / "s", run={"epochs": 5, "sleep": 0.005})
    looks = 0

    def stop():
        nonlocal looks
        looks += 1
        return looks % 12 == 0

    for _ in range(200):
        if study.run(executor=inline, stop=stop).state == "complete":
            break
    assert study.digest() == undisturbed.digest()


def test_a_wall_clock_budget_ends_the_study_in_time(tmp_path):
    study = tiny(tmp_path, run={"sleep": 0.05}, budget={"wall_clock_seconds": 0.3})
    summary = study.run(executor=lambda: PoolExecutor(lambda: ThreadPoolExecutor(1), 1))
    assert summary.state == "out_of_time"
    assert 0 < summary.done < 10
    assert not study.status().reproducible
    # The time is the study's, not the command's.
    again = study.run(executor=lambda: PoolExecutor(lambda: ThreadPoolExecutor(1), 1))
    assert (again.state, again.trained) == ("out_of_time", 0)


def test_refinement_rounds_are_stored_and_kept(tmp_path):
    refinement = {"policy": "refine", "axis": "x", "start": 0.5, "stop": 1, "steps": [0.1, 0.05]}
    study = tiny(tmp_path, replicates=1, refinement=refinement)
    study = Study(study.config.model_copy(update={"axes": ()}), tmp_path, runner="fake_runner")
    assert study.run(executor=inline).state == "complete"
    levels = [[run.cell.level["x"] for run in runs] for runs in study.rounds()]
    assert levels == [[0.5, 0.6, 0.7, 0.8, 0.9, 1.0], [0.95]]
    stored = sorted(path.read_bytes() for path in tmp_path.glob("rounds/*/*.json"))
    assert study.run(executor=inline).trained == 0
    assert sorted(path.read_bytes() for path in tmp_path.glob("rounds/*/*.json")) == stored


def test_an_invalid_run_refuses_the_study_before_it_starts(tmp_path):
    with pytest.raises(ConfigError, match="Unknown fields"):
        tiny(tmp_path, run={"epoch": 3}).run(executor=inline)


def test_a_study_is_loaded_from_its_folder_its_file_or_a_preset(tmp_path):
    study = tiny(tmp_path / "s", replicates=1)
    study.run(executor=inline)
    assert Study.load(tmp_path / "s").config == study.config
    file = tmp_path / "tiny.toml"
    file.write_text('name = "t"\n[[axes]]\nfield = "zeta"\nvalues = [0.1]')
    assert Study.load(file).config.name == "t"
    with pytest.raises(ConfigError, match="neither"):
        Study.load(tmp_path / "nothing")


def test_a_worker_answers_after_its_process_was_killed_between_runs(tmp_path):
    study = tiny(tmp_path, values=[0.1, 0.2], replicates=1)
    executor = LocalExecutor(1)
    killed = []

    def stop():
        # The executor's own process is ended while it is idle or busy; the study must not notice.
        process = executor._slots[0]._process
        if process is not None and not killed:
            killed.append(process.pid)
            process.kill()
        return False

    assert study.run(executor=lambda: executor, stop=stop).done == 2
    assert killed


def test_damaged_records_of_the_driver_are_made_again(tmp_path):
    study = tiny(tmp_path, values=[0.1, 0.2], replicates=1)
    study.run(executor=inline)
    before = [path.read_bytes() for path in sorted(tmp_path.glob("rounds/*/*.json"))]
    for pattern in ("rounds/*/*.json", "labels/*.safetensors"):
        for path in tmp_path.glob(pattern):
            path.write_bytes(path.read_bytes()[:20])
    text = io.StringIO()
    assert study.run(executor=inline, console=Console(file=text)).trained == 0
    assert "is planned again" in text.getvalue()
    assert [path.read_bytes() for path in sorted(tmp_path.glob("rounds/*/*.json"))] == before
    assert len(study.store.read_labels("da7a" * 16)["test"]) == 200
    (study.store.failed / ("0" * 64 + ".json")).write_text("{")
    assert study.status().failed == 0


def test_a_run_that_ignores_the_request_to_stop_does_not_hold_the_study(tmp_path, monkeypatch):
    monkeypatch.setattr("gossamer.study.drive.dispatch._PATIENCE", 0.2)
    monkeypatch.setattr("gossamer.study.drive.driver._GRACE_SECONDS", 0.2)
    study = tiny(tmp_path, values=[0.1], replicates=1, run={"sleep": 30.0})
    began = time.monotonic()
    assert study.run(workers=1, stop=lambda: bool(study.store.unfinished())).state == "interrupted"
    assert time.monotonic() - began < 20
