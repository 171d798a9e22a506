"""What a run hands over: in memory, and in its folder."""

import os
import subprocess
import sys

import numpy as np
import pytest

import gossamer
from gossamer import _native
from gossamer.data import load_dataset
from gossamer.engine.inputs import Inputs
from gossamer.errors import DataError, StoreError, TopologyError
from gossamer.train.build import first_patterns
from gossamer.train.config_file import write_config
from gossamer.train.estimate import estimate
from gossamer.train.record import load
from gossamer.train.session import train
from gossamer.train.summary import summary_of


def test_loaded_run_is_the_trained_one(small, tmp_path):
    run = gossamer.train(small(), folder=tmp_path)
    again = gossamer.load(tmp_path)
    for name in ("identity", "state", "accuracy", "paths", "instruction_class", "diverged_epoch"):
        assert getattr(again, name) == getattr(run, name), name
    assert again.data == run.data
    assert again.history.records() == run.history.records()
    for name, predictions in run.predictions.items():
        assert np.array_equal(again.predictions[name].test, predictions.test)
    for layer in range(3):
        assert np.array_equal(again.network.column(layer, "weight"), run.network.column(layer, "weight"))
        assert np.array_equal(again.network.column(layer, "birth"), run.network.column(layer, "birth"))
        assert np.array_equal(again.network.bias(layer), run.network.bias(layer))


def test_predictions_are_those_of_the_evaluated_epochs(small, small_data):
    run = train(small(), small_data)
    labels = small_data.test.labels
    for name in ("last", "selected", "best_on_test"):
        value = getattr(run.accuracy, name).value
        assert (run.predictions[name].test == labels).mean() == pytest.approx(value, abs=1e-12)
    assert run.accuracy.best_on_test.value == run.history.test_accuracy.max()
    selected = run.history.validation_accuracy.argmax()
    assert run.accuracy.selected.epoch == selected + 1
    assert run.accuracy.selected.value == run.history.test_accuracy[selected]


def test_without_validation_nothing_is_selected(small, tmp_path, summary):
    run = train(small(data__validation_samples=0), folder=tmp_path)
    assert run.accuracy.selected is None
    assert summary(tmp_path)["accuracy"]["selected"] is None
    assert summary(tmp_path)["accuracy_reasons"] == {"selected": "there are no validation samples"}
    assert load(tmp_path).history.validation_accuracy is None


def test_interrupted_run_without_an_epoch_is_not_called_diverged(small):
    reasons = summary_of(train(small(), stop=lambda: True))["accuracy_reasons"]
    assert set(reasons.values()) == {"no epoch has been evaluated yet"}


def test_new_samples_are_scaled_as_in_training(small, tmp_path):
    config = small(data__name="digits", data__scaling="standardise", method__start__epsilon=9)
    data = load_dataset(config.data, seed=config.seed_of("data"))
    run = train(config, data, folder=tmp_path)
    inputs = Inputs.of(data.test, data)
    raw = inputs.values.astype(np.float64)
    if data.test.inputs.dtype != np.uint8:
        raw = (raw - data.scaling.shift) / np.where(data.scaling.scale, data.scaling.scale, 1)
    again = load(tmp_path)
    assert (again.predict(raw) == run.network.predict(inputs)).mean() > 0.99
    assert np.allclose(again.predict_proba(raw).sum(axis=1), 1)
    with pytest.raises(DataError, match="features"):
        again.predict(raw[:, :5])


def test_summary_counts_links_that_persist_and_links_that_never_evolve(small, tmp_path, summary):
    run = train(small(), folder=tmp_path)
    found = summary(tmp_path)
    assert found["evolving"] == [True, True, False]
    assert found["persisting_links"] == pytest.approx(0.7 * sum(run.network.nnz[:2]))
    assert found["fixed_links"] == run.network.nnz[2]
    assert [layer["nnz"] for layer in found["layers"]] == list(run.network.nnz)
    assert found["paths"]["start"]["links"] == list(run.history.nnz[0])


