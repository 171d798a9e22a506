"""Neurons come and go, and everything else of a network stays."""

import numpy as np
import pytest
from network_helpers import (
    assert_same_state,
    make_inputs,
    make_network,
    make_targets,
    take_steps,
)

from gossamer.engine.activation import Activation
from gossamer.engine.latent import Latent
from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork
from gossamer.engine.reference_swap import link_keys
from gossamer.engine.resize import resize
from gossamer.errors import ConfigError

ENGINES = pytest.mark.parametrize("cls", [Network, ReferenceNetwork])
ALL = [None] * 4


def trained(cls=Network, **options):
    network = make_network(cls=cls, activation=Activation("srelu"), **options)
    network.add_column(1, "score")
    network.set_column(1, "score", np.arange(network.nnz[1]))
    take_steps(network, 13, 2)
    return network


@ENGINES
def test_nothing_asked_changes_nothing(cls):
    network = trained(cls, latent=[None, Latent("mask"), None])
    same = resize(network, ALL, [0] * 4)
    assert_same_state(network, same)
    for one in (network, same):
        take_steps(one, 13, 2, first_step=2)
    assert_same_state(network, same)


@ENGINES
def test_new_neurons_without_links_change_no_output(cls):
    network = trained(cls)
    wider = resize(network, ALL, [0, 3, 2, 0])
    assert wider.sizes == (37, 53, 43, 5)
    assert wider.nnz == network.nnz
    np.testing.assert_array_equal(wider.scores(make_inputs()), network.scores(make_inputs()))
    assert (wider.bias_column(0, "t_right")[-3:] == 1).all()
    assert (wider.bias(0)[-3:] == 0).all()
    for one in (network, wider):
        one.train(make_inputs(), make_targets("cross_entropy"), np.arange(20), 20, np.ones(1) / 20, 2, 1)
    for layer in range(3):
        assert network.column(layer, "weight").tobytes() == wider.column(layer, "weight").tobytes()


@ENGINES
def test_removed_neurons_take_their_links_and_nothing_else(cls):
    """Removing neurons whose outgoing links were dropped before leaves the outputs as they are."""
    network = trained(cls)
    gone = np.zeros(50, bool)
    gone[[0, 7, 49]] = True
    keep = ~gone[network.patterns[1].link_sources()]
    network.swap(1, keep, np.zeros(0, np.uint64), np.zeros(0), 9)
    small = resize(network, [None, ~gone, None, None], [0] * 4)
    assert small.sizes == (37, 47, 41, 5)
    np.testing.assert_allclose(small.scores(make_inputs()), network.scores(make_inputs()), rtol=1e-12)
    numbers = np.cumsum(~gone) - 1
    stay = ~gone[network.patterns[0].targets]
    keys = network.patterns[0].link_sources()[stay] * np.uint64(47) + numbers[
        network.patterns[0].targets[stay]
    ].astype(np.uint64)
    np.testing.assert_array_equal(link_keys(small.patterns[0]), keys)
    for name in network.column_names(0):
        np.testing.assert_array_equal(small.column(0, name), network.column(0, name)[stay])
    for name in network.bias_column_names(0):
        np.testing.assert_array_equal(small.bias_column(0, name), network.bias_column(0, name)[~gone])
    np.testing.assert_array_equal(small.column(1, "score"), network.column(1, "score"))


def test_refusals():
    network = make_network()
    for keep, add, words in (
        (ALL[:3], [0] * 4, "one of each for every layer"),
        ([None, np.ones(3, bool), None, None], [0] * 4, "expected 50 bool flags"),
        ([None, np.zeros(50, bool), None, None], [0] * 4, "at least one"),
        (ALL, [0, -1, 0, 0], "none fewer than 0"),
    ):
        with pytest.raises(ConfigError, match=words):
            resize(network, keep, add)
