"""The benchmark's own laws: what is timed, how it is judged, what happens without the peers."""

import json
import sys

import numpy as np
import pytest

from gossamer.bench import limit, methods, speed, timing, wide_update
from gossamer.bench.problem import Problem
from gossamer.bench.results import Claim, Results, Row, duration
from gossamer.bench.timing import Task, Times, alternate
from gossamer.errors import GossamerError


def quiet(line: str) -> None:
    """Progress that nobody reads."""


def results(**changes):
    fields = {
        "title": "Speed",
        "command": "make bench",
        "machine": {"processor": "P", "packages": {"numpy": "2", "torch": None}},
        "conditions": ("As it was.",),
        "claims": (Claim("a / b", 9.0, "at least", 8, 15),),
        "rows": (Row.of("engine", "step", Times((0.002, 0.001, 0.004), 1.0)),),
    }
    return Results(**(fields | changes))


def test_every_task_runs_in_every_round_by_turns(monkeypatch):
    monkeypatch.setattr(timing, "REGION_SECONDS", 0.0)
    calls = []
    tasks = [Task(name, lambda n, name=name: calls.append(name)) for name in "abc"]
    times = alternate(tasks, 3, quiet)
    assert "".join(calls) == "aabbcc" + "abc" + "cba" + "abc"
    assert all(len(times[name].seconds) == 3 for name in "abc")


def test_a_region_has_as_many_calls_as_fit_and_times_are_per_call(monkeypatch):
    monkeypatch.setattr(timing, "REGION_SECONDS", 0.05)
    regions = []

    def run(calls: int) -> None:
        regions.append(calls)
        timing.time.sleep(0.002 * calls)

    times = alternate([Task("sleep", run)], 2, quiet)["sleep"]
    assert regions[:2] == [1, 1]
    assert 2 <= regions[2] <= 25
    assert 0.002 <= times.minimum <= times.median


def test_a_claim_is_judged_on_its_own_side():
    assert Claim("speed", 8.0, "at least", 8, 15).verdict == "met"
    assert Claim("speed", 15.0, "at least", 8, 15).verdict == "aim met"
    assert Claim("speed", 7.9, "at least", 8, 15).verdict == "NOT met"
    assert Claim("cost", 8.1, "at most", 8).verdict == "NOT met"
    assert Claim("cost", 8.0, "at most", 8).verdict == "met"


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.50 s"), (0.0123, "12.3 ms"), (0.000473, "473 µs"), (1e-7, "0.100 µs")]
)
def test_durations_have_three_digits(seconds, text):
    assert duration(seconds) == text


def test_results_are_saved_as_json_and_as_a_page(tmp_path):
    data, page = results(skipped=("SparseLab, because",)).save(tmp_path / "new", "speed")
    stored = json.loads(data.read_text())
    assert stored["claims"][0]["verdict"] == "met"
    assert stored["rows"][0]["minimum_s"] == 0.001
    assert stored["rows"][0]["median_s"] == 0.002
    text = page.read_text()
    assert "| a / b | 9 | ≥ 8 | ≥ 15 | met |" in text
    assert "| engine | step | 1.00 ms | 2.00 ms | 3 | 1.00 |" in text
    assert "Skipped: SparseLab, because" in text
    assert "torch" not in text
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["speed.json", "speed.md"]


def test_the_limit_is_the_fastest_of_eight_ways_to_read():
    names = [name for name, _, _ in limit._variants(40, limit.FORWARD)]
    assert len(set(names)) == 8
    times = {name: Times((float(k + 1),), 1.0) for k, name in enumerate(reversed(names))}
    assert limit.fastest_reads(times, 40, limit.FORWARD) == names[-1]


