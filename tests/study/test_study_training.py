"""Studies of real runs."""

import io
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from gossamer.errors import ConfigError
from gossamer.lab import Study
from gossamer.study import PoolExecutor, StudyConfig, study_preset, study_presets
from gossamer.study.plan import cell_layers, grid
from gossamer.study.training import config_of, describe, resolve
from gossamer.train.checkpoint import FILE
from gossamer.train.config import RunConfig
from gossamer.train.session import train

RUN = {
    "dataset": "teacher",
    "hidden": [12, 10],
    "batch_size": 8,
    "epochs": 12,
    "data.validation_samples": 40,
    "data.teacher.samples": 200,
}
AXES = [{"field": "zeta", "values": [0.0, 0.5, 1.0]}]


def small(folder, **fields):
    tables = {"name": "small", "run": RUN, "axes": AXES, "replicates": 1, **fields}
    return Study(StudyConfig.from_mapping(tables), folder)


def one_thread():
    return PoolExecutor(lambda: ThreadPoolExecutor(1), 1)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    study = small(tmp_path_factory.mktemp("undisturbed"))
    assert study.run(executor=one_thread).done == 3
    return study


def test_a_run_of_a_study_is_the_run_that_train_makes(undisturbed, tmp_path):
    run = undisturbed.rounds()[0][1]
    tables = resolve(None, cell_layers(undisturbed.config, run.cell))
    found = train(RunConfig.model_validate(tables), folder=tmp_path)
    assert found.identity == run.identity
    for path in sorted((tmp_path / "result").iterdir()):
        assert undisturbed.store.read(run.identity, path.name) == path.read_bytes()


def test_interrupting_and_killing_changes_no_result(undisturbed, tmp_path):
    study = small(tmp_path, run={**RUN, "execution.checkpoint_seconds": 0})
    looks = 0

    def stop_often():
        nonlocal looks
        looks += 1
        return looks % 5 == 0

    for _ in range(3):
        study.run(executor=one_thread, stop=stop_often)
    killed = []

    def kill_once():
        active = [identity for identity in study.store.unfinished() if study.store.worker_active(identity)]
        if active and not killed:
            # A worker takes its lock first and writes its number into it then.
            text = (study.store.scratch / active[0] / "lock").read_text()
            pid = json.loads(text)["pid"] if text else os.getpid()
            if pid != os.getpid():
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
        return False

    assert study.run(workers=1, stop=kill_once).state == "complete"
    assert study.digest() == undisturbed.digest()


def test_all_runs_of_a_study_see_the_same_test_samples(undisturbed):
    data = {undisturbed.summary(identity)["data"]["checksum"] for identity in undisturbed.store.finished()}
    assert len(data) == 1
    labels = undisturbed.store.read_labels(data.pop())
    predictions = undisturbed.arrays(undisturbed.store.finished()[0], "predictions")
    assert labels["test"].shape == predictions["test_last"].shape
    assert labels["validation"].shape == predictions["validation_last"].shape


def test_a_sample_of_real_runs_has_predictions_that_give_its_accuracies(undisturbed):
    for reading in ("selected", "last", "best_on_test"):
        assert undisturbed.sample(reading=reading).has_predictions.all()


def test_cost_is_links_times_samples_times_epochs():
    tables = resolve(None, [RUN, {"method.start.epsilon": 2.0}])
    links = 2 * (100 + 12) + 2 * (12 + 10) + 2 * (10 + 4)  # epsilon times the neurons of both sides
    samples = 200 // 2 - 40
    assert describe(tables, [1])[0].cost == pytest.approx(links * samples * 12)


def test_threads_and_checkpoints_are_no_part_of_an_identity():
    one = resolve(None, [RUN])
    two = resolve(None, [RUN, {"execution.threads": 2, "execution.checkpoint_seconds": 9}])
    assert describe(one, [3, 4]) == describe(two, [3, 4])
    assert json.loads(config_of(one))["execution"]["threads"] == 1
    assert json.loads(config_of(two))["execution"]["threads"] == 2


