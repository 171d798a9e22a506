"""What must not matter, and layers at the edge of what there is."""

from itertools import pairwise

import numpy as np
import pytest
from network_helpers import (
    ACTIVATIONS,
    LOSSES,
    OPTIMIZERS,
    assert_close_state,
    assert_same_state,
    batches,
    make_inputs,
    make_network,
    make_targets,
    pattern_of,
    state,
    take_steps,
)

from gossamer.engine.inputs import Inputs
from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork


def dense_matrix(network, layer, name="weight"):
    """Column as array [n_in, n_out], NaN where there is no link."""
    pattern = network.patterns[layer]
    matrix = np.full((pattern.n_in, pattern.n_out), np.nan)
    matrix[pattern.link_sources(), pattern.targets] = network.column(layer, name)
    return matrix


def permuted(network, orders, **options):
    """Network whose neuron k of layer l is neuron orders[l][k] of the other."""
    matrices = [dense_matrix(network, layer)[np.ix_(*orders[layer : layer + 2])] for layer in range(3)]
    other = make_network(patterns=[pattern_of(~np.isnan(m)) for m in matrices], **options)
    for layer, matrix in enumerate(matrices):
        other.set_column(layer, "weight", matrix[~np.isnan(matrix)])
        other.set_bias(layer, network.bias(layer)[orders[layer + 1]])
    return other


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["sgd", "nesterov", "adam"])
def test_numbering_of_hidden_neurons(activation, optimizer):
    """Without dropout, which knows the neurons by number, training commutes with a renumbering.

    Only the order of sums changes: a few 1e-16, which Adam's quotient may enlarge.
    """
    options = {"activation": activation, "optimizer": optimizer}
    network = make_network(**options)
    rng = np.random.default_rng(0)
    orders = [np.arange(37), rng.permutation(50), rng.permutation(41), np.arange(5)]
    other = permuted(network, orders, **options)
    for one in (network, other):
        take_steps(one)
    for layer in range(3):
        for name in optimizer.state_columns:
            expected = dense_matrix(network, layer, name)[np.ix_(*orders[layer : layer + 2])]
            np.testing.assert_allclose(dense_matrix(other, layer, name), expected, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(other.bias(layer), network.bias(layer)[orders[layer + 1]], atol=1e-9)
    np.testing.assert_allclose(network.scores(make_inputs()), other.scores(make_inputs()), atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
def test_order_within_a_batch(loss):
    """Sums over the batch are taken in another order, nothing else."""
    network = make_network(loss=loss)
    inputs, targets, ids = make_inputs(), make_targets(loss), np.arange(77)
    found = network.gradients(inputs, targets, ids, 0, 0, dropout=False)
    kept = [gradient.copy() for gradient in found[1] + found[2]]
    again = network.gradients(inputs, targets, ids[::-1].copy(), 0, 0, dropout=False)
    assert again[0] == pytest.approx(found[0], rel=1e-14)
    for one, other in zip(kept, again[1] + again[2], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-16)


@pytest.mark.parametrize("kind", ["float32", "csr"])
def test_kinds_of_input_give_the_same_bits(kind):
    """The same numbers, stored as bytes and otherwise."""
    bytes_, other = make_network(dtype="float32", dropout=0.2), make_network(dtype="float32", dropout=0.2)
    values = make_inputs().values
    scale, shift = make_inputs().scale, np.zeros(37, np.float32)
    stored = make_inputs(kind=kind).values
    labels, order = make_targets("cross_entropy"), batches(13, 6)
    for network, u in ((bytes_, values), (other, stored)):
        network.train(Inputs(u, scale, shift), labels, order, 13, np.full(6, 0.1), 0, 0)
    assert_same_state(bytes_, other)


def test_a_workspace_that_was_used_before_does_not_matter():
    """Wide and narrow batches, sparse and dense samples in turn leave nothing behind."""
    used, fresh = make_network(dropout=0.2), make_network(dropout=0.2)
    labels = make_targets("cross_entropy")
    for batch, kind in ((130, "csr"), (8, "csr"), (40, "uint8"), (40, "csr"), (100, "float32"), (9, "csr")):
        used.gradients(make_inputs(kind=kind), labels, np.arange(batch), 0, 0, dropout=True)
        used.scores(make_inputs(kind=kind), batch=batch)
    for network in (used, fresh):
        take_steps(network, 13, kind="csr")
    assert_same_state(used, fresh)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["sgd", "nesterov", "adam"])
def test_sources_that_are_zero_over_the_batch(optimizer):
    """Their links have no gradient and get the update of a gradient of zero."""
    native = make_network(optimizer=optimizer)
    twin = make_network(optimizer=optimizer, cls=ReferenceNetwork)
    samples = make_inputs().dense(np.arange(200))
    samples[:, ::2] = 0
    for network in (native, twin):
        take_steps(network)  # so that there is optimizer state to carry on
        network.train(
            Inputs.plain(samples), make_targets("cross_entropy"), batches(40, 2), 40, np.full(2, 0.1), 3, 0
        )
    assert_close_state(native, twin, 1e-9)
    _, weights, _ = native.gradients(
        Inputs.plain(samples), make_targets("cross_entropy"), np.arange(40), 0, 0, dropout=False
    )
    assert (weights[0][native.patterns[0].link_sources() % 2 == 0] == 0).all()
    assert (weights[0][native.patterns[0].link_sources() % 2 == 1] != 0).any()


SHAPES = {
    "no links": [np.zeros((37, 6)), np.zeros((6, 5))],
    "no links between": [np.ones((37, 6)), np.zeros((6, 4)), np.ones((4, 5))],
    "one neuron": [np.ones((37, 1)), np.ones((1, 1)), np.ones((1, 5))],
    "one output": [np.ones((37, 3)), np.ones((3, 1))],
    "one layer": [np.ones((37, 5))],
    "one link": [np.eye(37, 6) * (np.arange(6) == 2), np.eye(6, 5)],
    "one full row": [np.arange(37)[:, None] * np.ones(40) == 3, np.ones((40, 5))],
    "one full column": [np.arange(40) * np.ones(37)[:, None] == 3, np.ones((40, 5))],
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shape", SHAPES)
def test_degenerate_layers(shape, loss):
    """They train as the reference network does, with every kind of input and awkward batches."""
    patterns = [pattern_of(mask) for mask in SHAPES[shape]]
    native, twin = (
        make_network(patterns=patterns, cls=cls, loss=loss, dropout=0.3, optimizer=OPTIMIZERS[2])
        for cls in (Network, ReferenceNetwork)
    )
    for step, (batch, kind) in enumerate(((1, "uint8"), (40, "csr"), (130, "float32"))):
        for network in (native, twin):
            take_steps(network, batch, 1, kind=kind, first_step=step)
    assert_close_state(native, twin, 1e-9)
    np.testing.assert_allclose(native.scores(make_inputs()), twin.scores(make_inputs()), atol=1e-9)


def test_without_links_the_scores_are_the_biases():
    network = make_network(patterns=[pattern_of(np.zeros((37, 6))), pattern_of(np.zeros((6, 5)))])
    scores = network.scores(make_inputs())
    np.testing.assert_array_equal(scores, np.tile(network.bias(1), (200, 1)))
    network.set_bias(1, np.zeros(5))
    loss, *_ = network.evaluate(make_inputs(), make_targets("cross_entropy"))
    assert loss == pytest.approx(np.log(5), rel=1e-14)
    assert network.nnz == (0, 0)


def test_a_dense_network_is_matrix_products():
    sizes = (37, 20, 5)
    network = make_network(patterns=[pattern_of(np.ones(shape)) for shape in pairwise(sizes)])
    x = make_inputs().dense(np.arange(200), np.float64)
    first, second = (network.column(layer, "weight").reshape(sizes[layer : layer + 2]) for layer in range(2))
    hidden = np.maximum(x @ first + network.bias(0), 0)
    np.testing.assert_allclose(
        network.scores(make_inputs()), hidden @ second + network.bias(1), rtol=1e-12, atol=1e-14
    )


def test_a_batch_larger_than_the_data():
    """Numbers of samples may repeat within a batch."""
    native, twin = make_network(dropout=0.2), make_network(dropout=0.2, cls=ReferenceNetwork)
    inputs, labels = make_inputs(5), make_targets("cross_entropy", 5)
    order = np.arange(2 * 130) % 5
    for network in (native, twin):
        network.train(inputs, labels, order, 130, np.full(2, 0.1), 0, 0)
    assert_close_state(native, twin, 1e-12)


def test_no_steps_at_all():
    network = make_network()
    before = state(network)
    record = network.train(
        make_inputs(), make_targets("cross_entropy"), np.zeros(0, np.int64), 40, np.zeros(0), 0, 0
    )
    assert (len(record.loss), len(record.correct), record.bad_step) == (0, 0, -1)
    assert all((column == state(network)[key]).all() for key, column in before.items())
