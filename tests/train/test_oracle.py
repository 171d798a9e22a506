"""The comparison of a run with masked dense arrays passes where it must, and only there."""

import numpy as np
import pytest

from gossamer.engine.masked_dense import MaskedDenseNetwork
from gossamer.errors import ConfigError
from gossamer.train.agreement import EpochDifference, StepDifference
from gossamer.train.oracle import compare_with_masked_dense
from gossamer.train.session import train


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"optimizer__kind": "adam", "optimizer__learning_rate": 0.01},
        {"network__loss": "mse", "network__activation": "all_relu", "optimizer__nesterov": True},
        {"method__when": {"kind": "every_steps", "every": 7}, "training__last_batch": "keep"},
        {"method__last_update": "prune", "method__layers": "all"},
        {"method__drop": {"kind": "paper_threshold"}, "method__last_update": "both"},
        {"network__activation": "srelu"},
        {"data__name": "digits", "data__train_samples": 120, "network__hidden": [10]},
    ],
)
def test_agrees_step_by_step_to_rounding(small, values):
    # 100 steps of rounding errors of 1e-16 each, in a float64 network of a few neurons; Adam divides them by
    # eps at worst.
    found = compare_with_masked_dense(small(**values))
    assert found.agrees
    assert found.largest < (1e-10 if "optimizer__kind" in values else 1e-12)
    assert all(epoch.same_links for epoch in found.epochs)
    assert all(epoch.accuracy == epoch.dense_accuracy for epoch in found.epochs)


def test_follows_the_run_that_is_trained(small, small_data):
    run = train(small(network__dtype="float64"), small_data)
    found = compare_with_masked_dense(small(), small_data)
    assert [epoch.accuracy for epoch in found.epochs] == run.history.test_accuracy.tolist()


@pytest.mark.parametrize("follow", [False, True])
def test_float32_agrees_to_its_own_rounding(small, small_data, follow):
    found = compare_with_masked_dense(small(), small_data, dtype="float32", follow=follow)
    assert found.agrees
    assert 1e-9 < found.weights < 1e-4
    assert (found.follow, found.dtype) == (follow, "float32")


def test_stops_after_the_epochs_asked_for_and_tells_every_step(small, small_data):
    told = []
    found = compare_with_masked_dense(small(), small_data, epochs=2, listen=told.append)
    epochs = [difference for difference in told if isinstance(difference, EpochDifference)]
    steps = [difference for difference in told if isinstance(difference, StepDifference)]
    assert tuple(epochs) == found.epochs
    assert len(epochs) == 2
    assert [(s.epoch, s.step) for s in steps] == [(e, k + 1) for e in (1, 2) for k in range(epochs[0].steps)]
    assert found.weights == max(s.weights for s in steps)


def test_a_small_error_of_the_arithmetic_is_found(small, small_data, monkeypatch):
    right = MaskedDenseNetwork._weight_gradient

    def wrong(self, layer, layer_input, delta):
        return right(self, layer, layer_input, delta) * (1 + 1e-7 * (layer == 1))

    monkeypatch.setattr(MaskedDenseNetwork, "_weight_gradient", wrong)
    for follow in (False, True):
        found = compare_with_masked_dense(small(), small_data, epochs=1, follow=follow)
        assert not found.agrees
        assert 1e-9 < found.largest < 1e-5


def test_other_links_are_found_and_end_the_comparison(small, small_data, monkeypatch):
    right = MaskedDenseNetwork.swap

    def wrong(self, layer, keep, grow, grow_values, step):
        grow = np.array(grow)
        return right(self, layer, keep, grow[1:], grow_values[1:], step)

    monkeypatch.setattr(MaskedDenseNetwork, "swap", wrong)
    found = compare_with_masked_dense(small(), small_data)
    assert not found.agrees
    assert len(found.epochs) == 1
    assert not found.epochs[0].same_links


def test_a_tolerance_below_rounding_does_not_pass(small, small_data):
    assert not compare_with_masked_dense(small(), small_data, epochs=1, tolerance=1e-30).agrees


def test_both_diverging_is_agreement(small, small_data):
    wild = small(optimizer__learning_rate=1e5, network__activation="linear", network__loss="mse")
    found = compare_with_masked_dense(wild, small_data, follow=True)
    assert len(found.epochs) < 5
    assert found.agrees


def test_refuses_large_networks(small, small_data):
    with pytest.raises(ConfigError, match="positions"):
        compare_with_masked_dense(small(network__hidden=[3000, 3000]), small_data)
