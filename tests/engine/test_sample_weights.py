"""Weights of samples: laws of the weighted loss and its gradients, and the native engine held to its twin."""

import numpy as np
import pytest
from network_helpers import LOSSES, batches, make_inputs, make_network, make_targets

from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork
from gossamer.errors import DataError

IDS = np.array([3, 1, 8, 4, 0, 6, 2, 5, 7])


def gradients(network, loss, weights, ids=IDS):
    inputs, targets = make_inputs(), make_targets(loss)
    value, links, biases = network.gradients(inputs, targets, ids, 5, 11, dropout=False, weights=weights)
    return value, [g.copy() for g in (*links, *biases)]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_weight_multiplies_loss_and_gradient_of_its_sample(loss):
    """The mean over a batch is linear in the weights: that of all equals the sum of those of each alone."""
    network = make_network(loss=loss)
    weights = np.random.default_rng(3).random(200) * 3
    weights[IDS[2]] = 0
    whole, found = gradients(network, loss, weights)
    each = [gradients(network, loss, None, np.array([k])) for k in IDS]
    factors = weights[IDS] / len(IDS)
    assert whole == pytest.approx(sum(f * one[0] for f, one in zip(factors, each, strict=True)), rel=1e-12)
    for k, gradient in enumerate(found):
        parts = sum(f * one[1][k] for f, one in zip(factors, each, strict=True))
        np.testing.assert_allclose(gradient, parts, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", LOSSES)
def test_weights_of_one_change_no_bit(loss, dtype):
    plain, weighted = (make_network(loss=loss, dtype=dtype, dropout=0.2) for _ in range(2))
    arguments = make_inputs(), make_targets(loss), batches(40, 6), 40, np.full(6, 0.05), 0, 7
    first, second = plain.train(*arguments), weighted.train(*arguments, weights=np.ones(200))
    np.testing.assert_array_equal(first.loss, second.loss)
    for layer in range(plain.n_layers):
        np.testing.assert_array_equal(plain.column(layer, "weight"), weighted.column(layer, "weight"))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-4), ("float64", 1e-9)])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_twin_takes_the_same_weighted_steps(loss, dtype, tolerance):
    weights = np.random.default_rng(5).exponential(size=200)
    networks = [make_network(cls=cls, loss=loss, dtype=dtype) for cls in (Network, ReferenceNetwork)]
    arguments = make_inputs(), make_targets(loss), batches(13, 8), 13, np.full(8, 0.05), 0, 7
    native, twin = (network.train(*arguments, weights=weights) for network in networks)
    np.testing.assert_allclose(native.loss, twin.loss, rtol=tolerance)
    np.testing.assert_array_equal(native.correct, twin.correct)
    for layer in range(networks[0].n_layers):
        ours, theirs = (network.column(layer, "weight") for network in networks)
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("cls", [Network, ReferenceNetwork])
@pytest.mark.parametrize("weights", [np.ones(3), -np.ones(200), np.full(200, np.nan), np.ones((200, 1))])
def test_other_weights_are_refused(cls, weights):
    with pytest.raises(DataError, match=r"weight"):
        gradients(make_network(cls=cls), "cross_entropy", weights)


def test_poisson_refuses_negative_targets():
    network = make_network(loss="poisson")
    with pytest.raises(DataError, match=r"poisson is -0\.5"):
        network.train(
            make_inputs(),
            make_targets("poisson") - 0.5 - make_targets("poisson"),
            batches(40, 1),
            40,
            np.ones(1),
            0,
            1,
        )
