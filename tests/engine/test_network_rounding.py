"""The float32 network is off from exact arithmetic by no more than the bounds of its roundings."""

import numpy as np
import pytest
from network_helpers import ACTIVATIONS, LOSSES, covering, make_network, make_targets, state, take_steps
from rounding_bounds import U, gradients

from gossamer.engine import reference_math as rm
from gossamer.engine.activation import dropout_threshold
from gossamer.engine.inputs import Inputs
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.reference import ReferenceNetwork

RULES = (Optimizer(), Optimizer(nesterov=True), Optimizer("adam"))
FORMS = ("l2", "decoupled_lr", "decoupled")


def exact_twin(network):
    """The reference network in float64 with the numbers of a float32 network."""
    twin = ReferenceNetwork(
        network.patterns,
        [network.column(layer, "weight") for layer in range(network.n_layers)],
        activations=network.activations,
        dropout=[0.0] * (network.n_layers - 1),
        loss=network.loss,
        optimizer=network.optimizer,
        dtype="float64",
    )
    for layer in range(network.n_layers):
        twin.set_bias(layer, network.bias(layer))
    return twin


# The bounds are derived for the first three losses.
@pytest.mark.parametrize(
    ("activation", "loss", "batch"),
    covering(ACTIVATIONS, LOSSES[:3], (1, 8, 13, 40, 64, 100, 130)),
    ids=lambda value: str(getattr(value, "name", value)),
)
def test_gradients(activation, loss, batch):
    """Within the bounds of `rounding_bounds`, which must themselves be below 1 % of the gradients."""
    network = make_network(dtype="float32", activation=activation, loss=loss, dropout=0.2)
    samples = np.random.default_rng(4).random((batch, network.sizes[0]), np.float32)
    targets = make_targets(loss, batch)
    ids, step, seed = np.arange(batch), 6, 3
    _, *found = network.gradients(Inputs.plain(samples), targets, ids, step, seed, dropout=True)
    factors = [
        rm.dropout_factors(n, batch, dropout_threshold(0.2), step=step, hidden_layer=layer, seed=seed)
        for layer, n in enumerate(network.sizes[1:-1])
    ]
    for gradient, bound in zip(
        found[0] + found[1], gradients(exact_twin(network), samples, targets, factors), strict=True
    ):
        assert (np.abs(gradient - bound.value) <= bound.error).all()
        assert bound.error.max() < 0.01 * np.abs(bound.value).max()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rule", RULES, ids=["sgd", "nesterov", "adam"])
@pytest.mark.parametrize("step", [0, 1000])
def test_updates(rule, form, step):
    """A float32 update is within a few roundings of its formula, given its gradient and its old state.

    Each operation rounds its result and each constant is a rounded number, so a sum of products of three
    factors is off by at most 8 u of the sum of their sizes. The mean square of Adam is a sum of positive
    terms: 8 u relative, half of it in the root; the step then has below 20 u.
    """
    optimizer = Optimizer(
        rule.kind, nesterov=rule.nesterov, weight_decay=0.01, weight_decay_form=form, beta2=0.999
    )
    network = make_network(dtype="float32", optimizer=optimizer)
    take_steps(network)
    inputs = Inputs.plain(np.random.default_rng(4).normal(0, 1, (16, 37)).astype(np.float32))
    targets, lr = make_targets("cross_entropy", 16), 0.01
    _, found, _ = network.gradients(inputs, targets, np.arange(16), step, 0, dropout=False)
    before = {key: column.astype(float) for key, column in state(network).items()}
    network.apply(lr, step)
    after = state(network)
    for layer, gradient in enumerate(found):
        names = ("weight", *optimizer.state_columns)
        old = {name: before[layer, name] for name in names}
        new = dict(old)
        rm.update(new, gradient.astype(float), optimizer, lr=lr, step=step, decay=True)
        g = np.abs(gradient) + 0.01 * np.abs(old["weight"])
        if rule.kind == "sgd":
            sizes = np.abs(old["velocity"]) + lr * g
            bounds = {"velocity": 8 * U * sizes, "weight": 8 * U * (np.abs(old["weight"]) + sizes)}
        else:
            first = 0.9 * np.abs(old["moment1"]) + 0.1 * g
            second = 0.999 * old["moment2"] + 0.001 * g**2
            denominator = np.sqrt(new["moment2"] / (1 - 0.999 ** (step + 1))) + 1e-8
            move = lr * first / (1 - 0.9 ** (step + 1)) / denominator
            # The squared gradient under l2 decay is a sum that may cancel: the share of what was lost counts.
            lost = 1 + second / np.maximum(new["moment2"], 1e-300)
            bounds = {
                "moment1": 8 * U * first,
                "moment2": 8 * U * second,
                "weight": U * (8 * np.abs(old["weight"]) + 20 * move * lost),
            }
        for name, bound in bounds.items():
            assert (np.abs(after[layer, name] - new[name]) <= bound + 1e-45).all(), name