@pytest.fixture
def tiny(monkeypatch):
    """The whole table with one call a row, a small wide network, and no peers."""
    monkeypatch.setattr(timing, "REGION_SECONDS", 0.0)
    monkeypatch.setattr(speed, "QUICK_ROUNDS", 1)
    monkeypatch.setattr(speed, "WIDE_HIDDEN", (200, 200, 200))
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.mark.usefixtures("tiny")
def test_the_speed_table_leaves_out_peers_that_are_not_installed(data_dir):
    lines = []
    found = speed.measure_speed(data_dir=data_dir, quick=True, say=lines.append)
    assert found.skipped == tuple(
        f"{peer}, because torch is not installed: pip install 'gossamer[bench]'" for peer in speed.PEERS
    )
    assert [line for line in lines if line.startswith("skipped")] == [f"skipped: {s}" for s in found.skipped]
    assert len(found.claims) == 6
    assert {row.group for row in found.rows} == {"engine", "limit", "two threads"}
    assert all(row.minimum_s > 0 for row in found.rows)
    json.dumps(found.as_json())


@pytest.mark.usefixtures("tiny")
def test_a_peer_that_is_broken_and_a_missing_core_are_skipped_with_the_reason(data_dir, monkeypatch):
    def broken(workload):
        raise OSError("libtorch.so: cannot\nopen")

    monkeypatch.setattr(speed, "_peer", lambda module: broken)
    monkeypatch.setattr(speed, "available_cores", lambda: 1)
    found = speed.measure_speed(data_dir=data_dir, quick=True, say=quiet)
    assert found.skipped == (
        *(
            f"{peer}, because it cannot be used here (OSError: libtorch.so: cannot open)"
            for peer in speed.PEERS
        ),
        "two threads, because this process may use one core only",
    )
    assert len(found.claims) == 5
    assert {row.group for row in found.rows} == {"engine", "limit"}


def test_without_fashion_mnist_a_bench_uses_marked_images_of_its_shape(tmp_path, monkeypatch):
    monkeypatch.setenv("GOSSAMER_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    problem = Problem.paper(None)
    assert "not on this machine" in problem.images
    train = problem.dataset.train
    assert (train.inputs.shape, train.inputs.dtype, problem.dataset.n_classes) == ((5000, 784), np.uint8, 10)
    # As in Fashion-MNIST about half of the pixels are 0, and some of them always.
    assert 0.4 < (train.inputs == 0).mean() < 0.6
    assert (train.inputs.max(axis=0) == 0).any()
    problem.training()(3)
    assert problem.steps_taken == 3


@pytest.mark.usefixtures("tiny")
def test_the_table_of_methods_has_every_ratio_that_was_asked_for(data_dir, monkeypatch):
    monkeypatch.setattr(methods, "QUICK_ROUNDS", 1)
    monkeypatch.setattr(methods, "_EPOCHS_AT_LEAST", 1)
    monkeypatch.setattr(wide_update, "NEURONS", 300)
    monkeypatch.setattr(wide_update, "megabytes", lambda: 12.0)
    found = methods.measure_methods(data_dir=data_dir, quick=True, say=quiet)
    ratios = [claim for claim in found.claims if " / " in claim.name]
    assert [claim.asked for claim in ratios] == [1.2, 1.5, 1.5, 1.5, 1.5, 1.5, 0.5]
    assert all(0 < claim.value < 1000 for claim in ratios)
    assert found.claims[-1].value == 12
    assert [row.group for row in found.rows] == ["epochs"] * 3 + ["steps"] * 5 + ["update"] * 2
    json.dumps(found.as_json())


def test_an_epoch_is_that_of_a_run(data_dir):
    """As many steps as the samples have batches, with the update that is due."""
    problem = methods._with_few_images(Problem.paper(data_dir)).changed(methods._METHODS[methods.SNFS])
    before = problem.network.patterns
    problem.epochs()(1)
    assert problem.network.kept_batches(0) == problem.config.method.kept_batches
    assert not any(
        old.same_as(new) for old, new in zip(before[:-1], problem.network.patterns[:-1], strict=True)
    )


def test_memory_of_an_update_is_that_of_a_fresh_process(monkeypatch):
    monkeypatch.setattr(wide_update, "NEURONS", 300)
    assert 0 <= wide_update.measured() < 50
    monkeypatch.setattr(wide_update.sys, "executable", "false")
    with pytest.raises(GossamerError, match="ended with code 1: no message"):
        wide_update.megabytes()
