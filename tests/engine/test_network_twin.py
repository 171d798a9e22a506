"""The native network does what the reference network does, in float64 to a few roundings."""

import numpy as np
import pytest
from network_helpers import (
    ACTIVATIONS,
    BATCHES,
    INPUT_KINDS,
    LOSSES,
    assert_close_state,
    batches,
    covering,
    make_inputs,
    make_network,
    make_targets,
    pattern_of,
    rewire,
    state,
    take_steps,
)

from gossamer._native import cpu
from gossamer.engine.inputs import Inputs
from gossamer.engine.network import Network
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.reference import ReferenceNetwork
from gossamer.errors import ConfigError, DataError

RULES = ("sgd", "nesterov", "adam")
DECAYS = ("l2", "decoupled_lr", "decoupled")
CASES = covering(BATCHES, ACTIVATIONS, LOSSES, RULES, DECAYS, INPUT_KINDS, (True, False))


def both(**options):
    return make_network(**options), make_network(cls=ReferenceNetwork, **options)


@pytest.mark.parametrize(
    ("batch", "activation", "loss", "rule", "decay", "kind", "decay_biases"),
    CASES,
    ids=lambda value: str(getattr(value, "name", value)),
)
def test_training(batch, activation, loss, rule, decay, kind, decay_biases):
    """Three steps with dropout end in the same state, and both then judge the samples alike.

    Sums of at most a few hundred products in another order differ by less than 1e-13 of their size. Adam
    divides by the root of a mean square, which can make a relative error of a gradient near zero into an
    absolute one: 1e-9 leaves room for that.
    """
    optimizer = Optimizer(
        "adam" if rule == "adam" else "sgd",
        nesterov=rule == "nesterov",
        weight_decay=2e-3,
        weight_decay_form=decay,
        decay_biases=decay_biases,
    )
    native, twin = both(activation=activation, loss=loss, optimizer=optimizer, dropout=0.3)
    ours = take_steps(native, batch, kind=kind, first_step=11)
    theirs = take_steps(twin, batch, kind=kind, first_step=11)
    tolerance = 1e-9 if rule == "adam" else 1e-12
    np.testing.assert_allclose(ours.loss, theirs.loss, rtol=tolerance)
    np.testing.assert_array_equal(ours.correct, theirs.correct)
    assert ours.bad_step == theirs.bad_step == -1
    assert_close_state(native, twin, tolerance)
    inputs, targets = make_inputs(kind=kind), make_targets(loss)
    np.testing.assert_allclose(native.scores(inputs), twin.scores(inputs), rtol=1e-8, atol=1e-8)
    ours, theirs = native.evaluate(inputs, targets), twin.evaluate(inputs, targets)
    np.testing.assert_allclose(ours[:2], theirs[:2], rtol=1e-8)
    np.testing.assert_array_equal(ours[2], theirs[2])


@pytest.mark.parametrize("dropout", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_gradients(loss, dropout):
    native, twin = both(loss=loss, dropout=0.3)
    arguments = make_inputs(), make_targets(loss), batches(13, 1), 4, 17
    ours, theirs = (network.gradients(*arguments, dropout=dropout) for network in (native, twin))
    assert ours[0] == pytest.approx(theirs[0], rel=1e-13)
    for mine, other in zip(ours[1] + ours[2], theirs[1] + theirs[2], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-15)


def test_training_after_swaps():
    native, twin = both(dropout=0.2)
    for network in (native, twin):
        take_steps(network)
        reports = [rewire(network, layer, 3) for layer in range(network.n_layers)]
        assert [report.nnz for report in reports] == list(network.nnz)
        take_steps(network, 13, first_step=3, kind="csr")
    assert_close_state(native, twin, 1e-12)
    assert all(a.same_as(b) for a, b in zip(native.patterns, twin.patterns, strict=True))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("n_out", [1, 2])
def test_few_outputs(loss, n_out):
    """One output stands for two classes, by the same rule in both."""
    native, twin = both(sizes=(37, 20, n_out), loss=loss, density=0.5)
    ours, theirs = take_steps(native), take_steps(twin)
    np.testing.assert_array_equal(ours.correct, theirs.correct)
    np.testing.assert_allclose(ours.loss, theirs.loss, rtol=1e-12)
    targets = make_targets(loss, n_out=n_out)
    ours, theirs = native.evaluate(make_inputs(), targets), twin.evaluate(make_inputs(), targets)
    np.testing.assert_array_equal(ours[2], theirs[2])


def test_inputs_are_rounded_once():
    """u * scale + shift in float32 has the bits of the exact value rounded (fused instruction sets)."""
    if not cpu()["fma"]:
        pytest.skip("without fused multiply-add the product is rounded, too")
    rng = np.random.default_rng(0)
    u = rng.integers(0, 256, (300, 6), dtype=np.uint8)
    inputs = Inputs(u, rng.random(6, np.float32), rng.random(6, np.float32))
    network = Network(
        [pattern_of(np.eye(6))], [np.ones(6)], activations=[], dropout=[], loss="mse", optimizer=Optimizer()
    )
    np.testing.assert_array_equal(network.scores(inputs), inputs.dense(np.arange(300)))


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 200])
def test_scores_do_not_depend_on_the_batch(n):
    """Every batch size gives the same bits: a sample's sums do not know its neighbours."""
    network = make_network(dtype="float32")
    inputs = make_inputs(n)
    scores = network.scores(inputs)
    assert scores.shape == (n, 5)
    for batch in (1, 7, 130):
        np.testing.assert_array_equal(network.scores(inputs, batch=batch), scores)


def test_columns_are_the_same_ones():
    for optimizer in (Optimizer(), Optimizer("adam")):
        native, twin = both(optimizer=optimizer)
        assert set(native.column_names(0)) == set(twin.column_names(0))
        assert {k: v.dtype for k, v in state(native).items()} == {k: v.dtype for k, v in state(twin).items()}
        assert (native.sizes, native.nnz, native.n_layers) == (twin.sizes, twin.nnz, twin.n_layers)
        for network in (native, twin):
            with pytest.raises(ValueError, match="read-only"):
                network.column(0, "weight")[0] = 1
            with pytest.raises(DataError):
                network.set_column(0, "weight", np.zeros(3))


@pytest.mark.parametrize("cls", [Network, ReferenceNetwork])
def test_both_refuse_alike(cls):
    network = make_network(cls=cls)
    for call in (
        lambda: network.bias_column(0, "birth"),
        lambda: network.column(0, "colour"),
        lambda: network.apply(0.1, 0),
    ):
        with pytest.raises(ConfigError):
            call()
    inputs, labels = make_inputs(), make_targets("cross_entropy")
    for call in (
        lambda: network.scores(make_inputs(features=3)),
        lambda: network.evaluate(make_inputs(0), labels[:0]),
        lambda: network.swap(0, np.ones(3, bool), np.zeros(0, np.uint64), np.zeros(0), 0),
        lambda: network.train(inputs, make_targets("mse"), batches(8, 1), 8, np.ones(1), 0, 0),
        lambda: network.train(inputs, labels, batches(8, 1), 9, np.ones(1), 0, 0),
        lambda: network.train(inputs, labels, np.full(8, 200), 8, np.ones(1), 0, 0),
    ):
        with pytest.raises(DataError):
            call()
