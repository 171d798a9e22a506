"""SReLU: its numbers are trained with the network, natively and in the twin."""

import numpy as np
import pytest
from network_helpers import (
    LOSSES,
    OPTIMIZERS,
    assert_close_state,
    assert_same_state,
    batches,
    make_inputs,
    make_network,
    make_targets,
    rewire,
    state,
    take_steps,
)

from gossamer._native import set_threads, threads
from gossamer.engine.activation import SRELU_START, Activation
from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork

SRELU = Activation("srelu")


def network_with(cls=Network, **options):
    """Thresholds and slopes of every neuron differ, and all three pieces are met."""
    network = make_network(cls=cls, activation=SRELU, **options)
    rng = np.random.default_rng(3)
    for layer in range(network.n_layers - 1):
        for name, middle in (("t_right", 0.3), ("a_right", 0.7), ("t_left", -0.2), ("a_left", 0.1)):
            values = middle + rng.normal(0, 0.05, network.patterns[layer].n_out)
            network.set_bias_column(layer, name, values)
    return network


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["decoupled", "nesterov", "adam"])
@pytest.mark.parametrize("batch", [1, 13, 40, 100])
def test_training_equals_the_twin(optimizer, batch):
    native, twin = (
        network_with(cls, optimizer=optimizer, dropout=0.3) for cls in (Network, ReferenceNetwork)
    )
    for network in (native, twin):
        take_steps(network, batch, 3)
        rewire(network, 1, 3)
        take_steps(network, batch, 1, first_step=3)
    assert_close_state(native, twin, 1e-9 if optimizer.kind == "adam" else 1e-12)
    np.testing.assert_allclose(native.scores(make_inputs()), twin.scores(make_inputs()), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("cls", [Network, ReferenceNetwork])
def test_gradients_are_finite_differences(cls, loss):
    """Central differences with h = 1e-6, of thresholds, slopes and of a weight below them."""
    network = network_with(cls, sizes=(5, 6, 4, 3), density=0.6, loss=loss, dropout=0.3)
    inputs, targets, ids = make_inputs(9, 5, "float32"), make_targets(loss, 9, 3), np.arange(9)
    _, weights, _ = network.gradients(inputs, targets, ids, 5, 11, dropout=True)
    wanted = {(k, n): g.copy() for k in (0, 1) for n, g in network.activation_gradients(k).items()}
    wanted[0, "weight"] = weights[0].copy()
    assert all(np.abs(wanted[1, name]).max() > 0 for name in SRELU_START)
    for (layer, name), gradient in wanted.items():
        get = network.column if name == "weight" else network.bias_column
        put = network.set_column if name == "weight" else network.set_bias_column
        values = get(layer, name).copy()
        for k in range(len(values)):
            sides = []
            for h in (1e-6, -1e-6):
                moved = values.copy()
                moved[k] += h
                put(layer, name, moved)
                sides.append(network.gradients(inputs, targets, ids, 5, 11, dropout=True)[0])
            put(layer, name, values)
            assert (sides[0] - sides[1]) / 2e-6 == pytest.approx(gradient[k], rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_is_gradients_then_apply(dtype):
    fused, stored = (network_with(dropout=0.2, dtype=dtype) for _ in range(2))
    inputs, labels, order = make_inputs(), make_targets("cross_entropy"), batches(40, 3)
    for s in range(3):
        ids = order[40 * s : 40 * (s + 1)]
        fused.train(inputs, labels, ids, 40, np.array([0.05]), s, 3)
        stored.gradients(inputs, labels, ids, s, 3, dropout=True)
        stored.apply(0.05, s)
    assert_same_state(fused, stored)
    for layer in (0, 1):
        for name in SRELU_START:
            assert not np.array_equal(
                fused.bias_column(layer, name), network_with(dtype=dtype).bias_column(layer, name)
            )


def test_starts_as_a_leaky_relu():
    """With the first values, the leaky ReLU of slope 0.2 gives the same scores and weight gradients."""
    srelu = make_network(activation=SRELU)
    leaky = make_network(activation=Activation("leaky_relu", SRELU_START["a_left"]))
    np.testing.assert_allclose(
        srelu.scores(make_inputs()), leaky.scores(make_inputs()), rtol=1e-12, atol=1e-14
    )
    arguments = make_inputs(), make_targets("cross_entropy"), np.arange(20), 0, 0
    ours, theirs = (network.gradients(*arguments, dropout=False)[1] for network in (srelu, leaky))
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-14)


def test_threads_give_the_same_bits():
    found, before = [], threads()
    try:
        for count in (1, 2, 3):
            set_threads(count)
            network = network_with(sizes=(600, 500, 300, 5), density=0.05, dtype="float32", dropout=0.2)
            take_steps(network, 40, 3)
            found.append(state(network))
    finally:
        set_threads(before)
    for other in found[1:]:
        assert all(found[0][key].tobytes() == column.tobytes() for key, column in other.items())


def test_columns():
    network = make_network(activation=SRELU, optimizer=OPTIMIZERS[2])
    names = network.bias_column_names(0)
    assert names[:5] == ("weight", "moment1", "moment2", "t_right", "t_right_moment1")
    assert network.activation_parameters(0) == tuple(SRELU_START)
    assert network.bias_column_names(2) == ("weight", "moment1", "moment2")
    assert network.activation_gradients(2) == {}
    assert {name: float(network.bias_column(1, name)[0]) for name in SRELU_START} == SRELU_START
