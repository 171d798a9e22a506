import pytest

from gossamer.design.policies import policies
from gossamer.errors import ConfigError
from gossamer.study.plan.policies import POLICIES, Outcome, Policy, policy_named, register_policy


def test_selected_accuracy_falls_back_to_the_best_on_test():
    accuracy = {
        "selected": None,
        "best_on_test": {"value": 0.5, "epoch": 1},
        "last": {"value": None, "epoch": 0},
    }
    outcome = Outcome(None, "0" * 8, 1.0, {"accuracy": accuracy})
    assert outcome.accuracy("selected") == 0.5
    assert outcome.accuracy("last") is None


def test_policies_are_found_by_name(monkeypatch):
    nothing = Policy(lambda config, rounds: [])
    monkeypatch.setitem(POLICIES, "nothing", None)  # so that it is taken out again
    register_policy("nothing", nothing)
    assert policy_named(policies(), "nothing") is nothing
    with pytest.raises(ConfigError, match="known are adaptive, grid, nothing, refine"):
        policy_named(policies(), "guess")