def test_result_names_no_clock_host_or_path(small, tmp_path, result_bytes):
    folder = tmp_path / "a folder of mine"
    train(small(), folder=folder)
    for name, content in result_bytes(folder).items():
        for secret in (str(tmp_path), "a folder of mine", os.uname().nodename, "began"):
            assert secret.encode() not in content, name


def test_result_is_the_same_for_any_number_of_threads(small, tmp_path, result_bytes):
    for threads in (1, 2, 3):
        train(small(execution__threads=threads, network__hidden=[300, 300]), folder=tmp_path / str(threads))
    assert result_bytes(tmp_path / "1") == result_bytes(tmp_path / "2") == result_bytes(tmp_path / "3")


SCRIPT = """
import sys
from pathlib import Path
from gossamer import train
from gossamer.train.config_file import read_config
train(read_config(Path(sys.argv[1])), folder=sys.argv[2])
"""


def test_result_is_the_same_for_avx2_and_avx512(small, tmp_path, result_bytes):
    sets = [name for name in _native.cpu()["instruction_sets"] if name in ("avx2", "avx512")]
    if len(sets) < 2:
        pytest.skip("this CPU has not both AVX2 and AVX-512")
    write_config(small(network__hidden=[70, 50], optimizer__kind="adam"), tmp_path / "run.toml")
    for name in sets:
        arguments = [sys.executable, "-c", SCRIPT, str(tmp_path / "run.toml"), str(tmp_path / name)]
        subprocess.run(arguments, env={**os.environ, "GOSSAMER_ISA": name}, check=True)
    assert result_bytes(tmp_path / "avx2") == result_bytes(tmp_path / "avx512")
    attempts = [load(tmp_path / name).measured["attempts"][0] for name in sets]
    assert [attempt["instruction_set"] for attempt in attempts] == sets


def test_twin_trains_the_same_run(small, small_data):
    native = train(small(network__dtype="float64"), small_data).history
    twin = train(small(network__dtype="float64", execution__engine="reference"), small_data).history
    assert np.allclose(native.test_loss, twin.test_loss, rtol=1e-9)
    assert np.array_equal(native.nnz, twin.nnz)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "mse"])
@pytest.mark.parametrize("classes", [2, 3])
def test_other_losses_learn(loss, classes, small):
    run = train(small(network__loss=loss, data__teacher__classes=classes, training__epochs=20))
    assert run.network.sizes[-1] == (1 if (loss, classes) == ("binary_cross_entropy", 2) else classes)
    assert run.history.train_loss[-1] < run.history.train_loss[0]


def test_inputs_on_no_path_warn_or_refuse(small):
    sparse = {"method__start__epsilon": 0.5}
    with pytest.warns(UserWarning, match=r"of 20 inputs and .* are on no path"):
        run = train(small(**sparse))
    assert "on no path" in run.warnings[0]
    with pytest.raises(TopologyError, match="require_paths"):
        train(small(require_paths=True, **sparse))


@pytest.mark.parametrize(
    "damage", ["summary.json", "history.safetensors", "network.safetensors", "config.json"]
)
def test_damaged_folder_is_one_clear_error(damage, small, tmp_path):
    train(small(), folder=tmp_path)
    path = tmp_path / "result" / damage
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StoreError, match=damage.partition(".")[0]):
        load(tmp_path)
    path.unlink()
    with pytest.raises(StoreError, match=damage.partition(".")[0]):
        load(tmp_path)


def test_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(StoreError, match="holds no run"):
        load(tmp_path)


def test_estimate_counts_what_the_run_then_has(small, small_data):
    config = small(training__epochs=3)
    found = estimate(config, small_data)
    run = train(config, small_data)
    assert found.links == run.network.nnz
    assert found.sizes == run.network.sizes
    assert found.steps_per_epoch == 7
    assert found.parameters == sum(found.links) + 12 + 10 + 3
    assert found.total_seconds == 3 * found.epoch_seconds > 0
    assert found.sampled
    # Target, source, place, birth; weight, copy of it, velocity: seven numbers of 4 bytes.
    biases, offsets = 2 * (12 + 10 + 3), 2 * (20 + 12 + 12 + 10 + 10 + 3 + 6)
    assert found.network_bytes == 28 * sum(found.links) + 4 * biases + 4 * offsets
    # Evaluations take 64 samples at a time, steps 8; dropout has 16 bits for 16 of them.
    assert found.batch_bytes == 4 * (20 + 12 + 10 + 3) * 64 + 4 * 2 * 12 * 8 + 2 * 12 * 4


