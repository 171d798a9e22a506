"""Neurons without outgoing links are not computed, and nothing that the network does depends on it."""

import numpy as np
import pytest
from network_helpers import (
    ACTIVATIONS,
    assert_close_state,
    assert_same_state,
    make_network,
    rewire,
    take_steps,
)

from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork

FEW = 0.02  # of the links: four in ten hidden neurons lead nowhere


def dead_ends(network):
    """Hidden neurons without outgoing links."""
    return sum(int((np.diff(pattern.source_offsets) == 0).sum()) for pattern in network.patterns[1:])


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: activation.name)
@pytest.mark.parametrize("batch", [13, 100])
def test_twin(activation, batch):
    """The twin computes all neurons; both agree, also after links have left and found such neurons."""
    native, twin = (
        make_network(cls=cls, density=FEW, activation=activation, dropout=0.2)
        for cls in (Network, ReferenceNetwork)
    )
    assert dead_ends(native) > 20
    for network in (native, twin):
        take_steps(network, batch)
        for layer in range(network.n_layers):
            rewire(network, layer, 3)
        take_steps(network, batch, first_step=3)
    assert dead_ends(native) > 20
    assert_close_state(native, twin, 1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: activation.name)
@pytest.mark.parametrize("batch", [13, 100])
def test_history(activation, batch):
    """What a neuron held while it led nowhere, or at another batch size, is never read."""
    used, fresh = (make_network(density=FEW, activation=activation, dropout=0.2) for _ in range(2))
    take_steps(used, batch, lr=0.0, first_step=50)
    take_steps(used, 40, lr=0.0, first_step=60)
    for network in (used, fresh):
        for layer in range(network.n_layers):
            for name in ("weight", "velocity"):
                network.set_column(layer, name, np.linspace(-1, 1, network.nnz[layer]))
            network.set_bias(layer, np.linspace(-0.2, 0.3, network.sizes[layer + 1]))
            network.set_bias_column(layer, "velocity", np.zeros(network.sizes[layer + 1]))
        for layer in range(network.n_layers):
            rewire(network, layer, 3)
        take_steps(network, batch)
    assert_same_state(used, fresh)
