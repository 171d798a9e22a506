"""A run that is stopped, killed or extended ends in the bytes of one that never was."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from gossamer.errors import StoreError
from gossamer.lock import Lock
from gossamer.train.checkpoint import FILE
from gossamer.train.config_file import write_config
from gossamer.train.loop import Loop
from gossamer.train.overrides import with_overrides
from gossamer.train.record import load
from gossamer.train.session import train

RUNS = {
    "set": {},
    "paper's thresholds": {"method__drop": "paper_threshold", "method__fraction__zeta": 0.9},
    "updates inside epochs": {"method__when": "every_steps", "method__when__every": 3},
    "prune at the end": {"method__last_update": "prune"},
    "adam, partial batch": {
        "optimizer__kind": "adam",
        "optimizer__learning_rate": 0.01,
        "training__last_batch": "keep",
    },
    "cosine": {"optimizer__schedule": "cosine", "method__fraction": "cosine", "method__fraction__zeta": 0.5},
    "float64, mse": {"network__dtype": "float64", "network__loss": "mse"},
    "static": {"method": "static"},
    "srelu": {"network__activation": "srelu", "optimizer__kind": "adam", "optimizer__learning_rate": 0.01},
}


class StopAfter:
    """Stops once it was asked so many times."""

    def __init__(self, count):
        self.left = count

    def __call__(self):
        self.left -= 1
        return self.left < 0


def train_in_pieces(config, folder, stops, **options):
    """Train with a stop after every few pieces of work, each time going on from the file alone."""
    for pieces in stops:
        run = train(config, folder=folder, stop=StopAfter(pieces), **options)
        if run.state != "interrupted":
            return run
    return train(config, folder=folder, **options)


@pytest.mark.parametrize("changes", RUNS.values(), ids=RUNS.keys())
def test_interrupted_run_equals_undisturbed_one(changes, small, tmp_path, result_bytes, monkeypatch):
    config = small(**changes)
    train(config, folder=tmp_path / "whole")
    # One step a call from here on, so that stops fall inside epochs, too.
    monkeypatch.setattr("gossamer.engine.calls.CALL_SECONDS", 0.0)
    draw = random.Random(1)
    train_in_pieces(config, tmp_path / "pieces", [draw.randrange(1, 20) for _ in range(12)])
    assert result_bytes(tmp_path / "pieces") == result_bytes(tmp_path / "whole")
    assert not (tmp_path / "pieces" / FILE).exists()


def test_extended_run_equals_longer_one(small, tmp_path, result_bytes):
    short = small(training__epochs=4, execution__keep_checkpoint=True)
    long = small(training__epochs=7, execution__keep_checkpoint=True)
    train(short, folder=tmp_path / "extended")
    train(long, folder=tmp_path / "extended")
    train(long, folder=tmp_path / "whole")
    assert result_bytes(tmp_path / "extended") == result_bytes(tmp_path / "whole")
    assert len(load(tmp_path / "extended").history) == 7


def test_shorter_result_stays_until_the_extension_is_complete(small, tmp_path, result_bytes):
    short = small(training__epochs=4, execution__keep_checkpoint=True)
    train(short, folder=tmp_path)
    before = result_bytes(tmp_path)
    assert train(small(training__epochs=7), folder=tmp_path, stop=StopAfter(2)).state == "interrupted"
    assert result_bytes(tmp_path) == before
    assert train(small(training__epochs=7), folder=tmp_path).state == "finished"
    assert result_bytes(tmp_path) != before


@pytest.mark.parametrize("changes", [RUNS["cosine"], RUNS["prune at the end"]])
def test_run_that_depends_on_its_length_is_not_extended(changes, small, tmp_path):
    train(small(execution__keep_checkpoint=True, **changes), folder=tmp_path)
    with pytest.raises(StoreError, match=r"holds this run with 5 epochs, and it cannot be made 9"):
        train(small(training__epochs=9, **changes), folder=tmp_path)


def test_finished_run_without_checkpoint_is_not_extended(small, tmp_path):
    train(small(), folder=tmp_path)
    with pytest.raises(StoreError, match=r"another finished run.*keep_checkpoint"):
        train(small(training__epochs=9), folder=tmp_path)


def test_finished_run_is_read_and_not_trained_again(small, tmp_path, monkeypatch):
    first = train(small(), folder=tmp_path)
    monkeypatch.setattr(Loop, "run", lambda *_: pytest.fail("it was trained again"))
    again = train(with_overrides(small(), {"execution.checkpoint_seconds": 5.0}), folder=tmp_path)
    assert again.identity == first.identity
    assert again.accuracy == first.accuracy


def test_checkpoint_of_another_run_is_refused(small, tmp_path):
    assert train(small(), folder=tmp_path, stop=lambda: True).state == "interrupted"
    with pytest.raises(StoreError, match="belongs to another run"):
        train(small(seed=8), folder=tmp_path)
    with pytest.raises(StoreError, match="unfinished run"):
        load(tmp_path)


def test_other_arithmetic_starts_the_run_again_and_says_so(small, tmp_path, result_bytes):
    native, messages = small(), []
    assert train(native, folder=tmp_path / "a", stop=StopAfter(6)).state == "interrupted"
    reference = small(execution__engine="reference")
    run = train(reference, folder=tmp_path / "a", progress=lambda p: messages.append(p.message))
    assert any("starts again" in message and "'reference'" in message for message in messages)
    assert run.instruction_class == "reference"
    assert [attempt["first_step"] for attempt in run.measured["attempts"]] == [0, 0]
    train(reference, folder=tmp_path / "b")
    assert result_bytes(tmp_path / "a") == result_bytes(tmp_path / "b")


@pytest.mark.parametrize("engines", [("reference", "native"), ("native", "reference")])
def test_finished_run_of_the_other_engine_is_refused(engines, small, tmp_path, result_bytes):
    first, second = (small(execution__engine=engine) for engine in engines)
    train(first, folder=tmp_path)
    before = result_bytes(tmp_path)
    with pytest.raises(StoreError, match=r"rounds differently; choose another folder"):
        train(second, folder=tmp_path)
    assert result_bytes(tmp_path) == before
    assert train(first, folder=tmp_path).state == "finished"


def test_finished_run_of_another_native_arithmetic_is_read(small, tmp_path, monkeypatch):
    train(small(), folder=tmp_path)
    monkeypatch.setattr("gossamer.train.session.instruction_class", lambda _: "another")
    assert train(small(), folder=tmp_path).state == "finished"


def test_two_processes_do_not_train_in_one_folder(small, tmp_path):
    with Lock(tmp_path / ".gossamer-lock", ""), pytest.raises(StoreError, match="in use by process"):
        train(small(), folder=tmp_path)
    assert train(small(), folder=tmp_path).state == "finished"


SCRIPT = """
import sys, time
from pathlib import Path
from gossamer.train.config_file import read_config
from gossamer.train.session import train
config, pause = read_config(Path(sys.argv[1])), float(sys.argv[3])
print("ready", flush=True)
train(config, folder=sys.argv[2], progress=lambda _: time.sleep(pause))
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a signal of POSIX systems")
def test_run_killed_at_random_moments_equals_undisturbed_one(small, tmp_path, result_bytes):
    config = small(training__epochs=60, execution__checkpoint_seconds=0.0)
    write_config(config, tmp_path / "run.toml")
    train(config.model_copy(update={"execution": small().execution}), folder=tmp_path / "whole")
    draw = random.Random(2)
    script = [sys.executable, "-c", SCRIPT, str(tmp_path / "run.toml"), str(tmp_path / "killed")]
    for _ in range(3):
        # A pause after each of its at least 180 pieces keeps the run from ending before it is killed.
        process = subprocess.Popen([*script, "0.02"], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(draw.uniform(0.02, 0.5))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
    assert (tmp_path / "killed" / FILE).exists()
    subprocess.run([*script, "0"], check=True, stdout=subprocess.DEVNULL)
    assert result_bytes(tmp_path / "killed") == result_bytes(tmp_path / "whole")
    assert load(tmp_path / "killed").measured["attempts"][-1]["first_step"] > 0
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == ["measured", "result"]