def test_runs_that_differ_by_seed_are_described_together_as_one_by_one():
    for own in ({}, {"seeds.data": 5}):
        tables = resolve(None, [RUN, own])
        one_by_one = [describe({**tables, "seed": seed}, [seed])[0] for seed in (0, 1, 2**53 - 1)]
        assert describe(tables, [0, 1, 2**53 - 1]) == one_by_one


@pytest.mark.parametrize("name", study_presets())
def test_every_preset_is_a_valid_study(name):
    config = study_preset(name)
    cells = grid(config)
    assert config.question.endswith("?")
    assert len({cell.seed for cell in cells}) == len(cells)
    for cell in {json.dumps(dict(cell.level)): cell for cell in cells}.values():
        RunConfig.model_validate(resolve(config.base, cell_layers(config, cell)))


def levels_of(name):
    return [dict(cell.level) for cell in grid(study_preset(name)) if cell.replicate == 1]


def test_preset_paper_is_the_paper_s_grid():
    config = study_preset("paper")
    cells = grid(config)
    assert len(cells) == 114
    assert [cell.replicate for cell in cells] == [1] * 38 + [2] * 38 + [3] * 38
    tables = resolve(config.base, cell_layers(config, cells[0]))
    assert tables["training"]["epochs"] == 1000
    assert tables["data"]["train_samples"] == 5000
    assert tables["method"]["start"]["epsilon"] == 13.0
    assert [level["method.fraction.zeta"] for level in levels_of("paper")][-2:] == [0.999, 1.0]


def test_preset_density_has_two_curves():
    levels = levels_of("density")
    for dense in (False, True):
        epsilons = [x["method.start.epsilon"] for x in levels if x["method.start.dense_output"] is dense]
        assert len(epsilons) >= 12
        assert (max(epsilons), min(epsilons)) == (50.0, 0.2)


def test_preset_persistence_has_a_grid_and_other_intervals():
    config = study_preset("persistence")
    cells = grid(config)
    assert sum(cell.block == "epsilon by zeta" for cell in cells) == 5 * 8 * 2
    assert sum(cell.block == "update interval" for cell in cells) == 2 * 3 * 2
    steps = {
        resolve(config.base, cell_layers(config, cell))["method"]["when"]["every"]
        for cell in cells
        if cell.block == "update interval"
    }
    assert steps == {62, 250}


def test_preset_digits_is_small():
    cells = grid(study_preset("digits"))
    assert len({json.dumps(dict(cell.level)) for cell in cells}) >= 8
    assert max(cell.replicate for cell in cells) >= 5


@pytest.mark.parametrize(
    ("layer", "part"), [({"zetta": 1}, "zeta"), ({"zeta": 2}, "zeta"), ({"method.when.evry": 2}, "every")]
)
def test_unknown_fields_and_values_are_refused(layer, part):
    with pytest.raises(ConfigError, match=part):
        resolve("digits", [layer])


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"\x08\x00\x00\x00\x00\x00\x00\x00{}"])
def test_a_damaged_checkpoint_is_told_and_the_run_starts_again(undisturbed, tmp_path, content):
    study = small(tmp_path)
    identity = study.preview()[0].identity
    folder = study.store.scratch / identity
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(content)
    text = io.StringIO()
    study.run(executor=one_thread, console=Console(file=text))
    assert "The run starts again" in text.getvalue()
    assert study.digest() == undisturbed.digest()


def test_a_damaged_result_of_a_killed_worker_is_trained_again(undisturbed, tmp_path):
    study = small(tmp_path)
    identity = study.preview()[0].identity
    result = study.store.scratch / identity / "result"
    result.mkdir(parents=True)
    (result / "summary.json").write_text("{")
    study.run(executor=one_thread)
    assert study.digest() == undisturbed.digest()
