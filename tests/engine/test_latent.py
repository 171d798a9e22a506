"""Latent parameters: native equals twin, gradients are finite differences, and what a rule says holds."""

import numpy as np
import pytest
from network_helpers import (
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
from gossamer.engine.latent import Latent, link_noise
from gossamer.engine.masked_dense import MaskedDenseNetwork
from gossamer.engine.network import Network
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.reference import ReferenceNetwork
from gossamer.errors import ConfigError

RULES = (
    Latent("power", power=2.0),
    Latent("power", power=3.5),
    Latent("mask", penalty=1e-2),
    Latent("top_kast", penalty=1e-2, outside=4.0),
    Latent("deep_r", penalty=1e-2, noise=0.3),
)
SGD, ADAM = Optimizer(weight_decay=1e-2), Optimizer("adam", weight_decay=1e-2)
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}{rule.power:g}")
each_optimizer = pytest.mark.parametrize("optimizer", [SGD, ADAM], ids=["sgd", "adam"])


def network_with(rule, cls=Network, **options):
    """The middle layer has latent parameters; its companion column is not the one of new links."""
    network = make_network(cls=cls, latent=[None, rule, None], **options)
    rng = np.random.default_rng(4)
    if rule.kind == "top_kast":
        network.set_column(1, "forward", (rng.random(network.nnz[1]) < 0.6).astype(float))
    if rule.kind == "mask":
        network.set_column(1, "mask", rng.normal(size=network.nnz[1]))
    return network


@each_rule
@each_optimizer
def test_training_equals_the_twin(rule, optimizer):
    """Five steps with dropout, a swap, two more: every column, to a few roundings."""
    native, twin = (
        network_with(rule, cls, optimizer=optimizer, dropout=0.2) for cls in (Network, ReferenceNetwork)
    )
    for network in (native, twin):
        take_steps(network, 13, 5)
        rewire(network, 1, 5)
        take_steps(network, 13, 2, first_step=5)
    assert_close_state(native, twin, 1e-9 if optimizer.kind == "adam" else 1e-11)
    assert set(native.column_names(1)) == set(twin.column_names(1))


@each_rule
@each_optimizer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_is_gradients_then_apply(rule, optimizer, dtype):
    fused, stored = (network_with(rule, optimizer=optimizer, dropout=0.2, dtype=dtype) for _ in range(2))
    inputs, labels, order = make_inputs(), make_targets("cross_entropy"), batches(13, 4)
    for s in range(4):
        ids = order[13 * s : 13 * (s + 1)]
        fused.train(inputs, labels, ids, 13, np.array([0.05]), s, 3)
        stored.gradients(inputs, labels, ids, s, 3, dropout=True)
        stored.apply(0.05, s)
    assert_same_state(fused, stored)


@each_rule
def test_gradients_by_latent_parameters_are_finite_differences(rule):
    """What plain gradient descent moves a parameter by, over the learning rate, is the loss's slope there."""
    plain = Optimizer(momentum=0.0)
    free = Latent(rule.kind, power=rule.power)
    network = network_with(free, optimizer=plain, loss="mse")
    inputs, targets, ids = make_inputs(), make_targets("mse"), np.arange(9)
    loss = lambda: network.gradients(inputs, targets, ids, 0, 0, dropout=False)[0]  # noqa: E731
    names = ("latent", "mask") if rule.kind == "mask" else ("latent",)
    before = {name: network.column(1, name).copy() for name in names}
    slopes = {}
    for name in names:
        slopes[name] = np.zeros(12)
        for k in range(12):
            sides = []
            for h in (1e-6, -1e-6):
                moved = before[name].copy()
                moved[k] += h
                network.set_column(1, name, moved)
                sides.append(loss())
            slopes[name][k] = (sides[0] - sides[1]) / 2e-6
            network.set_column(1, name, before[name])
    loss()
    network.apply(1.0, 0)
    for name in names:
        step = before[name][:12] - network.column(1, name)[:12]
        if rule.kind == "top_kast":
            forward = network.column(1, "forward")[:12] > 0
            assert (step[~forward] != 0).any()
            step, slopes[name] = step[forward], slopes[name][forward]
        if rule.kind == "deep_r":
            assert (before["latent"][:12] > 0).all()
        np.testing.assert_allclose(step, slopes[name], rtol=1e-6, atol=1e-8)


