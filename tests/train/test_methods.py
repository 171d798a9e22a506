"""Every named method, by being registered: conservation, state, the same bits, the oracle, bad densities."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from gossamer.errors import ConfigError, GossamerError
from gossamer.evolve import METHODS, evolve
from gossamer.evolve.position_set import link_positions
from gossamer.train.config_file import write_config
from gossamer.train.estimate import estimate
from gossamer.train.oracle import compare_with_masked_dense
from gossamer.train.record import load
from gossamer.train.session import train

NAMES = sorted(METHODS)
# Updates that fall into a training of 5 epochs of 7 steps.
SOONER = {
    "rigl": {"method__when__every": 3},
    "srigl": {"method__when__every": 3},
    "granet": {"method__when__every": 3, "method__density__final": 0.1},
    "itop": {"method__when__every": 3},
    "mest": {"method__when__every": 1, "method__fraction__later": [0.2, 0.2]},
    "importance_pruning": {"method__density__first": 0.0, "method__density__every": 2},
    "top_kast": {"method__when__every": 3},
    "dsr": {"method__drop__threshold": 0.05},
}


@pytest.fixture
def config(small):
    def of(name, **changes):
        return small(**{"method": name, "density": 0.3} | SOONER.get(name, {}) | changes)

    return of


@pytest.mark.parametrize("name", NAMES)
def test_links_are_conserved_where_promised_and_state_moves_along(name, config, small_data, monkeypatch):
    updates = []

    def spy(network, method, done, clock, **options):
        layers = range(network.n_layers)
        before = [columns_of(network, layer) for layer in layers]
        reports = evolve(network, method, done, clock, **options)
        for report in reports:
            updates.append(report)
            check_moved(before[report.layer], columns_of(network, report.layer), report, done)
        for layer in set(layers) - {report.layer for report in reports}:
            assert before[layer] == columns_of(network, layer)
        return reports

    monkeypatch.setattr("gossamer.train.steps.evolve", spy)
    run = train(config(name), small_data, progress=lambda _: None)
    assert run.state == "finished"
    nnz, conserves = run.history.nnz, METHODS[name].conserves
    for moved in ("dropped", "grown"):
        assert (sum(getattr(report, moved) for report in updates) > 0) == (run.config.method.drop is not None)
    if conserves == "layer":
        assert (nnz == nnz[0]).all()
    elif conserves == "network":
        assert (nnz.sum(axis=1) == nnz[0].sum()).all()


def columns_of(network, layer):
    """Columns of each link by position: {position: {name: value}}."""
    names = network.column_names(layer)
    rows = zip(*(network.column(layer, name).tolist() for name in names), strict=True)
    positions = link_positions(network.patterns[layer]).tolist()
    return {
        position: dict(zip(names, row, strict=True)) for position, row in zip(positions, rows, strict=True)
    }


def check_moved(before, after, report, done):
    """Survivors are as they were; grown links are born now, without optimizer state."""
    assert len(after) == report.nnz == len(before) - report.dropped + report.grown
    born = {position for position, columns in after.items() if columns["birth"] == done}
    assert len(born) == report.grown
    assert len(born & set(before)) == report.regrown
    for position, columns in after.items():
        if position in born:
            assert columns["velocity"] == 0
        else:
            assert columns == before[position]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bits_for_any_threads_and_after_any_stop(name, config, small_data, tmp_path, result_bytes):
    whole = config(name)
    folders = [tmp_path / str(threads) for threads in (1, 2, 3)]
    for threads, folder in zip((1, 2, 3), folders, strict=True):
        train(config(name, threads=threads), small_data, folder=folder, progress=lambda _: None)
    expected = result_bytes(folders[0])
    assert [result_bytes(folder) == expected for folder in folders] == [True] * 3
    stopped = tmp_path / "stopped"
    for pieces in (1, 3, 5, 2, 4, 1, 6, 10**6):
        asked = iter(range(pieces))
        stop = lambda asked=asked: next(asked, None) is None  # noqa: E731
        train(whole, small_data, folder=stopped, stop=stop, progress=lambda _: None)
    assert result_bytes(stopped) == expected


# Imports once, and forks a process for every attempt, which its listener kills after so many pieces of work.
KILLED = """
import os, signal, sys
from pathlib import Path
from gossamer.data import load_dataset
from gossamer.train.config_file import read_config
from gossamer.train.record import load
from gossamer.train.session import train

for file in map(Path, sys.argv[1:]):
    config = read_config(file)
    for pieces in (4, 9, 2, 10**9):
        child = os.fork()
        if child == 0:
            def listen(_, left=iter(range(pieces))):
                if next(left, None) is None:
                    os.kill(os.getpid(), signal.SIGKILL)
            train(config, folder=file.with_suffix(""), progress=listen)
            os._exit(0)
        print(file.stem, os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a signal of POSIX systems")
def test_every_method_ends_in_the_same_bytes_after_being_killed(config, small_data, tmp_path, result_bytes):
    changes = {"execution__checkpoint_seconds": 0.0}
    for name in NAMES:
        write_config(config(name, **changes), tmp_path / f"{name}.toml")
    files = [str(tmp_path / f"{name}.toml") for name in NAMES]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *files], check=True, capture_output=True, text=True, timeout=240
    )
    ends = [line.split() for line in done.stdout.splitlines()]
    killed, finished = str(int(signal.SIGKILL)), "0"
    assert ends == [[name, how] for name in NAMES for how in (killed, killed, killed, finished)]
    for name in NAMES:
        train(config(name), small_data, folder=tmp_path / "whole" / name, progress=lambda _: None)
        assert result_bytes(tmp_path / name) == result_bytes(tmp_path / "whole" / name), name
        attempts = load(tmp_path / name).measured["attempts"]
        assert len(attempts) > 1
        assert attempts[-1]["first_step"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_masked_dense_arrays_find_the_same(name, config, small_data):
    found = compare_with_masked_dense(config(name), small_data, epochs=3)
    assert found.agrees, found


@pytest.mark.parametrize("density", [0.0, 1.0])
@pytest.mark.parametrize("name", NAMES)
def test_no_links_and_full_layers_train_or_get_a_sentence(name, density, config, small_data):
    changed = config(name, density=density, training__epochs=3)
    try:
        run, problem = train(changed, small_data, progress=lambda _: None), None
    except GossamerError as error:
        run, problem = None, str(error)
    if run is None:
        assert problem.endswith(".")
        assert len(problem) > 40
    else:
        assert run.state == "finished"
        assert np.isfinite(run.history.test_loss).all()


def test_a_method_without_an_update_says_so(small, small_data):
    said = []
    train(small(method="rigl", density=0.3), small_data, progress=lambda p: said.append(p.message))
    assert any("no update falls into its 35 steps; set method.when.every" in message for message in said)


def test_a_dense_gradient_that_would_take_forever_is_refused(small, small_data):
    huge = small(method="rigl", density=1e-6, hidden=[4_000_000, 4_000_000])
    for start in (train, estimate):
        with pytest.raises(ConfigError, match="floating-point operations an update for the dense"):
            start(huge, small_data)
    assert estimate(small(method="rigl", density=0.3), small_data).update_flop == 2 * (240 + 120) * 8
    assert estimate(small(), small_data).update_flop == 0
