"""Laws of the native gradients that need no twin: finite differences, and adjoint forward and backward."""

import numpy as np
import pytest
from network_helpers import ACTIVATIONS, LOSSES, make_inputs, make_network, make_targets

from gossamer.engine.inputs import Inputs

IDS = np.array([3, 1, 8, 4, 0, 6, 2, 5, 7])


def gradients_of(network, inputs, targets):
    return network.gradients(inputs, targets, IDS, 5, 11, dropout=True)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_gradients_are_finite_differences(activation, loss):
    """Central differences with h = 1e-5: off by h**2 / 6 of the third derivative and u / h of the loss."""
    network = make_network((5, 6, 4, 3), density=0.6, activation=activation, loss=loss, dropout=0.3)
    inputs, targets = make_inputs(9, 5, "float32"), make_targets(loss, 9, 3)
    _, weights, biases = gradients_of(network, inputs, targets)
    wanted = [gradient.copy() for gradient in weights + biases]
    h = 1e-5
    for k, gradient in enumerate(wanted):
        layer, is_bias = k % 3, k >= 3
        put = network.set_bias if is_bias else lambda i, v: network.set_column(i, "weight", v)
        values = (network.bias(layer) if is_bias else network.column(layer, "weight")).copy()
        for j, value in enumerate(values):
            sides = []
            for shifted in (value + h, value - h):
                values[j] = shifted
                put(layer, values)
                sides.append(gradients_of(network, inputs, targets)[0])
            values[j] = value
            put(layer, values)
            assert gradient[j] == pytest.approx((sides[0] - sides[1]) / (2 * h), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("batch", [1, 9, 40, 77])
@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a.piecewise_linear], ids=lambda a: a.name)
def test_forward_and_backward_are_adjoint(activation, batch):
    """Without biases the scores are linear in each layer's weights, where no neuron changes its branch.

    So the products <w, d loss / d w> of all layers are the same number: <scores, d loss / d scores>, which
    under mse with targets 0 is twice the loss. Dropout is part of the linear map.
    """
    network = make_network(activation=activation, loss="mse", dropout=0.4)
    for layer, n in enumerate(network.sizes[1:]):
        network.set_bias(layer, np.zeros(n))
    inputs = make_inputs()
    loss, weights, _ = network.gradients(inputs, np.zeros((200, 5)), np.arange(batch), 5, 11, dropout=True)
    for layer, gradient in enumerate(weights):
        assert np.vdot(network.column(layer, "weight"), gradient) == pytest.approx(2 * loss, rel=1e-12)


def test_bias_gradients_are_weight_gradients_of_an_input_of_one():
    """A source that is 1 for every sample has the gradients of the biases on its links."""
    network = make_network((6, 9, 4), density=1.0, dtype="float32")
    inputs = make_inputs(40, 6, "float32")
    inputs.values[:, 2] = 1.125 / inputs.scale[2]
    one = inputs.dense(np.arange(40))[:, 2]
    assert (np.abs(one - 1) < 1e-6).all()
    _, weights, biases = network.gradients(
        inputs, make_targets("cross_entropy", 40, 4), np.arange(40), 0, 0, dropout=False
    )
    pattern = network.patterns[0]
    links = pattern.link_sources() == 2
    np.testing.assert_allclose(weights[0][links], biases[0][pattern.targets[links]], rtol=1e-5, atol=1e-8)


def test_loss_of_wide_scores_is_finite():
    """Scores of any size give the loss that exact arithmetic gives, in both types."""
    for dtype, size in (("float32", 1e30), ("float64", 1e200)):
        network = make_network((1, 3), density=1.0, dtype=dtype)
        network.set_bias(0, np.zeros(3))
        network.set_column(0, "weight", np.array([size, -size, 0.0]))
        loss, accuracy, predicted = network.evaluate(Inputs.plain(np.ones((1, 1), np.float32)), np.array([1]))
        assert loss == pytest.approx(2 * size)
        assert accuracy == 0
        assert predicted.tolist() == [0]
