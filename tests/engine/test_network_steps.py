"""A fused step is its parts, a long call is its slices, and a step that goes wrong changes nothing."""

import numpy as np
import pytest
from network_helpers import (
    ACTIVATIONS,
    LOSSES,
    OPTIMIZERS,
    assert_same_state,
    batches,
    covering,
    make_inputs,
    make_network,
    make_targets,
    state,
    take_steps,
)

from gossamer.engine import calls

TYPES = ("float32", "float64")


@pytest.mark.parametrize(
    ("optimizer", "dtype", "batch", "activation", "loss"),
    covering(OPTIMIZERS, TYPES, (40, 100, 7), ACTIVATIONS, LOSSES)[::2],
    ids=lambda value: str(getattr(value, "name", getattr(value, "kind", value))),
)
def test_training_is_gradients_then_apply(optimizer, dtype, batch, activation, loss):
    """The same bits, with dropout, over several steps."""
    options = {
        "optimizer": optimizer,
        "dtype": dtype,
        "activation": activation,
        "loss": loss,
        "dropout": 0.2,
    }
    fused, parts = make_network(**options), make_network(**options)
    record = take_steps(fused, batch, 3, first_step=6)
    inputs, targets, order = make_inputs(), make_targets(loss), batches(batch, 3)
    for s, lr in enumerate(0.05 * np.linspace(1, 0.5, 3)):
        ids = order[s * batch : (s + 1) * batch]
        assert parts.gradients(inputs, targets, ids, 6 + s, 99, dropout=True)[0] == record.loss[s]
        parts.apply(lr, 6 + s)
    assert_same_state(fused, parts)


def test_gradients_change_nothing():
    network = make_network(dropout=0.2)
    before = state(network)
    inputs, labels = make_inputs(), make_targets("cross_entropy")
    first = network.gradients(inputs, labels, np.arange(40), 0, 1, dropout=True)
    kept = [gradient.copy() for gradient in first[1] + first[2]]
    network.scores(inputs)
    second = network.gradients(inputs, labels, np.arange(40), 0, 1, dropout=True)
    for one, other in zip(kept, second[1] + second[2], strict=True):
        np.testing.assert_array_equal(one, other)
    assert all((column == state(network)[key]).all() for key, column in before.items())


@pytest.mark.parametrize("seconds", [1e-9, 1e-4, 10.0])
def test_slices_of_a_call_give_the_same_bits(monkeypatch, seconds):
    whole, sliced = (make_network(dtype="float32", dropout=0.2) for _ in range(2))
    record = take_steps(whole, steps=50)
    calls_made = []
    monkeypatch.setattr(calls, "CALL_SECONDS", seconds)
    inputs, labels, rates = make_inputs(), make_targets("cross_entropy"), 0.05 * np.linspace(1, 0.5, 50)
    parts = sliced.train(
        inputs,
        labels,
        batches(40, 50),
        40,
        rates,
        0,
        99,
        between=lambda: calls_made.append(1) or True,
    )
    np.testing.assert_array_equal(parts.loss, record.loss)
    np.testing.assert_array_equal(parts.correct, record.correct)
    assert_same_state(whole, sliced)
    assert len(calls_made) == 49 or seconds > 1e-6
    scores = whole.scores(inputs)
    monkeypatch.setattr(calls, "CALL_SECONDS", 0.3)
    np.testing.assert_array_equal(whole.scores(inputs), scores)


def test_calls_in_pieces_give_the_same_bits():
    whole, pieces = (make_network(dtype="float32", dropout=0.2) for _ in range(2))
    inputs, labels, rates = make_inputs(), make_targets("cross_entropy"), np.full(10, 0.05)
    order = batches(40, 10)
    whole.train(inputs, labels, order, 40, rates, 0, 4)
    for first, last in ((0, 1), (1, 6), (6, 6), (6, 10)):
        record = pieces.train(inputs, labels, order[40 * first : 40 * last], 40, rates[first:last], first, 4)
        assert record.bad_step == -1
        assert len(record.loss) == last - first
    assert_same_state(whole, pieces)


