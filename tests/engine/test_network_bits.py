"""The same bits for any number of threads and for every instruction set with fused multiply-add."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from network_digest import everything, large
from network_helpers import digest, make_inputs, make_targets, take_steps

from gossamer._native import cpu, set_threads, threads

PROGRAM = Path(__file__).with_name("network_digest.py")


@pytest.fixture
def restored_threads():
    before = threads()
    yield
    set_threads(before)


@pytest.fixture(scope="module")
def expected():
    before = threads()
    set_threads(1)
    found = digest(*everything())
    set_threads(before)
    return found


@pytest.mark.parametrize("count", [2, 3, 7])
@pytest.mark.usefixtures("restored_threads")
def test_threads(expected, count):
    set_threads(count)
    assert threads() == count
    assert digest(*everything()) == expected


@pytest.mark.usefixtures("restored_threads")
def test_threads_give_the_same_scores_and_gradients():
    found = []
    for count in (1, 2, 3):
        set_threads(count)
        (network,) = large("float32")
        inputs, labels = make_inputs(features=1600), make_targets("cross_entropy", n_out=10)
        loss, accuracy, predicted = network.evaluate(inputs, labels)
        _, weights, biases = network.gradients(inputs, labels, np.arange(130), 0, 0, dropout=True)
        arrays = [network.scores(inputs), predicted, *weights, *biases]
        found.append((loss, accuracy, [array.tobytes() for array in arrays]))
    assert found[0] == found[1] == found[2]


def digest_under(isa, count, file=None):
    arguments = [sys.executable, PROGRAM, str(count), *([file] if file else [])]
    environment = {**os.environ, "GOSSAMER_ISA": isa}
    done = subprocess.run(
        arguments, env=environment, cwd=PROGRAM.parent, capture_output=True, text=True, check=True
    )
    name, found = done.stdout.split()
    assert name == isa
    return found


def skip_without(isa):
    if isa not in cpu()["instruction_sets"]:
        pytest.skip(f"this machine does not run {isa}")


@pytest.mark.parametrize("isa", ["avx2", "avx512"])
def test_instruction_sets_with_fused_multiply_add(expected, isa):
    """One numerical class; where this process has none, it is compared with what AVX-512 gives."""
    skip_without(isa)
    if not cpu()["fma"]:
        skip_without("avx512")
        expected = digest_under("avx512", 1)
    assert digest_under(isa, 2) == expected


def test_the_baseline_is_its_own_class(tmp_path):
    """Without fused multiply-add other bits, by roundings that a few steps make larger by a few digits."""
    best = cpu()["instruction_sets"][-1]
    if best == "baseline":
        pytest.skip("this machine runs the baseline only")
    for isa in ("baseline", best):
        digest_under(isa, 1, tmp_path / f"{isa}.npz")
    with np.load(tmp_path / "baseline.npz") as ours, np.load(tmp_path / f"{best}.npz") as theirs:
        for dtype, tolerance in (("float32", 1e-4), ("float64", 1e-11)):
            assert (ours[dtype] != theirs[dtype]).any()
            np.testing.assert_allclose(ours[dtype], theirs[dtype], rtol=tolerance, atol=tolerance)


def test_an_unknown_instruction_set_is_refused():
    environment = {**os.environ, "GOSSAMER_ISA": "abacus"}
    code = "from gossamer._native import cpu; cpu()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "GOSSAMER_ISA is 'abacus', but this machine runs baseline" in done.stderr


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.usefixtures("restored_threads")
def test_numbers_below_the_normal_ones_count_as_zero(count):
    """On each thread, and only within a call: a velocity that fades away ends at 0, not at 1e-45."""
    set_threads(count)
    (network,) = large("float32")
    smallest = np.finfo(np.float32).smallest_normal
    for layer, nnz in enumerate(network.nnz):
        network.set_column(layer, "velocity", np.full(nnz, smallest))
    assert take_steps(network, 40, 1, lr=0.0).bad_step == -1
    for layer in range(3):
        assert not network.column(layer, "velocity").any()
    assert np.float32(0.9) * smallest != 0
