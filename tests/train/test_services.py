"""What a run answers to the parts of its method: by both engines the same, and without leaving a trace."""

import numpy as np
import pytest

from gossamer.engine.network import Network
from gossamer.errors import DivergedError
from gossamer.evolve.position_set import link_positions
from gossamer.random import permutation
from gossamer.train.build import first_network, first_patterns
from gossamer.train.evaluate import Samples
from gossamer.train.memory import update_bytes
from gossamer.train.services import RunServices
from gossamer.train.session import train

ENGINES = ("native", "reference")
LAYERS = (0, 1)
WINDOW = 3


def services_of(config, data, *, window=0, done=9):
    """Network after some steps of which it kept the last ones, and services at that moment."""
    network = first_network(config, first_patterns(config, data))
    samples = Samples.of(data.train, data, "cross_entropy", 3)
    order = np.concatenate([permutation(7, len(data.train), step=epoch) for epoch in (1, 2, 3)])
    network.keep_batches(window, LAYERS)
    rates = np.full(done, 0.05)
    network.train(samples.inputs, samples.targets, order[: 8 * done], 8, rates, first_step=0, seed=7)
    batch_of = lambda step: order[8 * step : 8 * (step + 1)]  # noqa: E731
    return network, RunServices(network, samples, batch_of, done, 7, layers=LAYERS, window=window)


def configs(small, **changes):
    changes = {"network__dtype": "float64", "density": 0.3} | changes
    return [small(execution__engine=engine, **changes) for engine in ENGINES]


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_both_engines_answer_alike(memory, small, small_data):
    answers = []
    for config in configs(small):
        network, services = services_of(config, small_data, window=WINDOW if memory else 0)
        with services:
            for layer in LAYERS:
                pattern = network.patterns[layer]
                keep = np.arange(pattern.nnz) % 3 > 0
                answers.append(services.dense_gradient_top_k(layer, 17, keep, memory))
                answers.append((services.support_gradient(layer), *services.signals(layer)))
                taken = link_positions(pattern)[keep]
                assert not np.isin(answers[-2][0], taken).any()
    half = len(answers) // 2
    for ours, theirs in zip(answers[:half], answers[half:], strict=True):
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_largest_gradients_are_those_of_the_signals(engine, small, small_data):
    config = small(execution__engine=engine, density=0.3, network__dtype="float64")
    network, services = services_of(config, small_data)
    keep = np.ones(network.nnz[0], bool)
    with services:
        positions, values = services.dense_gradient_top_k(0, 30, keep, 0.0)
        inputs, deltas = services.signals(0)
        on_links = services.support_gradient(0)
    gradient = (inputs @ deltas.T).ravel()
    links = link_positions(network.patterns[0]).astype(np.int64)
    np.testing.assert_allclose(on_links, gradient[links], rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(values, gradient[positions.astype(np.int64)], rtol=1e-9, atol=1e-14)
    gradient[links] = 0
    assert np.sort(np.abs(gradient))[-30] <= np.abs(values).min() + 1e-12


@pytest.mark.parametrize("engine", ENGINES)
def test_questions_leave_what_the_network_keeps(engine, small, small_data):
    """Also where one update asks for the momentum and for the current batch, in any order."""
    config = small(execution__engine=engine, density=0.3)
    network, services = services_of(config, small_data, window=WINDOW)
    kept = [network.signals(layer, age) for layer in LAYERS for age in range(WINDOW)]
    keep = np.ones(network.nnz[1], bool)
    with services:
        alone = services.dense_gradient_top_k(1, 9, keep, 0.5)
        services.signals(0)
        beside = services.dense_gradient_top_k(1, 9, keep, 0.5)
        current = services.dense_gradient_top_k(1, 9, keep, 0.0)
    np.testing.assert_array_equal(alone[0], beside[0])
    assert alone[1].tobytes() == beside[1].tobytes() != current[1].tobytes()
    after = [network.signals(layer, age) for layer in LAYERS for age in range(WINDOW)]
    assert [network.kept_batches(layer) for layer in LAYERS] == [WINDOW] * 2
    for ours, theirs in zip(kept, after, strict=True):
        assert [part.tobytes() for part in ours] == [part.tobytes() for part in theirs]


def test_batches_are_kept_only_for_an_update_that_looks_back(small, small_data, monkeypatch):
    """Updates after steps 7, 14 ... of batches that a window of 3 before them holds."""
    seen = {}

    def learn(network, *args, first_step, **options):
        record = take_steps(network, *args, first_step=first_step, **options)
        seen[first_step + len(record.loss)] = [network.kept_batches(layer) for layer in range(3)]
        return record

    take_steps = Network.train
    monkeypatch.setattr(Network, "train", learn)
    train(small(method="snfs", density=0.3, method__grow__window=WINDOW), small_data, progress=lambda _: None)
    assert {tuple(kept) for done, kept in seen.items() if done % 7 == 0} == {(WINDOW, WINDOW, 0)}
    assert {tuple(kept) for done, kept in seen.items() if 1 <= done % 7 <= 4} == {(0, 0, 0)}


@pytest.mark.parametrize("window", [1, 3, 9])
def test_the_same_bits_wherever_a_run_with_kept_batches_stops(
    window, small, small_data, tmp_path, result_bytes
):
    config = small(method="snfs", density=0.3, method__grow__window=window)
    train(config, small_data, folder=tmp_path / "whole", progress=lambda _: None)
    folder = tmp_path / "stopped"
    for pieces in (2, 1, 1, 1, 2, 3, 1, 10**6):
        asked = iter(range(pieces))
        stop = lambda asked=asked: next(asked, None) is None  # noqa: E731
        train(config, small_data, folder=folder, stop=stop, progress=lambda _: None)
    assert result_bytes(folder) == result_bytes(tmp_path / "whole")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_loss_that_is_not_finite_ends_the_run_as_diverged(engine, small, small_data):
    config = small(method="rigl", density=0.3, method__when__every=3, execution__engine=engine)
    network, services = services_of(config, small_data)
    network.set_bias(2, np.array([np.inf, 0, 0], np.float32))
    with np.errstate(invalid="ignore"), pytest.raises(DivergedError, match="step 10 is not finite"), services:
        services.support_gradient(0)


def test_a_run_that_diverges_at_an_update_says_so(small, small_data, monkeypatch):
    def diverged(*args, **options):
        raise DivergedError("The loss of step 4 is not finite.")

    monkeypatch.setattr("gossamer.train.steps.evolve", diverged)
    run = train(small(method="rigl", density=0.3, method__when__every=3), small_data, progress=lambda _: None)
    assert (run.state, run.diverged_epoch) == ("diverged", 1)


def test_an_update_takes_memory_only_where_it_needs_gradients(small):
    sizes, links = (20, 12, 10, 3), (70, 50, 30)
    assert update_bytes(small(method="set"), sizes, links) == 0
    of = {
        name: update_bytes(small(method=name, threads=1), sizes, links) for name in ("mest", "rigl", "snfs")
    }
    one = 4 * 8 * (20 + 12 + 12 + 10)
    assert of["mest"] == one + 4 * (150 + 25)
    assert of["rigl"] - of["mest"] == 2 * 70 * 16 + 2 * 2**20
    assert of["snfs"] - of["rigl"] == 9 * one
