"""Weights of samples and classes, and the losses of regressions, in a run."""

import numpy as np
import pytest

import gossamer
from gossamer.data import from_arrays
from gossamer.errors import ConfigError, DataError
from gossamer.train.overrides import with_overrides
from gossamer.train.session import train


def uneven(seed=0, n=600):
    """Two classes that overlap, one of 5 % of the samples."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.05).astype(int)
    labels[:4] = [0, 1, 0, 1]
    return rng.normal(size=(n, 4)) + labels[:, None], labels


@pytest.fixture
def rare():
    return from_arrays(uneven(), uneven(1), scaling="standardise")


def recall(run, dataset):
    found, truth = run.predictions["last"].test, dataset.test.labels
    return (found[truth == 1] == 1).mean()


def test_balanced_classes_find_the_rare_one(small, rare):
    settings = {"network__hidden": [30], "network__dropout": 0, "method": "static", "density": 0.8}
    plain = train(small(training__epochs=20, **settings), rare)
    balanced = train(small(training__epochs=20, training__class_weight="balanced", **settings), rare)
    assert recall(balanced, rare) > recall(plain, rare) + 0.2
    assert balanced.identity != plain.identity


def test_weights_of_the_data_are_weights_of_the_classes(small, rare):
    labels = rare.train.labels
    by_hand = rare.with_weights(len(labels) / (2 * np.bincount(labels)[labels]))
    one, other = train(small(training__class_weight="balanced"), rare), train(small(), by_hand)
    for layer in range(one.network.n_layers):
        np.testing.assert_array_equal(
            one.network.column(layer, "weight"), other.network.column(layer, "weight")
        )
    assert len({rare.checksum, by_hand.checksum, rare.with_weights(np.ones(len(labels))).checksum}) == 3


def test_a_weighted_run_goes_on_where_it_stopped(small, rare, tmp_path, result_bytes):
    config = small(training__class_weight="balanced", method="rigl", density=0.3, method__when__every=10)
    train(config, rare, folder=tmp_path / "whole")
    for pieces in (3, 2, 10**6):
        asked = iter(range(pieces))
        train(config, rare, folder=tmp_path / "cut", stop=lambda asked=asked: next(asked, None) is None)
    assert result_bytes(tmp_path / "whole") == result_bytes(tmp_path / "cut")


@pytest.mark.parametrize("weights", [np.ones(3), -np.ones(600), np.full(600, np.inf), np.zeros(600)])
def test_other_weights_are_refused(rare, weights):
    with pytest.raises(DataError, match="weights"):
        rare.with_weights(weights)


@pytest.mark.parametrize("loss", ["huber", "poisson"])
def test_counts_are_learned_in_their_own_units(loss, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 5))
    y = rng.poisson(np.exp(1 + 0.6 * X[:, 0]))
    settings = {"data.task": "regression", "network.loss": loss, "epochs": 30, "learning_rate": 0.01}
    if loss == "poisson":
        settings["data.target_scaling"] = "none"
    run = gossamer.train(None, (X, y), folder=tmp_path / "run", hidden=[20], **settings)
    expected = np.exp(1 + 0.6 * X[:, 0])
    values = gossamer.load(tmp_path / "run").predict(X)
    assert np.corrcoef(values, expected)[0, 1] > 0.9
    assert values.mean() == pytest.approx(y.mean(), rel=0.2)
    assert run.scores["r2"].last.value > 0.2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"data.task": "regression", "network.loss": "poisson"}, "target_scaling"),
        ({"data.task": "regression", "training.class_weight": "balanced"}, "class_weight"),
        ({"network.loss": "huber"}, "network.loss is 'huber'"),
    ],
)
def test_what_does_not_fit_is_refused(values, words):
    with pytest.raises(ConfigError, match=words):
        with_overrides(gossamer.RunConfig(), values)
