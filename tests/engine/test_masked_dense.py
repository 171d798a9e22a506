"""Masked dense networks do what the sparse engines do, to rounding, with arrays that know no links."""

from itertools import pairwise

import numpy as np
import pytest

from gossamer._native import sample_exact
from gossamer.engine.activation import Activation
from gossamer.engine.initial import initial_weights
from gossamer.engine.inputs import Inputs
from gossamer.engine.masked_dense import MOST_POSITIONS, MaskedDenseNetwork, check_size
from gossamer.engine.network import Network
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.reference import ReferenceNetwork
from gossamer.errors import ConfigError, DataError

SIZES = (11, 9, 8, 4)
OPTIMIZERS = [
    Optimizer("sgd", momentum=0.9, weight_decay=1e-3, weight_decay_form="decoupled"),
    Optimizer("sgd", momentum=0.8, nesterov=True, weight_decay=1e-3, weight_decay_form="l2"),
    Optimizer("adam", weight_decay=1e-2, weight_decay_form="decoupled_lr"),
]


def network(kind, optimizer=OPTIMIZERS[0], loss="cross_entropy", dropout=0.3, activation="relu"):
    patterns = [sample_exact(n, m, n * m // 3, 5, k) for k, (n, m) in enumerate(pairwise(SIZES))]
    return kind(
        patterns,
        initial_weights(patterns, "he_uniform", "actual", 6, "float64"),
        activations=[Activation(activation, 0.2)] * 2,
        dropout=[dropout] * 2,
        loss=loss,
        optimizer=optimizer,
        dtype="float64",
    )


def samples(loss="cross_entropy"):
    random = np.random.default_rng(1)
    labels = random.integers(0, 4, 30).astype(np.uint32)
    targets = labels if loss == "cross_entropy" else np.eye(4)[labels]
    return Inputs.plain(random.normal(size=(30, 11)).astype(np.float32)), targets


def train(net, loss="cross_entropy", steps=6, first_step=0):
    inputs, targets = samples(loss)
    order = np.random.default_rng(2).integers(0, 30, steps * 10)
    return net.train(inputs, targets, order, 10, np.full(steps, 0.05), first_step, 7)


def assert_same(first, second, tolerance=1e-12):
    for layer in range(3):
        assert first.patterns[layer].same_as(second.patterns[layer])
        for name in first.column_names(layer):
            assert np.allclose(first.column(layer, name), second.column(layer, name), tolerance, tolerance)
        for name in ("weight", *first.optimizer.state_columns):
            mine, other = first.bias_column(layer, name), second.bias_column(layer, name)
            assert np.allclose(mine, other, tolerance, tolerance)


@pytest.mark.parametrize("kind", [Network, ReferenceNetwork])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "mse", "poisson"])
def test_trains_as_the_sparse_engines_do(kind, optimizer, loss):
    sparse, dense = network(kind, optimizer, loss), network(MaskedDenseNetwork, optimizer, loss)
    mine, other = train(sparse, loss), train(dense, loss)
    assert np.allclose(mine.loss, other.loss, 1e-12)
    assert np.array_equal(mine.correct, other.correct)
    assert_same(sparse, dense)
    assert np.allclose(sparse.scores(samples()[0]), dense.scores(samples()[0]), 1e-11, 1e-12)


@pytest.mark.parametrize("activation", ["leaky_relu", "all_relu", "tanh", "sigmoid", "linear"])
def test_all_activations(activation):
    sparse = network(Network, activation=activation)
    dense = network(MaskedDenseNetwork, activation=activation)
    train(sparse), train(dense)
    assert_same(sparse, dense)


def test_store_then_apply_is_a_step_and_gradients_are_listed_by_link():
    sparse, dense = network(Network), network(MaskedDenseNetwork)
    inputs, targets = samples()
    ids = np.arange(10)
    found = [net.gradients(inputs, targets, ids, 3, 7, dropout=True) for net in (sparse, dense)]
    assert found[0][0] == pytest.approx(found[1][0])
    for mine, other in zip(found[0][1] + found[0][2], found[1][1] + found[1][2], strict=True):
        assert np.allclose(mine, other, 1e-12, 1e-14)
    sparse.apply(0.1, 3), dense.apply(0.1, 3)
    assert_same(sparse, dense)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_swap_moves_all_state_as_the_sparse_engine_does(optimizer):
    sparse, dense = network(Network, optimizer), network(MaskedDenseNetwork, optimizer)
    random = np.random.default_rng(3)
    for step in range(4):
        train(sparse, steps=2, first_step=2 * step), train(dense, steps=2, first_step=2 * step)
        keep = random.random(sparse.nnz[1]) > 0.4
        pattern = sparse.patterns[1]
        held = (pattern.link_sources().astype(np.int64) * pattern.n_out + pattern.targets)[keep]
        free = np.setdiff1d(np.arange(pattern.n_in * pattern.n_out), held)
        grow = np.sort(random.choice(free, 7, replace=False)).astype(np.uint64)
        values = random.normal(size=7)
        reports = [net.swap(1, keep, grow, values, step + 1) for net in (sparse, dense)]
        assert reports[0] == reports[1]
        assert_same(sparse, dense)
    assert dense.nnz == sparse.nnz


def test_nothing_lives_off_the_mask():
    dense = network(MaskedDenseNetwork, OPTIMIZERS[2])
    train(dense)
    for layer, mask in enumerate(dense._masks):
        for values in dense._links[layer].values():
            assert values.shape == mask.shape
            assert not values[~mask].any()


def test_columns_are_set_and_read_by_link():
    dense = network(MaskedDenseNetwork)
    values = np.arange(dense.nnz[0], dtype=np.float64)
    dense.set_column(0, "velocity", values)
    assert np.array_equal(dense.column(0, "velocity"), values)
    with pytest.raises(DataError, match="shape"):
        dense.set_column(0, "velocity", values[1:])
    with pytest.raises(ConfigError, match="moment1"):
        dense.column(0, "moment1")


def test_refuses_swaps_that_are_none():
    dense = network(MaskedDenseNetwork)
    keep = np.ones(dense.nnz[0], bool)
    pattern = dense.patterns[0]
    held = int(pattern.link_sources()[0]) * pattern.n_out + int(pattern.targets[0])
    for grow in ([held], [99 * 99], [5, 5]):
        with pytest.raises(DataError, match="ascend"):
            dense.swap(0, keep, np.array(grow, np.uint64), np.zeros(len(grow)), 1)
    with pytest.raises(DataError, match="keep flag"):
        dense.swap(0, keep[1:], np.zeros(0, np.uint64), np.zeros(0), 1)


def test_refuses_networks_that_are_too_large_in_one_sentence():
    check_size((2000, 2000))
    with pytest.raises(ConfigError, match=r"4,002,000 positions.* smaller network\.$"):
        check_size((2000, 2001))
    assert MOST_POSITIONS == 4_000_000
    big = sample_exact(4001, 1000, 10, 0, 0)
    with pytest.raises(ConfigError, match="positions"):
        MaskedDenseNetwork(
            [big], [np.zeros(10)], activations=[], dropout=[], loss="mse", optimizer=Optimizer()
        )