def test_estimate_of_a_network_too_large_to_be_built_is_the_expected_one(small, small_data, monkeypatch):
    config = small(network__hidden=[3000, 2000], method__start__epsilon=8, network__activation="tanh")
    built = estimate(config, small_data)
    monkeypatch.setattr("gossamer.train.estimate._MOST_LINKS", 100)
    monkeypatch.setattr("gossamer.train.estimate._SMALL_LINKS", 10_000)
    monkeypatch.setattr("gossamer.train.estimate.first_patterns", refuse_large(first_patterns))
    found = estimate(config, small_data)
    assert (built.sampled, found.sampled) == (True, False)
    assert np.allclose(found.links, built.links, rtol=0.05)
    assert found.paths.inputs == pytest.approx(built.paths.inputs, rel=0.05)
    assert found.network_bytes == pytest.approx(built.network_bytes, rel=0.05)
    assert found.batch_bytes == built.batch_bytes > 4 * (2 * 5000 + 23) * 64
    assert found.total_seconds > 0


def refuse_large(sample):
    def checked(config, dataset):
        patterns = sample(config, dataset)
        assert sum(pattern.nnz for pattern in patterns) < 20_000
        return patterns

    return checked


def test_importing_the_package_is_quick():
    heavy = ["numpy", "scipy", "pydantic", "sklearn"]
    script = f"import sys, gossamer; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_public_names():
    assert {"train", "load", "Run", "RunConfig", "Study", "__version__"} <= set(dir(gossamer))
    assert gossamer.RunConfig().seed == 0
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = gossamer.trian


@pytest.mark.parametrize("name", ["result.old", "result.partial", "result", "measured"])
def test_what_no_run_wrote_is_refused_and_left_alone(small, tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "t").write_text("thesis")
    with pytest.raises(StoreError, match=r"was not written by gossamer|cannot be read"):
        train(small(), folder=tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted([name, "t"])
    assert (tmp_path / name / "t").read_text() == "thesis"


def test_a_file_in_the_place_of_a_folder_and_a_foreign_file_of_a_known_name_are_refused(small, tmp_path):
    (tmp_path / "file").mkdir()
    (tmp_path / "file" / "result.old").write_text("thesis")
    (tmp_path / "measured" / "measured").mkdir(parents=True)
    (tmp_path / "measured" / "measured" / "measured.json").write_text('{"length": 3}')
    for name in ("file", "measured"):
        with pytest.raises(StoreError, match="was not written by gossamer"):
            train(small(), folder=tmp_path / name)
    assert (tmp_path / "file" / "result.old").read_text() == "thesis"
    assert (tmp_path / "measured" / "measured" / "measured.json").read_text() == '{"length": 3}'


def test_what_lies_beside_a_run_is_none_of_its_business(small, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "t").write_text("thesis")
    assert train(small(), folder=tmp_path).state == "finished"
    assert (tmp_path / "notes" / "t").read_text() == "thesis"


def test_a_link_in_the_place_of_the_result_is_refused(small, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "result.old").symlink_to(tmp_path / "mine")
    with pytest.raises(StoreError, match="symbolic link"):
        train(small(), folder=tmp_path / "run")
    assert (tmp_path / "mine" / "config.json").exists()


def test_leftovers_of_a_killed_run_are_its_own(small, tmp_path):
    """A kill between writing and renaming leaves a partial result, which the next attempt replaces."""
    whole = train(small(), folder=tmp_path / "whole")
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "whole" / "result").rename(run / "result.partial")
    (tmp_path / "whole" / "measured").rename(run / "measured")
    (run / "result.partial" / ".network.safetensors.gossamer-partial").write_text("half")
    assert train(small(), folder=run).identity == whole.identity
    assert sorted(path.name for path in run.iterdir()) == ["measured", "result"]
