"""The reference network: gradients against finite differences, optimizers by hand, dropout, swaps."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array

from gossamer._native import Pattern
from gossamer.engine import reference_math as rm
from gossamer.engine.activation import Activation, dropout_threshold
from gossamer.engine.initial import Initial, initial_weights
from gossamer.engine.inputs import Inputs
from gossamer.engine.loss import checked_targets, classes_of_scores, probabilities
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.reference import ReferenceNetwork
from gossamer.engine.reference_swap import link_keys
from gossamer.errors import ConfigError, DataError

ACTIVATIONS = [
    Activation("relu"),
    Activation("leaky_relu", 0.2),
    Activation("all_relu", 0.6),
    Activation("tanh"),
    Activation("sigmoid"),
    Activation("linear"),
]
LOSSES = ["cross_entropy", "binary_cross_entropy", "mse", "huber", "poisson"]


def pattern_of(mask):
    mask = np.asarray(mask, bool)
    offsets = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype(np.int64)
    return Pattern(*mask.shape, offsets, np.nonzero(mask)[1].astype(np.uint32))


def make_network(
    sizes=(5, 6, 4, 3), *, activation=ACTIVATIONS[0], dropout=0.0, loss="cross_entropy", **others
):
    rng = np.random.default_rng(7)
    patterns = [pattern_of(rng.random(shape) < 0.6) for shape in pairwise(sizes)]
    hidden = len(sizes) - 2
    network = ReferenceNetwork(
        patterns,
        [rng.normal(size=p.nnz) for p in patterns],
        activations=[activation] * hidden,
        dropout=[dropout] * hidden,
        loss=loss,
        optimizer=others.get("optimizer", Optimizer()),
        dtype=others.get("dtype", "float64"),
    )
    for layer in range(network.n_layers):
        network.set_bias(layer, rng.normal(size=patterns[layer].n_out))
    return network


def make_data(network, n=9):
    rng = np.random.default_rng(3)
    inputs = Inputs.plain(rng.random((n, network.sizes[0])).astype(np.float32))
    if network.loss == "cross_entropy":
        return inputs, rng.integers(0, network.sizes[-1], n)
    return inputs, rng.random((n, network.sizes[-1]))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.name)
def test_gradients_are_finite_differences(activation, loss):
    network = make_network(activation=activation, dropout=0.3, loss=loss)
    inputs, targets = make_data(network)
    ids = np.array([3, 1, 8, 4])

    def loss_now():
        return network.gradients(inputs, targets, ids, 5, 11, dropout=True)[0]

    _, weight_gradients, bias_gradients = network.gradients(inputs, targets, ids, 5, 11, dropout=True)
    h = 1e-6
    for layer in range(network.n_layers):
        for get, put, gradient in (
            (
                lambda k: network.column(k, "weight"),
                lambda k, v: network.set_column(k, "weight", v),
                weight_gradients,
            ),
            (network.bias, network.set_bias, bias_gradients),
        ):
            values = get(layer).copy()
            for k in range(len(values)):
                shifted = values.copy()
                shifted[k] += h
                put(layer, shifted)
                above = loss_now()
                shifted[k] -= 2 * h
                put(layer, shifted)
                difference = (above - loss_now()) / (2 * h)
                put(layer, values)
                assert gradient[layer][k] == pytest.approx(difference, rel=2e-5, abs=1e-8)


def test_forward_and_backward_products_are_adjoint():
    rng = np.random.default_rng(0)
    pattern = pattern_of(rng.random((7, 5)) < 0.5)
    w, x, y = rng.normal(size=pattern.nnz), rng.normal(size=(7, 3)), rng.normal(size=(5, 3))
    forward = rm.matrix(pattern, w).T @ x
    backward = rm.matrix(pattern, w) @ y
    on_links = rm.products_on_pattern(pattern, x, y)
    assert np.vdot(forward, y) == pytest.approx(np.vdot(x, backward))
    assert np.vdot(forward, y) == pytest.approx(np.vdot(w, on_links))


def two_links(optimizer):
    """One input to two outputs under mse, so that the gradient of link k is (w_k + b_k - target_k) * x."""
    network = ReferenceNetwork(
        [pattern_of([[1, 1]])],
        [np.array([0.5, -2.0])],
        activations=[],
        dropout=[],
        loss="mse",
        optimizer=optimizer,
        dtype="float64",
    )
    return network, Inputs.plain(np.array([[2.0]], np.float32)), np.array([[0.25, 1.0]])


HAND = [
    # (decay form, factor in the gradient, shrink at lr 0.1 and wd 0.01)
    ("l2", 0.01, 0.0),
    ("decoupled_lr", 0.0, 0.001),
    ("decoupled", 0.0, 0.01),
]


@pytest.mark.parametrize("decay_biases", [True, False])
@pytest.mark.parametrize(("form", "in_gradient", "shrink"), HAND)
@pytest.mark.parametrize("kind", ["heavy", "nesterov", "adam"])
def test_optimizer_formulas(kind, form, in_gradient, shrink, decay_biases):
    optimizer = Optimizer(
        "adam" if kind == "adam" else "sgd",
        nesterov=kind == "nesterov",
        weight_decay=0.01,
        weight_decay_form=form,
        decay_biases=decay_biases,
    )
    network, inputs, targets = two_links(optimizer)
    network.train(inputs, targets, np.zeros(2, np.int64), 1, np.array([0.1, 0.1]), 3, 0)
    w, b = [0.5, -2.0], [0.0, 0.0]
    state = {"w": [0.0, 0.0], "b": [0.0, 0.0], "ws": [0.0, 0.0], "bs": [0.0, 0.0]}

    def stepped(name, k, value, gradient, t):
        decays = decay_biases or name == "w"
        g = gradient + (in_gradient * value if decays else 0.0)
        if kind == "adam":
            m = state[name][k] = 0.9 * state[name][k] + 0.1 * g
            s = state[name + "s"][k] = 0.999 * state[name + "s"][k] + 0.001 * g * g
            change = -0.1 * (m / (1 - 0.9**t)) / (math.sqrt(s / (1 - 0.999**t)) + 1e-8)
        else:
            v = state[name][k] = 0.9 * state[name][k] - 0.1 * g
            change = 0.9 * v - 0.1 * g if kind == "nesterov" else v
        return value + change - (shrink * value if decays else 0.0)

    for t in (4, 5):
        for k in range(2):
            error = 2.0 * w[k] + b[k] - targets[0, k]
            w[k], b[k] = stepped("w", k, w[k], 2.0 * error, t), stepped("b", k, b[k], error, t)
    np.testing.assert_allclose(network.column(0, "weight"), w, rtol=1e-12)
    np.testing.assert_allclose(network.bias(0), b, rtol=1e-12)


def test_training_is_gradients_then_apply():
    trained, stepped = make_network(dropout=0.2), make_network(dropout=0.2)
    inputs, targets = make_data(trained)
    order = np.arange(8)
    record = trained.train(inputs, targets, order, 4, np.array([0.1, 0.05]), 6, 1)
    losses = []
    for s, lr in enumerate((0.1, 0.05)):
        losses.append(stepped.gradients(inputs, targets, order[4 * s : 4 * s + 4], 6 + s, 1, dropout=True)[0])
        stepped.apply(lr, 6 + s)
    np.testing.assert_array_equal(record.loss, losses)
    for layer in range(trained.n_layers):
        np.testing.assert_array_equal(trained.column(layer, "weight"), stepped.column(layer, "weight"))


def test_a_step_that_is_not_finite_changes_nothing():
    network = make_network(loss="mse")
    inputs, targets = make_data(network)
    network.set_bias(0, np.full(6, 1e200))
    before = network.column(0, "weight").copy()
    with np.errstate(over="ignore"):
        record = network.train(inputs, targets, np.arange(8), 4, np.array([0.1, 0.1]), 0, 0)
    assert record.bad_step == 0
    assert np.isnan(record.loss).all()
    np.testing.assert_array_equal(network.column(0, "weight"), before)


@pytest.mark.parametrize("form", ["uint8", "csr"])
def test_every_kind_of_input_gives_the_same_scores(form):
    network = make_network()
    u = np.random.default_rng(1).integers(0, 3, (6, 5)).astype(np.uint8)
    scale = np.linspace(0.5, 1, 5).astype(np.float32)
    scaled = Inputs.plain(u.astype(np.float32) * scale)
    other = u if form == "uint8" else csr_array(u.astype(np.float32))
    scores = network.scores(Inputs(other, scale, np.zeros(5)), batch=4)
    np.testing.assert_allclose(scores, network.scores(scaled), rtol=1e-6)


def test_evaluation_agrees_with_its_parts():
    network = make_network()
    inputs, labels = make_data(network)
    loss, accuracy, predicted = network.evaluate(inputs, labels)
    probability = network.predict_proba(inputs)
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    np.testing.assert_array_equal(predicted, probability.argmax(axis=1))
    assert accuracy == np.mean(predicted == labels)
    assert loss == pytest.approx(-np.log(probability[np.arange(len(labels)), labels]).mean())


def test_one_output_means_two_classes():
    scores = np.array([[-0.1], [0.2], [0.7]])
    np.testing.assert_array_equal(classes_of_scores(scores, "binary_cross_entropy"), [0, 1, 1])
    np.testing.assert_array_equal(classes_of_scores(scores, "mse"), [0, 0, 1])


def test_dropout_keeps_the_achieved_fraction_and_is_logical():
    threshold = dropout_threshold(0.2)
    assert threshold == 51
    factors = rm.dropout_factors(200, 500, threshold, step=4, hidden_layer=1, seed=9)
    kept = 1 - 51 / 256
    np.testing.assert_allclose(np.unique(factors), [0, 1 / kept])
    # 100,000 independent elements: six standard deviations.
    assert abs((factors > 0).mean() - kept) < 6 * math.sqrt(kept * (1 - kept) / factors.size)
    part = rm.dropout_factors(7, 33, threshold, step=4, hidden_layer=1, seed=9)
    np.testing.assert_array_equal(part, factors[:7, :33])
    assert (rm.dropout_factors(200, 500, threshold, step=5, hidden_layer=1, seed=9) != factors).any()


def test_swap_keeps_the_state_of_kept_links_and_grown_ones_start_at_zero():
    network = make_network()
    inputs, targets = make_data(network)
    network.train(inputs, targets, np.arange(8), 4, np.array([0.1, 0.1]), 0, 0)
    pattern = network.patterns[0]
    keys = link_keys(pattern)
    before = {
        name: dict(zip(keys.tolist(), network.column(0, name), strict=True))
        for name in network.column_names(0)
    }
    keep = np.arange(pattern.nnz) % 3 != 0
    free = np.setdiff1d(np.arange(pattern.n_in * pattern.n_out, dtype=np.uint64), keys)[:2]
    grow = np.sort(np.append(free, keys[0]))
    report = network.swap(0, keep, grow, np.array([1.0, 2.0, 3.0]), 17)
    assert (report.dropped, report.grown, report.regrown) == ((~keep).sum(), 3, 1)
    assert report.nnz == network.nnz[0] == keep.sum() + 3
    values = dict(zip(grow.tolist(), [1.0, 2.0, 3.0], strict=True))
    for k, key in enumerate(link_keys(network.patterns[0]).tolist()):
        expected = {"weight": values.get(key), "velocity": 0.0, "birth": 17}
        for name in network.column_names(0):
            value = expected[name] if key in values else before[name][key]
            assert network.column(0, name)[k] == value


@pytest.mark.parametrize("what", ["repeated", "descending", "outside", "taken"])
def test_a_bad_swap_is_refused(what):
    network = make_network()
    taken = link_keys(network.patterns[0])
    free = np.setdiff1d(np.arange(30, dtype=np.uint64), taken)
    grow = {"repeated": free[[0, 0]], "descending": free[[1, 0]], "outside": [30], "taken": taken[:1]}[what]
    with pytest.raises(DataError):
        network.swap(0, np.ones(len(taken), bool), np.array(grow, np.uint64), np.zeros(len(grow)), 0)


@pytest.mark.parametrize("name", ["he_uniform", "he_normal", "glorot_uniform", "glorot_normal"])
@pytest.mark.parametrize("fan_in", ["dense", "actual"])
def test_initial_weights_have_the_variance_of_their_fan(name, fan_in):
    mask = np.zeros((400, 300), bool)
    mask[:, :100] = True  # actual: in-degree 400, out-degree 100
    weights = initial_weights([pattern_of(mask)], name, fan_in, seed=1, dtype="float64")[0]
    fan = 400 if name.startswith("he") else 400 + (300 if fan_in == "dense" else 100)
    # 40,000 draws of kurtosis at most 3: the variance's relative standard error is at most sqrt(2 / 40000).
    assert weights.var() == pytest.approx(2 / fan, rel=6 * math.sqrt(2 / 40000))
    if name.endswith("uniform"):
        assert abs(weights).max() <= math.sqrt(6 / fan)


def test_bad_values_are_refused():
    good = np.zeros((2, 3), np.float32)
    for values in (
        good.astype(np.float64),
        good[0],
        good.T,
        good.tolist(),
        good * np.nan,
        csr_array(good, dtype="f8"),
    ):
        with pytest.raises(DataError):
            Inputs.plain(values) if hasattr(values, "ndim") else Inputs(values, np.ones(3), np.zeros(3))
    twice = csr_array((np.ones(2, np.float32), np.array([1, 1]), np.array([0, 2])), shape=(1, 3))
    with pytest.raises(DataError):
        Inputs.plain(twice)
    with pytest.raises(DataError):
        Inputs(csr_array(good), np.ones(3), np.ones(3))
    with pytest.raises(DataError):
        Inputs(good, np.ones(2), np.zeros(3))
    for loss, targets in (("cross_entropy", [0, 3]), ("cross_entropy", [0.0, 1.0]), ("mse", [[np.nan], [0]])):
        with pytest.raises(DataError):
            checked_targets(np.array(targets), loss, 2, 3 if loss == "cross_entropy" else 1)
    with pytest.raises(DataError):
        checked_targets(np.array([[1.5]]), "binary_cross_entropy", 1, 1)
    for bad in (
        lambda: Optimizer("sdg"),
        lambda: Optimizer(momentum=1.0),
        lambda: Optimizer(weight_decay=math.nan),
        lambda: Activation("swish"),
        lambda: Initial("he"),
        lambda: dropout_threshold(1.0),
        lambda: make_network(dropout=-0.1),
        lambda: make_network(loss="hinge"),
        lambda: probabilities(np.zeros((1, 1)), "mse"),
        lambda: make_network().apply(0.1, 0),
    ):
        with pytest.raises(ConfigError):
            bad()
