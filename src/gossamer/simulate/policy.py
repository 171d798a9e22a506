"""A study whose policy chooses its runs, on simulated ones: what it asks for, and what they would show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gossamer.analysis.levels.bootstrap import generator
from gossamer.design.policies import policies
from gossamer.study.config import StudyConfig
from gossamer.study.plan import Cell
from gossamer.study.plan.policies import Outcome, policy_named

OfLevel = Callable[[Mapping[str, Any]], float]
"""A number of every level, which is {path: value} for every axis."""

_STAGE = 4


@dataclass(frozen=True, eq=False)
class Truth:
    """What simulated runs are drawn from.

    Parameters
    ----------
    accuracy : callable
        Mean accuracy at a level; NaN for runs that fail.
    sd : callable
        Standard deviation of one run's accuracy.
    cost : callable
        Cost of a run, links x samples x epochs.
    test_size : int
        Accuracies are counts of this many images.
    """

    accuracy: OfLevel
    sd: OfLevel
    cost: OfLevel = lambda level: 1.0
    test_size: int = 1000


@dataclass(frozen=True, eq=False)
class PolicyStudy:
    """A study as its policy carried it out on simulated runs.

    Parameters
    ----------
    rounds : list of lists of Outcome
    reason : str
        Why it ended, in the words of the policy; empty where it has none.
    """

    rounds: list[list[Outcome]]
    reason: str

    @property
    def outcomes(self) -> list[Outcome]:
        """All runs."""
        return [outcome for done in self.rounds for outcome in done]

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.outcomes)

    @property
    def cost(self) -> float:
        """Cost of all runs."""
        return sum(outcome.cost for outcome in self.outcomes)


def simulate_policy(config: StudyConfig, truth: Truth) -> PolicyStudy:
    """Carry out a study on simulated runs; a run is a function of its level and seed alone.

    Raises
    ------
    ConfigError, AnalysisError
        If the study contradicts itself.
    """
    policy = policy_named(policies(), config.refinement.policy)
    rounds: list[list[Outcome]] = []
    while cells := policy.propose(config, rounds):
        rounds.append([simulated(cell, truth) for cell in cells])
    return PolicyStudy(rounds, "" if policy.explain is None else policy.explain(config, rounds))


def simulated(cell: Cell, truth: Truth) -> Outcome:
    """Outcome of one simulated run."""
    identity = f"{cell.block} {dict(cell.level)} {cell.replicate}"
    mean, cost = truth.accuracy(cell.level), truth.cost(cell.level)
    if np.isnan(mean):
        return Outcome(cell, identity, cost, None)
    draw = mean + truth.sd(cell.level) * generator(cell.seed, _STAGE).standard_normal()
    right = int(np.clip(np.rint(draw * truth.test_size), 0, truth.test_size))
    entry = {"value": right / truth.test_size, "epoch": 1}
    summary = {
        "state": "finished",
        "data": {"samples": {"test": truth.test_size}},
        "accuracy": {"last": entry, "selected": entry, "best_on_test": entry},
    }
    return Outcome(cell, identity, cost, summary)
