"""The largest entries of a dense gradient: those of the product that a test can hold, ties and all."""

import numpy as np
import pytest
from network_helpers import batches, make_inputs, make_network, make_targets, rewire, take_steps

from gossamer._native import sample_exact, set_threads, threads
from gossamer.engine.activation import Activation
from gossamer.engine.dense_gradient import MOST_FLOP, dense_gradient_cost
from gossamer.engine.network import Network
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.reference import ReferenceNetwork
from gossamer.engine.reference_swap import link_keys
from gossamer.errors import ConfigError, DataError, DivergedError

ENGINES = pytest.mark.parametrize("cls", [Network, ReferenceNetwork])


def one_layer(n_in, n_out, nnz, cls=Network, dtype="float32"):
    return cls(
        [sample_exact(n_in, n_out, nnz, 3, 0)],
        [np.ones(nnz)],
        activations=[],
        dropout=[],
        loss="mse",
        optimizer=Optimizer(),
        dtype=dtype,
    )


def brute(network, count, signals, weights, keep=None, exclude=None):
    """The same by sorting all positions; exact where the sums are."""
    pattern = network.patterns[0]
    gradient = sum(
        w * x.astype(np.float64) @ d.astype(np.float64).T for w, (x, d) in zip(weights, signals, strict=True)
    )
    flat = gradient.reshape(-1)
    keys = link_keys(pattern)
    taken = np.zeros(flat.size, bool)
    taken[(keys if keep is None else keys[keep]).astype(np.int64)] = True
    if exclude is not None:
        taken[exclude.astype(np.int64)] = True
    free = np.flatnonzero(~taken)
    chosen = np.sort(free[np.lexsort((free, -np.abs(flat[free])))[:count]])
    return chosen.astype(np.uint64), flat[chosen]


def whole_numbers(rng, *shape, share=0.6):
    """Small whole numbers, many of them zero: their products add up without rounding, and ties abound."""
    return (rng.integers(-3, 4, shape) * (rng.random(shape) < share)).astype(np.float32)