@each_rule
@pytest.mark.parametrize("cls", [Network, ReferenceNetwork])
def test_weights_and_latent_parameters_belong_together(rule, cls):
    """New weights give parameters that make them; parameters give weights; grown links have their value."""
    network = network_with(rule, cls)
    wanted = np.random.default_rng(1).normal(size=network.nnz[1])
    network.set_column(1, "weight", wanted)
    np.testing.assert_allclose(network.column(1, "weight"), wanted, rtol=1e-13)
    network.set_column(1, "latent", np.full(network.nnz[1], 0.25))
    columns = {name: network.column(1, name) for name in network.column_names(1)}
    np.testing.assert_allclose(columns["weight"], rule.weights(columns), rtol=1e-13)
    keep = np.arange(network.nnz[1]) >= 3
    pattern = network.patterns[1]
    grow = pattern.link_sources()[:3].astype(np.uint64) * np.uint64(pattern.n_out) + pattern.targets[:3]
    values = np.array([0.5, -0.25, 0.0])
    network.swap(1, keep, grow, values, 7)
    np.testing.assert_allclose(network.column(1, "weight")[:3], values, rtol=1e-13)
    fresh = rule.of_weights(values)
    for name, numbers in fresh.items():
        np.testing.assert_allclose(network.column(1, name)[:3], numbers, rtol=1e-13)
    assert (network.column(1, "velocity")[:3] == 0).all()


def test_a_dormant_link_of_deep_r_stays_as_it_is():
    network = network_with(Latent("deep_r", penalty=0.1, noise=1.0))
    values = np.linspace(-1, 1, network.nnz[1])
    network.set_column(1, "latent", values)
    network.set_column(1, "velocity", np.ones(network.nnz[1]))
    dormant = values <= 0
    assert (network.column(1, "weight")[dormant] == 0).all()
    take_steps(network, 13, 1)
    np.testing.assert_array_equal(network.column(1, "latent")[dormant], values[dormant])
    np.testing.assert_array_equal(network.column(1, "velocity")[dormant], 1.0)
    assert (network.column(1, "latent")[~dormant] != values[~dormant]).all()


def test_plain_weights_are_a_special_case():
    """Power 1 and a full forward set without a penalty: training is plain training, to the bit."""
    plain = make_network(dropout=0.2, dtype="float32")
    take_steps(plain, 13, 5)
    for rule in (Latent("power", power=1.0), Latent("top_kast")):
        latent = make_network(dropout=0.2, dtype="float32", latent=[rule] * 3)
        take_steps(latent, 13, 5)
        for layer in range(3):
            assert latent.column(layer, "weight").tobytes() == plain.column(layer, "weight").tobytes()
            assert latent.column(layer, "velocity").tobytes() == plain.column(layer, "velocity").tobytes()


@each_rule
def test_threads_give_the_same_bits(rule):
    found, before = [], threads()
    try:
        for count in (1, 2, 3):
            set_threads(count)
            network = make_network(
                (400, 500, 300, 5), density=0.05, dtype="float32", latent=[rule, rule, None]
            )
            take_steps(network, 40, 3)
            found.append(state(network))
    finally:
        set_threads(before)
    for other in found[1:]:
        assert all(found[0][key].tobytes() == column.tobytes() for key, column in other.items())


@each_rule
def test_masked_dense_follows(rule):
    sparse, dense = (network_with(rule, cls) for cls in (ReferenceNetwork, MaskedDenseNetwork))
    for network in (sparse, dense):
        take_steps(network, 13, 3)
        rewire(network, 1, 3)
        take_steps(network, 13, 1, first_step=3)
    assert_close_state(sparse, dense, 1e-11)


def test_noise_has_mean_0_and_variance_1():
    """Of 40,000 numbers: five standard errors of the mean, and of the variance (kurtosis below 3)."""
    noise = link_noise(40_000, step=3, layer=1, seed=9)
    assert abs(noise.mean()) < 5 / np.sqrt(40_000)
    assert abs(noise.var() - 1) < 5 * np.sqrt(2 / 40_000)
    assert 3 < np.abs(noise).max() < 3.5
    assert not np.array_equal(noise, link_noise(40_000, step=4, layer=1, seed=9))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "other"}, "expected one of"),
        ({"kind": "power", "power": 0.5}, "The power is 0.5"),
        ({"kind": "mask", "penalty": -1.0}, "penalty is -1.0"),
        ({"kind": "deep_r", "noise": np.nan}, "noise is nan"),
    ],
)
def test_refusals(options, words):
    with pytest.raises(ConfigError, match=words):
        Latent(**options)
    with pytest.raises(ConfigError, match="one \\(or None\\) for each pattern"):
        make_network(latent=[None])
