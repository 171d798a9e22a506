"""Dropout: which elements are kept is a documented function of the seed, and what is kept is scaled."""

import math

import numpy as np
import pytest
from network_helpers import make_inputs, make_network, pattern_of, state, take_steps

from gossamer.engine.activation import Activation, dropout_threshold
from gossamer.engine.inputs import Inputs
from gossamer.engine.network import Network
from gossamer.engine.optimizer import Optimizer
from gossamer.random import philox

N = 70  # neurons


def kept_elements(rates, batch, *, step=4, seed=9, dtype="float32"):
    """Which (batch position, neuron) a pass keeps, and the factor of what is kept.

    Sample p is the unit vector p, so every neuron of the first layer is 1, and the link from input p to
    neuron n has no gradient but that of sample p. The hidden layers behind hand each neuron on by a link of
    weight 1 and cut nothing (linear), into mse with targets 0: with m the product of the masks and s of the
    factors, the gradient is 2 m s (m s) / (batch * N).
    """
    masks = [np.ones((batch, N)), *(np.eye(N) for _ in rates)]
    network = Network(
        [pattern_of(mask) for mask in masks],
        [np.ones(int(mask.sum())) for mask in masks],
        activations=[Activation("linear")] * len(rates),
        dropout=rates,
        loss="mse",
        optimizer=Optimizer(),
        dtype=dtype,
    )
    inputs = Inputs.plain(np.eye(batch, dtype=np.float32))
    found = network.gradients(inputs, np.zeros((batch, N)), np.arange(batch), step, seed, dropout=True)
    squares = found[1][0].reshape(batch, N).astype(float) * batch * N / 2
    (factor,) = set(np.round(np.sqrt(squares[squares > 0]), 5).tolist())
    return squares > 0, factor


def documented(batch, threshold, *, step, hidden_layer, seed):
    """Byte p % 16 of the Philox block of counter (n, p // 16, step, hidden_layer * 256 + 5) >= threshold."""
    kept = np.empty((batch, N), bool)
    for p in range(batch):
        for n in range(N):
            counter = np.array([n, p // 16, step, hidden_layer * 256 + 5], np.uint32)
            block = philox(counter, seed).astype("<u4").tobytes()
            kept[p, n] = block[p % 16] >= threshold
    return kept


@pytest.mark.parametrize("batch", [1, 13, 40])
@pytest.mark.parametrize(("step", "seed"), [(0, 0), (4, 9), (2**32 - 2, 2**64 - 1)])
@pytest.mark.parametrize(("rates", "hidden_layer"), [((0.2,), 0), ((0.2, 0.0), 0), ((0.0, 0.2), 1)])
def test_the_bits_are_the_documented_ones(batch, step, seed, rates, hidden_layer):
    kept, factor = kept_elements(rates, batch, step=step, seed=seed)
    wanted = documented(batch, 51, step=step, hidden_layer=hidden_layer, seed=seed)
    np.testing.assert_array_equal(kept, wanted)
    assert factor == pytest.approx(256 / (256 - 51), abs=1e-5)


def test_hidden_layers_are_dropped_apart():
    both, factor = kept_elements((0.2, 0.5), 40)
    first, second = (
        documented(40, threshold, step=4, hidden_layer=layer, seed=9)
        for layer, threshold in enumerate((51, 128))
    )
    np.testing.assert_array_equal(both, first & second)
    assert factor == pytest.approx(2 * 256 / 205, abs=1e-5)


@pytest.mark.parametrize("rate", [0.002, 0.1, 0.2, 0.5, 0.9, 0.997])
def test_rate_and_scale(rate):
    """The achieved rate is threshold / 256, and the factor its inverse, so that the mean is unchanged.

    The number kept of m independent bytes is binomial with mean m q and variance m q (1 - q). By Bernstein's
    inequality it is further off than d = sqrt(2 m q (1 - q) t) + 2 t / 3 with probability below 2 exp(-t):
    t = 21 makes that 1.5e-9.
    """
    batch = 300
    kept, factor = kept_elements((rate,), batch)
    q = 1 - dropout_threshold(rate) / 256
    assert factor == pytest.approx(1 / q, rel=1e-5)
    assert abs(1 - q - rate) <= 0.5 / 256
    bound = math.sqrt(2 * kept.size * q * (1 - q) * 21) + 14
    assert abs(kept.sum() - kept.size * q) <= bound


@pytest.mark.parametrize("batch", [16, 40, 64, 72, 130])
def test_an_element_does_not_know_the_size_of_its_batch(batch):
    small, _ = kept_elements((0.2,), 8)
    large, _ = kept_elements((0.2,), batch)
    np.testing.assert_array_equal(large[:8], small)


def test_both_types_drop_the_same():
    single, _ = kept_elements((0.3,), 40)
    double, _ = kept_elements((0.3,), 40, dtype="float64")
    np.testing.assert_array_equal(single, double)


def test_step_and_seed_choose_the_elements():
    kept = {
        (step, seed): kept_elements((0.5,), 40, step=step, seed=seed)[0] for step in (0, 1) for seed in (0, 1)
    }
    masks = list(kept.values())
    for k, one in enumerate(masks):
        for other in masks[:k]:
            # Two independent masks of rate 1/2 agree on half of 2,800 elements; 1,150 is nine deviations off.
            assert (one == other).sum() < 2800 - 1150


def test_no_dropout_outside_training():
    """Rate 0 is no dropout, and without being asked `gradients` and scores have none."""
    plain, dropping = make_network(dtype="float32"), make_network(dtype="float32", dropout=0.5)
    inputs, labels = make_inputs(), np.zeros(200, np.uint32)
    np.testing.assert_array_equal(plain.scores(inputs), dropping.scores(inputs))
    ours = plain.gradients(inputs, labels, np.arange(40), 0, 0, dropout=True)
    theirs = dropping.gradients(inputs, labels, np.arange(40), 0, 0, dropout=False)
    for one, other in zip(ours[1] + ours[2], theirs[1] + theirs[2], strict=True):
        np.testing.assert_array_equal(one, other)
    take_steps(plain)
    take_steps(dropping)
    assert any((column != state(dropping)[key]).any() for key, column in state(plain).items())