@ENGINES
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("n_in", "n_out", "nnz", "sizes"),
    [
        (1, 1, 0, (1,)),
        (7, 5, 12, (3,)),
        (50, 33, 400, (8, 5, 8)),
        (130, 97, 1000, (40,)),
        (300, 40, 50, (1, 2)),
        (70, 60, 100, (300, 300, 7)),  # more samples than are gone through at once
        (40, 2500, 1000, (260,)),  # more targets than are packed at once
    ],
)
def test_equals_sorting_everything(cls, dtype, n_in, n_out, nnz, sizes):
    """Positions and values are exactly those of the full product, for any count, with ties by position."""
    rng = np.random.default_rng(n_in)
    network = one_layer(n_in, n_out, nnz, cls, dtype)
    network.keep_batches(len(sizes))
    signals = [(whole_numbers(rng, n_in, b), whole_numbers(rng, n_out, b)) for b in sizes]
    for x, d in signals:
        x[rng.random(n_in) < 0.3] = 0
        d[rng.random(n_out) < 0.3] = 0
        network.add_signals(0, x, d)
    weights = [2.0, -1.0, 0.5][: len(sizes)]
    keep = rng.random(nnz) < 0.7
    exclude = np.flatnonzero(rng.random(n_in * n_out) < 0.1).astype(np.uint64)
    free = n_in * n_out - len(np.union1d(link_keys(network.patterns[0])[keep], exclude))
    for count in sorted({0, 1, free // 7, free // 2, free}):
        if count > free:
            continue
        found = network.dense_gradient_top_k(0, count, keep=keep, exclude=exclude, weights=weights)
        wanted = brute(network, count, signals[::-1], weights, keep, exclude)
        np.testing.assert_array_equal(found[0], wanted[0])
        np.testing.assert_array_equal(found[1], wanted[1])
        assert found[0].dtype == np.uint64
        assert found[1].dtype == network.dtype


def test_threads_and_slices_give_the_same_bits(monkeypatch):
    """Nor does it matter how the sources are split among calls: the answer is a set, not a history."""
    rng = np.random.default_rng(5)
    network = one_layer(700, 300, 3000)
    network.keep_batches(2)
    for _ in range(2):
        network.add_signals(0, rng.normal(size=(700, 40)), rng.normal(size=(300, 40)))
    found, before = [], threads()
    try:
        for count, flop in ((1, 10**7), (2, 10**7), (3, 10**6), (5, 10**9)):
            set_threads(count)
            monkeypatch.setattr("gossamer.engine.network_gradient._FIRST_FLOP", flop)
            found.append(network.dense_gradient_top_k(0, 900, weights=[0.1, 0.09]))
    finally:
        set_threads(before)
    for positions, values in found[1:]:
        assert positions.tobytes() == found[0][0].tobytes()
        assert values.tobytes() == found[0][1].tobytes()


@pytest.mark.parametrize("large", [range(16, 700, 32), range(700), range(0, 700, 9), [699]])
@pytest.mark.parametrize("count", [1, 40, 2000, 30_000])
def test_it_does_not_matter_where_the_large_gradients_are(large, count):
    """Some sources are looked at first, to know how large the largest are about: a guess, not an answer."""
    rng = np.random.default_rng(8)
    network = one_layer(700, 300, 3000)
    network.keep_batches(1)
    x, d = whole_numbers(rng, 700, 40), whole_numbers(rng, 300, 40)
    x[list(large)] *= 100
    network.add_signals(0, x, d)
    found, wanted = network.dense_gradient_top_k(0, count), brute(network, count, [(x, d)], [1.0])
    np.testing.assert_array_equal(found[0], wanted[0])
    np.testing.assert_array_equal(found[1], wanted[1])


@ENGINES
def test_values_that_are_not_finite_are_a_diverged_training(cls):
    """Here of a hidden neuron that nothing reads, so that the loss is finite."""
    network = make_network((9, 6, 4), cls=cls, density=0.5)
    pattern = network.patterns[1]
    network.swap(1, pattern.link_sources() != 2, np.zeros(0, np.uint64), np.zeros(0), 0)
    network.set_bias(0, np.where(np.arange(6) == 2, np.inf, 0))
    network.keep_batches(1)
    ids = np.arange(13)
    inputs, labels = make_inputs(features=9), make_targets("cross_entropy", n_out=4)
    with np.errstate(invalid="ignore"):
        loss, _, _ = network.gradients(inputs, labels, ids, 0, 0, dropout=False, remember=True)
    assert np.isfinite(loss)
    network.dense_gradient_top_k(0, 1)
    with pytest.raises(DivergedError, match="the training diverged"):
        network.dense_gradient_top_k(1, 1)


@ENGINES
@pytest.mark.parametrize("activation", [Activation("relu"), Activation("tanh"), Activation("srelu")])
def test_is_the_gradient_of_absent_links(cls, activation):
    """A link of weight 0 put at a found position has that gradient, without changing anything else."""
    network = make_network(cls=cls, density=0.1, activation=activation, dropout=0.25)
    inputs, labels, ids = make_inputs(), make_targets("cross_entropy"), batches(13, 1)
    network.keep_batches(1)
    network.gradients(inputs, labels, ids, 4, 9, dropout=True, remember=True)
    for layer in range(network.n_layers):
        positions, values = network.dense_gradient_top_k(layer, 11)
        grown = make_network(cls=cls, density=0.1, activation=activation, dropout=0.25)
        nothing = np.zeros(11)
        grown.swap(layer, np.ones(grown.nnz[layer], bool), positions, nothing, 0)
        _, gradients, _ = grown.gradients(inputs, labels, ids, 4, 9, dropout=True)
        places = np.searchsorted(link_keys(grown.patterns[layer]), positions)
        np.testing.assert_allclose(gradients[layer][places], values, rtol=1e-10, atol=1e-15)
        assert np.abs(values).max() > 0


@ENGINES
def test_window_is_the_momentum_of_masked_dense_training(cls):
    """Weights (1 - beta) beta^age over the batches of the last steps, each with the weights of its step."""
    beta, window, steps = 0.8, 4, 6
    network = make_network(cls=cls, density=0.15, dropout=0.2)
    twin = make_network(cls=ReferenceNetwork, density=0.15, dropout=0.2)
    network.keep_batches(window)
    inputs, labels = make_inputs(), make_targets("cross_entropy")
    order, seen = batches(13, steps), []
    for s in range(steps):
        ids = order[13 * s : 13 * (s + 1)]
        twin.keep_batches(1)
        twin.gradients(inputs, labels, ids, s, 3, dropout=True, remember=True)
        seen.append([twin.signals(layer) for layer in range(3)])
        for one in (network, twin):
            one.train(inputs, labels, ids, 13, np.array([0.05]), s, 3)
        if s == 2:
            for one in (network, twin):
                rewire(one, 1, s)
    for layer in range(3):
        assert network.kept_batches(layer) == window
        momentum = sum(
            (1 - beta) * beta**age * x @ d.T
            for age, (x, d) in enumerate(step[layer] for step in seen[: -window - 1 : -1])
        ).reshape(-1)
        weights = [(1 - beta) * beta**age for age in range(40)]
        positions, values = network.dense_gradient_top_k(layer, 20, weights=weights)
        np.testing.assert_allclose(values, momentum[positions.astype(np.int64)], rtol=1e-9, atol=1e-14)
        momentum[link_keys(network.patterns[layer]).astype(np.int64)] = 0
        assert np.sort(np.abs(momentum))[-20] <= np.abs(values).min() + 1e-12


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_keeping_batches_changes_no_training(dropout):
    plain, keeping = (make_network(density=0.05, dropout=dropout, dtype="float32") for _ in range(2))
    keeping.keep_batches(3, [1])
    for network in (plain, keeping):
        take_steps(network, 13, 5)
    for layer in range(3):
        assert plain.column(layer, "weight").tobytes() == keeping.column(layer, "weight").tobytes()
        assert keeping.kept_batches(layer) == (3 if layer == 1 else 0)
    keeping.keep_batches(0)
    assert keeping.kept_batches(1) == 0


def test_kept_signals_are_those_of_the_twin_and_can_be_put_back():
    pair = [make_network(cls=cls, density=0.1, dropout=0.2) for cls in (Network, ReferenceNetwork)]
    for network in pair:
        network.keep_batches(2)
        take_steps(network, 13, 3)
    again = make_network(density=0.1)
    again.keep_batches(2)
    for layer in range(3):
        for age in (0, 1):
            for ours, theirs in zip(*(network.signals(layer, age) for network in pair), strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-14)
        for age in (1, 0):
            again.add_signals(layer, *pair[0].signals(layer, age))
        found = [network.dense_gradient_top_k(layer, 9, weights=[0.5, 0.4]) for network in (pair[0], again)]
        np.testing.assert_array_equal(found[0][0], found[1][0])
        assert found[0][1].tobytes() == found[1][1].tobytes()


@ENGINES
def test_refusals(cls):
    network = one_layer(6, 5, 10, cls)
    rows = np.ones((6, 4), np.float32), np.ones((5, 4), np.float32)
    with pytest.raises(ConfigError, match="0 batches are kept"):
        network.dense_gradient_top_k(0, 1)
    with pytest.raises(ConfigError, match="No batches of layer 0 are kept"):
        network.add_signals(0, *rows)
    network.keep_batches(2)
    network.add_signals(0, *rows)
    for call, kind, words in (
        (lambda: network.dense_gradient_top_k(0, 21), DataError, "21 positions are asked for, and 20"),
        (lambda: network.dense_gradient_top_k(0, -1), DataError, "-1 positions"),
        (lambda: network.dense_gradient_top_k(0, 1, keep=np.ones(3, bool)), DataError, "keep has shape"),
        (lambda: network.dense_gradient_top_k(0, 1, exclude=np.array([4, 4])), DataError, "ascend"),
        (lambda: network.dense_gradient_top_k(0, 1, exclude=np.array([30])), DataError, "below 30"),
        (lambda: network.dense_gradient_top_k(0, 1, weights=[np.nan]), ConfigError, "finite"),
        (lambda: network.signals(0, 1), ConfigError, "age 1"),
        (lambda: network.keep_batches(-1), ConfigError, "-1 batches"),
        (lambda: network.keep_batches(2, [1]), ConfigError, "layers 0 to 0"),
        (lambda: network.add_signals(0, rows[1], rows[0]), DataError, "expected 6 and 5 neurons"),
        (lambda: network.add_signals(0, rows[0] * np.inf, rows[1]), DataError, "NaN or infinite"),
    ):
        with pytest.raises(kind, match=words):
            call()


def test_cost():
    cost = dense_gradient_cost(10_000, 10_000, 40, 30_000)
    assert cost.flop == 2 * 10**8 * 40
    assert cost.bytes < 50 * 2**20
    with pytest.raises(ConfigError, match="at most 1e\\+14 are allowed"):
        dense_gradient_cost(10**6, 10**6, MOST_FLOP // (2 * 10**12) + 1, 1)
