"""The study policy `adaptive`: each round asks for the runs that narrow the contour's interval most per cost.

The proposal is a function of the study and its completed rounds alone. It stops on the interval that
`gossamer study analyse` reports (given the test set), from the same runs and with the same settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.assemble import one_thread
from gossamer.analysis.axis import Axis
from gossamer.analysis.levels.sample import Sample
from gossamer.analysis.settings import settings_of
from gossamer.design.outcomes import sample_of_outcomes
from gossamer.design.proposal import CONFIRM, Means, Proposal, Rules, first_levels, propose
from gossamer.design.settings import AdaptiveSettings
from gossamer.errors import ConfigError, InternalError
from gossamer.study.axes import name_of, product
from gossamer.study.config import Block, StudyConfig
from gossamer.study.plan import Cell, cell_seed, cells_of, ordered
from gossamer.study.plan.policies import Outcome, Rounds
from gossamer.train.canonical import canonical_json
from gossamer.train.problems import validated


@dataclass(frozen=True)
class Curve:
    """A block, one combination of its other axes, and the completed runs there, in an order of their own."""

    block: Block
    others: Mapping[str, Any]
    outcomes: Sequence[Outcome]


def adaptive_policy(config: StudyConfig, rounds: Rounds) -> list[Cell]:
    """Next round of an adaptive study; empty when every curve is complete.

    Raises
    ------
    ConfigError, AnalysisError
        If settings of the study contradict each other.
    """
    path, rules = str(config.refinement.path), _rules(config, len(rounds))
    cells: list[Cell] = []
    for curve, proposal in _proposals(config, rules, rounds):
        levels = [{**curve.others, path: rules.values[i]} for i in proposal.runs]
        if rounds:
            asked = _asked(config, rules, curve)
            for i, level in zip(proposal.runs, levels, strict=True):
                asked[i] += 1
                seed = cell_seed(config, curve.block, level, int(asked[i]))
                cells.append(Cell(curve.block.name, level, int(asked[i]), seed))
        else:
            cells += cells_of(config, curve.block, levels)
    return ordered(config, cells)


def explain(config: StudyConfig, rounds: Rounds) -> str:
    """Why the study is complete, or how far it is: one or two sentences for every curve."""
    said = []
    for curve, proposal in _proposals(config, _rules(config, len(rounds)), rounds):
        where = ", ".join(f"{name_of(path)} {value}" for path, value in curve.others.items())
        said.append(f"{where}: {proposal.reason}" if where else proposal.reason)
    return " ".join(dict.fromkeys(said))


def check(config: StudyConfig) -> None:
    """Whether study, analysis and policy agree (ConfigError or AnalysisError where they do not)."""
    _rules(config, 0)


def _rules(config: StudyConfig, completed: int) -> Rules:
    refinement, settings = config.refinement, settings_of(config.analysis)
    if refinement.start is None or refinement.stop is None:
        raise InternalError("An adaptive study without start and stop was let through.")
    if refinement.drop != settings.delta:
        raise ConfigError(
            f"refinement.drop is {refinement.drop:g}, but the analysis reports the contour of a fall by "
            f"{settings.delta:g}; set analysis.delta to the same value."
        )
    reading = config.analysis.get("reading", refinement.accuracy)
    if reading != refinement.accuracy:
        raise ConfigError(
            f"refinement.accuracy is {refinement.accuracy}, but the analysis reads {reading}; "
            "set analysis.reading to the same value."
        )
    adaptive = validated(AdaptiveSettings, refinement.settings, "settings")
    values = adaptive.candidates(refinement.start, refinement.stop)
    axis = Axis.of(name_of(str(refinement.path)), values, config.analysis.get("harder"))
    if (axis.harder == "larger") != (refinement.stop > refinement.start):
        raise ConfigError(
            f"On the axis {axis.name} {axis.harder} levels are harder, but refinement.start is "
            f"{refinement.start} and refinement.stop is {refinement.stop}; start at the easy end."
        )
    return Rules(adaptive, settings, values, axis, completed)


def _curves(config: StudyConfig, rounds: Rounds) -> list[Curve]:
    path = str(config.refinement.path)
    found: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in (outcome for done in rounds for outcome in done):
        rest = {key: value for key, value in outcome.cell.level.items() if key != path}
        found.setdefault((outcome.cell.block, canonical_json(rest)), []).append(outcome)
    curves = []
    for block in config.all_blocks():
        for others in product(block.axes):
            own = found.get((block.name, canonical_json(others)), [])
            own.sort(key=lambda outcome: (float(outcome.cell.level[path]), outcome.cell.replicate))
            curves.append(Curve(block, others, own))
    return curves


def _proposals(config: StudyConfig, rules: Rules, rounds: Rounds) -> list[tuple[Curve, Proposal]]:
    curves = _curves(config, rounds)
    spent = sum(outcome.cost for done in rounds for outcome in done)
    limit = np.inf if config.budget.cost is None else config.budget.cost - spent
    proposals = []
    with one_thread():
        for number, curve in enumerate(curves):
            if not curve.outcomes:
                proposals.append((curve, first_levels(rules)))
                continue
            # An equal part of what is left for each curve, so that the first ones do not starve the others.
            means = _means(config, rules, curve, limit / (len(curves) - number))
            before = [
                _sample(config, rules, _without(curve, rounds[-back:]))
                for back in range(1, min(CONFIRM, len(rounds) - 1) + 1)
            ]
            proposals.append((curve, propose(rules, _sample(config, rules, curve), before, means)))
            limit -= means.spent
    return proposals


def _without(curve: Curve, rounds: Rounds) -> Curve:
    late = {outcome.identity for done in rounds for outcome in done}
    return replace(curve, outcomes=[o for o in curve.outcomes if o.identity not in late])


def _asked(config: StudyConfig, rules: Rules, curve: Curve) -> NDArray[np.int64]:
    """Highest replicate number of every candidate, 0 where it was never asked for."""
    place = {float(value): i for i, value in enumerate(rules.values)}
    asked = np.zeros(len(rules.values), dtype=np.int64)
    for outcome in curve.outcomes:
        i = place[float(outcome.cell.level[str(config.refinement.path)])]
        asked[i] = max(asked[i], outcome.cell.replicate)
    return asked


def _means(config: StudyConfig, rules: Rules, curve: Curve, budget: float) -> Means:
    """What may be used on a curve; the cost of a level not tried lies between its neighbours'."""
    level = [float(outcome.cell.level[str(config.refinement.path)]) for outcome in curve.outcomes]
    tried, index = np.unique(rules.axis.hardness(level), return_inverse=True)
    cost = np.bincount(index, [outcome.cost for outcome in curve.outcomes]) / np.bincount(index)
    free = np.maximum(rules.adaptive.max_replicates - _asked(config, rules, curve), 0)
    return Means(free, np.interp(rules.hardness, tried, cost), budget)


def _sample(config: StudyConfig, rules: Rules, curve: Curve) -> Sample:
    return sample_of_outcomes(
        curve.outcomes,
        str(config.refinement.path),
        axis=rules.axis,
        accuracy=config.refinement.accuracy,
        seeds="shared" if config.seeds == "common" else "independent",
    )