def test_training_ends_early_when_between_says_so(monkeypatch):
    monkeypatch.setattr(calls, "CALL_SECONDS", 1e-9)
    stopped, short = make_network(), make_network()
    inputs, labels, answers = make_inputs(), make_targets("cross_entropy"), iter([True, True, False])
    record = stopped.train(
        inputs, labels, batches(40, 20), 40, np.full(20, 0.1), 0, 1, between=lambda: next(answers)
    )
    assert record.bad_step == -1
    assert len(record.loss) == len(record.correct) == 3
    short.train(inputs, labels, batches(40, 20)[:120], 40, np.full(3, 0.1), 0, 1)
    assert_same_state(stopped, short)


def poison(network, layer, value, output):
    """Set the weights of the links into one output, or into one neuron of the first layer."""
    weights = network.column(layer, "weight").copy()
    weights[network.patterns[layer].targets == output] = value
    network.set_column(layer, "weight", weights)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("layer", "value", "output"),
    [(0, np.nan, 3), (2, np.nan, 0), (2, np.nan, 4), (2, np.inf, 0), (2, np.inf, 4)],
)
def test_a_step_whose_loss_is_not_finite_changes_nothing(loss, dtype, layer, value, output):
    """Wherever the bad number enters, whether or not its output is the label of a sample."""
    network = make_network(loss=loss, dtype=dtype, density=0.6)
    take_steps(network)
    poison(network, layer, value, output)
    before = {key: column.tobytes() for key, column in state(network).items()}
    inputs, targets = make_inputs(), make_targets(loss)
    if loss == "cross_entropy":
        targets %= 3
    record = network.train(inputs, targets, batches(40, 4), 40, np.full(4, 0.1), 3, 1)
    assert record.bad_step == 0
    assert np.isnan(record.loss).all()
    assert record.correct.tolist() == [0, 0, 0, 0]
    assert {key: column.tobytes() for key, column in state(network).items()} == before
    assert not np.isfinite(network.evaluate(inputs, targets)[0])


@pytest.mark.parametrize("sliced", [False, True])
def test_the_bad_step_is_counted_from_the_start_of_the_call(monkeypatch, sliced):
    """A huge learning rate breaks the third step, also where each step is a call of its own."""
    if sliced:
        monkeypatch.setattr(calls, "CALL_SECONDS", 1e-9)
    network = make_network(loss="mse", dtype="float32")
    rates = np.array([0.1, 0.1, 1e36, 0.1, 0.1, 0.1])
    record = network.train(make_inputs(), make_targets("mse"), batches(40, 6), 40, rates, 0, 1)
    assert record.bad_step in (3, 4)
    assert np.isfinite(record.loss[: record.bad_step]).all()
    assert np.isnan(record.loss[record.bad_step :]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_bad_samples_end_with_a_bad_step(value):
    """Inputs refuse numbers that are not finite; written into the array later, they end in the loss."""
    inputs = make_inputs(kind="float32")
    network = make_network()
    inputs.values[7, :] = value
    before = state(network)
    record = network.train(inputs, make_targets("cross_entropy"), np.arange(16), 8, np.full(2, 0.1), 0, 1)
    assert record.bad_step == 0
    assert all((column == state(network)[key]).all() for key, column in before.items())


@pytest.mark.parametrize("rate", [np.nan, np.inf, 1e300])
def test_learning_rates_that_are_no_numbers_are_refused(rate):
    network = make_network(dtype="float32")
    with pytest.raises(ValueError, match=r"learning rate is .*, expected a finite number"):
        take_steps(network, lr=rate)
    network.gradients(make_inputs(), make_targets("cross_entropy"), np.arange(8), 0, 0, dropout=False)
    with pytest.raises(ValueError, match="learning rate is"):
        network.apply(rate, 0)
