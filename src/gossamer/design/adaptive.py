"""The study policy `adaptive`: bisection with replicates, until the contour's interval is narrow enough.

A first round of evenly spread levels; then, round by round, new levels in the middle of the widest gaps that
the interval of the contour reaches into, and where no gap is wide, replicates of the levels whose noise moves
the contour most per cost. Rounds are a function of the study and its completed rounds alone. It stops on the
interval that `gossamer study analyse` reports (given the test set), from the same runs and with the same
settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.assemble import one_thread
from gossamer.analysis.contour.contour import read
from gossamer.analysis.contour.curve import estimate_curve
from gossamer.analysis.estimate import Interval
from gossamer.analysis.levels.bootstrap import draw_given_test_set
from gossamer.analysis.levels.levels import Levels, summarise
from gossamer.design.runs import sample_of_outcomes
from gossamer.design.settings import Search, search_of
from gossamer.errors import AnalysisError
from gossamer.study.axes import name_of, product
from gossamer.study.config import Block, StudyConfig
from gossamer.study.plan import Cell, cell_seed, cells_of, ordered
from gossamer.study.plan.policies import Outcome, Rounds
from gossamer.train.canonical import canonical_json

Array = NDArray[np.float64]

_GAP = 0.15
"""Widest gap between levels inside the interval, as a share of the asked width."""
_HELD = 0.05
"""Share of the contours in bootstrap draws that makes a gap worth a new level."""
_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Curve:
    """The completed runs at one combination of a block's other axes, in an order of their own.

    Parameters
    ----------
    block : Block
    others : mapping
        Levels of the other axes.
    outcomes : sequence of Outcome
    """

    block: Block
    others: Mapping[str, Any]
    outcomes: Sequence[Outcome]


class Purse:
    """What the next round of a curve may still buy.

    Parameters
    ----------
    free : int64 [N]
        Further runs that each candidate may get.
    cost : float64 [N]
        Of one run, links x samples x epochs.
    budget : float
        Infinite without a limit.
    """

    def __init__(self, free: NDArray[np.int64], cost: Array, budget: float) -> None:
        self.free, self.cost, self.left = free, cost, budget
        self.runs: list[int] = []

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Candidates that may get a run, bool [N]."""
        return (self.free > 0) & (self.cost <= self.left)

    def take(self, i: int) -> None:
        """Plan a run at candidate i."""
        self.free[i] -= 1
        self.left -= float(self.cost[i])
        self.runs.append(i)

    def empty(self) -> str:
        """Why no candidate may get a run."""
        if (self.free > 0).any():
            return "Stopped: the next run would exceed the budget."
        return "Stopped: every level has as many replicates as max_replicates allows, or has failed."


def adaptive_policy(config: StudyConfig, rounds: Rounds) -> list[Cell]:
    """Next round of an adaptive study; empty when every curve is complete.

    Raises
    ------
    ConfigError, AnalysisError
        If settings of the study contradict each other.
    """
    search = search_of(config)
    if not rounds:
        first = np.rint(np.linspace(0, len(search.values) - 1, search.adaptive.first_levels)).astype(int)
        values = [search.values[i] for i in first.tolist()]
        levels = [(block, {**o, search.path: v}) for block, o in _places(config) for v in values]
        return ordered(config, [cell for block, level in levels for cell in cells_of(config, block, [level])])
    cells = []
    for curve, runs, _ in _decisions(search, rounds):
        asked = _asked(search, curve)
        for i in runs:
            asked[i] += 1
            level = {**curve.others, search.path: search.values[i]}
            seed = cell_seed(config, curve.block, level, int(asked[i]))
            cells.append(Cell(curve.block.name, level, int(asked[i]), seed))
    return ordered(config, cells)


def explain(config: StudyConfig, rounds: Rounds) -> str:
    """Why the study is complete, or how far it is: one or two sentences for every curve."""
    if not rounds:
        return "No run is finished."
    said = []
    for curve, _, reason in _decisions(search_of(config), rounds):
        where = ", ".join(f"{name_of(path)} {value}" for path, value in curve.others.items())
        said.append(f"{where}: {reason}" if where else reason)
    return " ".join(dict.fromkeys(said))


def check(config: StudyConfig) -> None:
    """Whether study, analysis and policy agree (ConfigError or AnalysisError where they do not)."""
    search_of(config)


def _places(config: StudyConfig) -> list[tuple[Block, Mapping[str, Any]]]:
    return [(block, others) for block in config.all_blocks() for others in product(block.axes)]


def _curves(search: Search, rounds: Rounds) -> list[Curve]:
    found: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in (outcome for done in rounds for outcome in done):
        rest = {key: value for key, value in outcome.cell.level.items() if key != search.path}
        found.setdefault((outcome.cell.block, canonical_json(rest)), []).append(outcome)
    curves = []
    for block, others in _places(search.config):
        own = found.get((block.name, canonical_json(dict(others))), [])
        own.sort(key=lambda outcome: (float(outcome.cell.level[search.path]), outcome.cell.replicate))
        curves.append(Curve(block, others, own))
    return curves


def _decisions(search: Search, rounds: Rounds) -> list[tuple[Curve, list[int], str]]:
    """For every curve the candidates that get a run each, and the reason."""
    curves, budget = _curves(search, rounds), search.config.budget.cost
    spent = sum(outcome.cost for done in rounds for outcome in done)
    left = np.inf if budget is None else budget - spent
    decisions = []
    with one_thread():
        for number, curve in enumerate(curves):
            # An equal part of what is left for each curve, so that the first ones do not starve the others.
            purse = _purse(search, curve, left / (len(curves) - number))
            before = left if np.isinf(left) else purse.left
            reason = _plan(search, curve, rounds, purse)
            left -= 0.0 if np.isinf(left) else before - purse.left
            decisions.append((curve, purse.runs, reason))
    return decisions


