"""Whatever is killed, whenever: the study ends with the results of an undisturbed one."""

import os
import random
import shutil
import time

import pytest
from study_helpers import driver_of, inline, kill, tiny, wait_until, workers_of

from gossamer.study.drive.worker import Job, work

KILLS = int(os.environ.get("GOSSAMER_KILLS", "5"))


@pytest.mark.timeout(60 + 20 * KILLS)
def test_killing_drivers_and_workers_at_random_changes_no_result(tmp_path):
    run = {"epochs": 12, "sleep": 0.02}
    undisturbed = tiny(tmp_path / "undisturbed", run={"epochs": 12})
    undisturbed.run(executor=inline)
    study = tiny(tmp_path / "disturbed", run=run)
    chance = random.Random(20240601)
    kills = 0
    while kills < KILLS and len(study.store.finished()) < 10:
        with driver_of(study) as driver:
            wait_until(lambda driver=driver: workers_of(driver) or driver.poll() is not None)
            while driver.poll() is None and kills < KILLS:
                time.sleep(chance.uniform(0.0, 1.0))
                kill(chance.choice([*workers_of(driver), driver.pid]))
                kills += 1
    study.run(executor=inline)
    assert kills >= 3
    assert study.digest() == undisturbed.digest()
    assert study.status().failed == 0
    assert not study.store.unfinished()


def test_orphans_of_a_killed_driver_end_and_are_adopted(tmp_path):
    study = tiny(tmp_path, run={"epochs": 40, "sleep": 0.02}, values=[0.1, 0.2], replicates=1)
    with driver_of(study) as driver:
        wait_until(lambda: len(list(study.store.scratch.glob("*/checkpoint.json"))) == 2)
        workers = workers_of(driver)
        kill(driver.pid)
        driver.wait()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers))
    assert len(list(study.store.scratch.glob("*/checkpoint.json"))) == 2
    assert study.run(executor=inline).done == 2


def test_a_run_that_was_complete_but_not_published_is_published(tmp_path):
    study = tiny(tmp_path, values=[0.1], replicates=1)
    study.run(executor=inline)
    (identity,) = study.store.finished()
    (study.store.runs / identity).rename(study.store.scratch / identity)
    summary = study.run(executor=inline)
    assert (summary.done, summary.trained) == (1, 0)


def test_what_a_late_worker_leaves_of_a_published_run_is_removed(tmp_path):
    study = tiny(tmp_path, values=[0.1], replicates=1)
    study.run(executor=inline)
    digest, (identity,) = study.digest(), study.store.finished()
    for content in ("nothing", "everything"):
        folder = study.store.scratch / identity
        if content == "everything":
            shutil.copytree(study.store.runs / identity, folder)
        else:
            folder.mkdir()
            (folder / "lock").touch()
        assert study.run(executor=inline).trained == 0
        assert not study.store.unfinished()
        assert not study.store.aside.exists()
        assert study.digest() == digest


def test_a_worker_that_is_to_stop_begins_nothing(tmp_path):
    folder = tmp_path / "scratch"
    job = Job("ab" * 32, "{}", str(folder), "fake_runner")
    assert work(job, lambda: True).state == "interrupted"
    assert not folder.exists()
