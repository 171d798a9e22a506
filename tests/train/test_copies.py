"""Runs and networks as values: they copy, pickle and print."""

import copy
import pickle

import numpy as np
import pytest

from gossamer._native import Pattern
from gossamer.engine.inputs import Inputs
from gossamer.train.classes import by_class
from gossamer.train.record import load
from gossamer.train.session import train

THROUGH = [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]


@pytest.mark.parametrize("through", THROUGH)
def test_a_pattern_is_copied(through):
    pattern = Pattern(3, 4, np.array([0, 2, 2, 3], np.int64), np.array([0, 3, 1], np.uint32))
    assert through(pattern).same_as(pattern)


@pytest.mark.parametrize("through", THROUGH)
@pytest.mark.parametrize("method", ["set", "snfs", "deep_r", "top_kast", "mest"])
@pytest.mark.parametrize("engine", ["native", "reference"])
def test_a_copied_network_goes_on_with_the_same_bits(through, method, engine, small, small_data):
    settings = {"network__activation": "srelu", "optimizer__kind": "adam", "execution__engine": engine}
    config = small(method=method, density=0.3, training__epochs=2, **settings)
    network = train(config, small_data, progress=lambda _: None).network
    network.keep_batches(3)
    inputs = Inputs.of(small_data.train, small_data)
    order, rates = np.arange(40), np.full(5, 0.01)
    network.train(inputs, small_data.train.labels, order, 8, rates, first_step=0, seed=1)
    other = through(network)
    for each in (network, other):
        each.train(inputs, small_data.train.labels, order[::-1].copy(), 8, rates, first_step=5, seed=1)
    for layer in range(network.n_layers):
        for name in network.column_names(layer):
            np.testing.assert_array_equal(network.column(layer, name), other.column(layer, name))
        for name in network.bias_column_names(layer):
            np.testing.assert_array_equal(network.bias_column(layer, name), other.bias_column(layer, name))
        for age in range(3):
            for ours, theirs in zip(network.signals(layer, age), other.signals(layer, age), strict=True):
                np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("through", THROUGH)
def test_a_copied_run_predicts_the_same(through, small, small_data, tmp_path):
    run = train(small(), small_data, folder=tmp_path)
    other = through(run)
    samples = np.random.default_rng(0).random((7, 20))
    np.testing.assert_array_equal(run.predict(samples), other.predict(samples))
    assert other.scores == run.scores


def test_a_run_prints_as_a_screen(small, small_data):
    text = str(train(small(), small_data))
    assert len(text.splitlines()) <= 15
    assert max(map(len, text.splitlines())) < 140
    assert "in memory (finished, 5 epochs)" in text
    assert "test accuracy" in text


def test_what_was_not_evaluated_is_no_number(small, small_data, tmp_path):
    run = train(small(training__train_evaluation_epochs=(2,)), small_data, folder=tmp_path)
    for history in (run.history, load(tmp_path).history):
        assert np.isnan(history.train_accuracy).tolist() == [True, False, True, True, False]
        assert np.isnan(history.train_loss).tolist() == [True, False, True, True, False]
        assert history.to_arrays()["train_loss"][0] == 0


def test_classes_are_counted_as_by_hand(small, small_data):
    found = train(small(), small_data)
    counted = by_class(found)
    truth, said = small_data.test.labels, found.predictions["last"].test
    for k in range(3):
        assert counted.samples[k] == (truth == k).sum()
        assert counted.accuracy[k] == pytest.approx((said[truth == k] == k).mean())
    most = counted.confused[0]
    assert most[2] == counted.confusion[np.where(~np.eye(3, dtype=bool))].max()


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_matrices_of_scipy_compute_what_the_network_does(engine, small, small_data):
    config = small(execution__engine=engine, network__dtype="float64", network__dropout=0.0)
    network = train(config, small_data, progress=lambda _: None).network
    inputs = Inputs.of(small_data.test, small_data)
    values = inputs.dense(np.arange(len(small_data.test)), np.float64)
    for layer in range(network.n_layers):
        values = values @ network.to_scipy(layer) + network.bias(layer)
        values = np.maximum(values, 0) if layer < network.n_layers - 1 else values
    np.testing.assert_allclose(values, network.scores(inputs), rtol=1e-9, atol=1e-12)