def _purse(search: Search, curve: Curve, budget: float) -> Purse:
    """The cost of a level not tried lies between its neighbours'."""
    levels = [float(outcome.cell.level[search.path]) for outcome in curve.outcomes]
    tried, index = np.unique(search.axis.hardness(levels), return_inverse=True)
    cost = np.bincount(index, [outcome.cost for outcome in curve.outcomes]) / np.bincount(index)
    free = np.maximum(search.adaptive.max_replicates - _asked(search, curve), 0)
    return Purse(free, np.interp(search.hardness, tried, cost), budget)


def _asked(search: Search, curve: Curve) -> NDArray[np.int64]:
    """Highest replicate number of every candidate, int64 [N], 0 where it was never asked for."""
    asked = np.zeros(len(search.values), dtype=np.int64)
    levels = [float(outcome.cell.level[search.path]) for outcome in curve.outcomes]
    places = search.places(search.axis.hardness(levels))
    np.maximum.at(asked, places, [outcome.cell.replicate for outcome in curve.outcomes])
    return asked


def _levels(search: Search, curve: Curve) -> Levels:
    return summarise(
        sample_of_outcomes(
            curve.outcomes,
            search.path,
            axis=search.axis,
            accuracy=search.config.refinement.accuracy,
            seeds="shared" if search.config.seeds == "common" else "independent",
        )
    )


def _plan(search: Search, curve: Curve, rounds: Rounds, purse: Purse) -> str:
    """Plan the next round of a curve, and say why."""
    try:
        levels = _levels(search, curve)
        purse.free[search.places(search.axis.hardness([gone.level for gone in levels.unfitted]))] = 0
        if levels.noise.known:
            return _narrow(search, levels, rounds, purse)
    except AnalysisError as error:
        return f"Stopped: {error}"
    for i in search.places(levels.x).tolist():
        if purse.allowed[i]:
            purse.take(i)
    far = "Noise between runs is unknown: no level has two runs."
    return far if purse.runs else f"{purse.empty()} {far}"


def _interval(search: Search, levels: Levels) -> tuple[Interval | None, str]:
    """What the analysis reports of the contour given the test set, and its note."""
    draws = draw_given_test_set(levels, search.settings.draws, search.settings.seed)
    contour = estimate_curve(levels, [draws], search.settings).contour
    return contour.given_test_set, contour.note


def _narrow(search: Search, levels: Levels, rounds: Rounds, purse: Purse) -> str:
    interval, note = _interval(search, levels)
    if interval is None:
        return f"Stopped: {note}"
    easy = interval.low if search.axis.harder == "larger" else interval.high
    if easy is not None and float(search.axis.hardness(easy)) >= levels.x[-1]:
        score, delta = levels.score, search.settings.delta
        fall = f"{score.scale * delta:g}{' points' if score.points else ''}"
        last = f"{search.axis.name} {levels.level[-1]:g}"
        return f"Stopped: {score.label} does not fall by {fall} up to {last}."
    asked = search.adaptive.width
    wide = "open at one end" if np.isinf(interval.width) else f"{interval.width:.3g} wide"
    far = f"The interval of the contour is {wide}; {asked:g} is asked for."
    if interval.width <= asked * (1 + _SLACK):
        return f"Complete: the interval of the contour is {wide}, {asked:g} was asked for."
    if len(rounds) >= search.adaptive.max_rounds:
        return f"Stopped after {len(rounds)} rounds, as max_rounds says. {far}"
    _choose(search, levels, purse)
    return far if purse.runs else f"{purse.empty()} {far}"


def _choose(search: Search, levels: Levels, purse: Purse) -> None:
    """Fill the round: new levels between those where the contour lies, then replicates of those that move it.

    Both are read from bootstrap draws of the level means. A gap between two levels is worth a new one in its
    middle while it is wide and holds a tenth of the contours. Of the contour's variance the noise of a level
    explains cov(contour, mean)^2 / var(mean), and one run more to n takes away the (n + 1)th part of that.
    """
    settings, x, places = search.settings, levels.x, search.places(levels.x)
    means = draw_given_test_set(levels, settings.draws, settings.seed).means
    count = levels.count.astype(np.float64)
    contour = np.minimum(read(x, means, count, settings.delta).contour, x[-1])
    held = np.histogram(contour, x)[0]
    step = max(_GAP * search.adaptive.width, float(abs(search.adaptive.step))) / search.axis.scale + _SLACK
    for gap in np.argsort(-held, kind="stable").tolist():
        if held[gap] >= _HELD * contour.size and x[gap + 1] - x[gap] > step:
            _split(search, float(x[gap]), float(x[gap + 1]), purse)
    error = means - means.mean(axis=0)
    explained = ((contour - contour.mean()) @ error) ** 2 / np.maximum((error**2).sum(axis=0), 1e-300)
    while len(purse.runs) < search.adaptive.round_runs and purse.allowed[places].any():
        gain = explained / (count + 1) / purse.cost[places]
        best = int(np.argmax(np.where(purse.allowed[places], gain, -1.0)))
        purse.take(int(places[best]))
        explained[best] *= count[best] / (count[best] + 1)
        count[best] += 1


def _split(search: Search, a: float, b: float, purse: Purse) -> None:
    """One run at the candidate in the middle between two hardnesses."""
    x = search.hardness
    inside = purse.allowed & (x > a + _SLACK) & (x < b - _SLACK)
    if inside.any() and len(purse.runs) < search.adaptive.round_runs:
        purse.take(int(np.argmin(np.where(inside, np.abs(x - (a + b) / 2), np.inf))))
