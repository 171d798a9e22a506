"""Policies: a policy looks at the completed rounds of a study and says which cells come next.

The policy of a study is handed to its planning as a value. Those that read findings stand above this
package, in `gossamer.design`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gossamer.errors import ConfigError
from gossamer.study.config import Accuracy, StudyConfig
from gossamer.study.plan.cells import Cell, grid
from gossamer.train.task import task_of_summary


@dataclass(frozen=True)
class Outcome:
    """What a completed round knows of one of its cells.

    Attributes
    ----------
    cell : Cell
    identity : str
    cost : float, links x samples x epochs
    summary : the run's result/summary.json, or None where the run failed
    """

    cell: Cell
    identity: str
    cost: float
    summary: Mapping[str, Any] | None

    def accuracy(self, name: Accuracy) -> float | None:
        """Test score of that name, better when higher; `best_on_test` stands in for a missing `selected`."""
        if self.summary is None:
            return None
        score = task_of_summary(self.summary).score
        values = self.summary[score.name]
        entry = values.get(name) or (values.get("best_on_test") if name == "selected" else None)
        return None if entry is None or entry["value"] is None else score.sign * float(entry["value"])


Rounds = Sequence[Sequence[Outcome]]


@dataclass(frozen=True)
class Policy:
    """How a study finds its levels.

    Attributes
    ----------
    propose : from the study and its completed rounds alone to the next round; no cells: it is complete
    explain : in a sentence or two, why the study is complete after these rounds, or how far it is; or None
    check : raises ConfigError where what the study tells the policy does not fit; or None
    """

    propose: Callable[[StudyConfig, Rounds], list[Cell]]
    explain: Callable[[StudyConfig, Rounds], str] | None = None
    check: Callable[[StudyConfig], None] | None = None


Policies = Mapping[str, Policy]


def grid_policy(config: StudyConfig, rounds: Rounds) -> list[Cell]:
    """All products of axes in one round."""
    return [] if rounds else grid(config)


POLICIES: dict[str, Policy] = {"grid": Policy(grid_policy)}
"""Policies that every study knows, by name."""


def register_policy(name: str, policy: Policy) -> None:
    """Make a policy available to all studies of this process under a name."""
    POLICIES[name] = policy


def policy_named(policies: Policies, name: str) -> Policy:
    """Policy of that name (ConfigError if there is none)."""
    if name not in policies:
        raise ConfigError(f"There is no policy {name!r}; known are {', '.join(sorted(policies))}.")
    return policies[name]
