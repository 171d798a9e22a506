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
from gossamer.analysis.axis import Axis
from gossamer.analysis.contour.contour import read
from gossamer.analysis.contour.curve import estimate_curve
from gossamer.analysis.estimate import Interval
from gossamer.analysis.levels.bootstrap import draw_given_test_set
from gossamer.analysis.levels.levels import Levels, summarise
from gossamer.analysis.settings import Settings, settings_of
from gossamer.design.runs import sample_of_outcomes
from gossamer.design.settings import AdaptiveSettings
from gossamer.errors import AnalysisError, ConfigError, InternalError
from gossamer.study.axes import name_of, product
from gossamer.study.config import Block, StudyConfig
from gossamer.study.plan import Cell, cell_seed, cells_of, ordered
from gossamer.study.plan.policies import Outcome, Rounds
from gossamer.train.canonical import canonical_json
from gossamer.train.problems import validated

Array = NDArray[np.float64]

_CONFIRM = 1
"""Earlier rounds that must have had the asked width too: an interval that luck made narrow does not last."""
_GAP = 0.25
"""Widest gap between levels inside the interval, as a share of the asked width."""
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


@dataclass(frozen=True, eq=False)
class Search:
    """Where a study may look, and when it knows enough.

    Parameters
    ----------
    config : StudyConfig
    adaptive : AdaptiveSettings
    settings : Settings
        Of the analysis.
    values : list of N numbers
        Levels that may be tried, easiest first.
    axis : Axis
    """

    config: StudyConfig
    adaptive: AdaptiveSettings
    settings: Settings
    values: list[int | float]
    axis: Axis

    @property
    def path(self) -> str:
        """Dotted path of the searched axis."""
        return str(self.config.refinement.path)

    @property
    def hardness(self) -> Array:
        """Hardness of the candidates, float64 [N], increasing."""
        return self.axis.hardness(self.values)

    def places(self, hardness: Array | list[float]) -> NDArray[np.int64]:
        """Candidates that have these hardnesses."""
        return np.searchsorted(self.hardness, np.asarray(hardness) - _SLACK)

    def asked(self, curve: Curve) -> NDArray[np.int64]:
        """Highest replicate number of every candidate, int64 [N], 0 where it was never asked for."""
        asked = np.zeros(len(self.values), dtype=np.int64)
        levels = [float(outcome.cell.level[self.path]) for outcome in curve.outcomes]
        np.maximum.at(
            asked,
            self.places(self.axis.hardness(levels)),
            [outcome.cell.replicate for outcome in curve.outcomes],
        )
        return asked


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
    search = _search(config)
    if not rounds:
        first = np.rint(np.linspace(0, len(search.values) - 1, search.adaptive.first_levels)).astype(int)
        values = [search.values[i] for i in first.tolist()]
        levels = [(block, {**o, search.path: v}) for block, o in _places(config) for v in values]
        return ordered(config, [cell for block, level in levels for cell in cells_of(config, block, [level])])
    cells = []
    for curve, runs, _ in _decisions(search, rounds):
        asked = search.asked(curve)
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
    for curve, _, reason in _decisions(_search(config), rounds):
        where = ", ".join(f"{name_of(path)} {value}" for path, value in curve.others.items())
        said.append(f"{where}: {reason}" if where else reason)
    return " ".join(dict.fromkeys(said))


def check(config: StudyConfig) -> None:
    """Whether study, analysis and policy agree (ConfigError or AnalysisError where they do not)."""
    _search(config)


def _search(config: StudyConfig) -> Search:
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
    return Search(config, adaptive, settings, values, axis)


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
    free = np.maximum(search.adaptive.max_replicates - search.asked(curve), 0)
    return Purse(free, np.interp(search.hardness, tried, cost), budget)


def _levels(search: Search, curve: Curve, without: Rounds = ()) -> Levels:
    late = {outcome.identity for done in without for outcome in done}
    sample = sample_of_outcomes(
        [outcome for outcome in curve.outcomes if outcome.identity not in late],
        search.path,
        axis=search.axis,
        accuracy=search.config.refinement.accuracy,
        seeds="shared" if search.config.seeds == "common" else "independent",
    )
    return summarise(sample)


def _plan(search: Search, curve: Curve, rounds: Rounds, purse: Purse) -> str:
    """Plan the next round of a curve, and say why."""
    try:
        levels = _levels(search, curve)
        purse.free[search.places(search.axis.hardness([gone.level for gone in levels.unfitted]))] = 0
        if levels.noise.known:
            return _narrow(search, curve, levels, rounds, purse)
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


def _narrow(search: Search, curve: Curve, levels: Levels, rounds: Rounds, purse: Purse) -> str:
    interval, note = _interval(search, levels)
    if interval is None:
        return f"Stopped: {note}"
    low, high = _ends(search.axis, interval)
    if low >= levels.x[-1]:
        fall = f"{100 * search.settings.delta:g} points up to {search.axis.name} {levels.level[-1]:g}"
        return f"Stopped: accuracy does not fall by {fall}."
    asked = search.adaptive.width
    wide = "open at one end" if np.isinf(interval.width) else f"{interval.width:.3g} wide"
    far = f"The interval of the contour is {wide}; {asked:g} is asked for."
    gaps = _gaps(search, levels, low, high)
    if interval.width <= asked and not gaps:
        if len(rounds) > _CONFIRM and all(
            _was_narrow(search, curve, rounds[-back:]) for back in range(1, _CONFIRM + 1)
        ):
            return f"Complete: the interval of the contour is {wide}, {asked:g} was asked for."
        far = f"The interval of the contour is {wide}; a further round has to confirm it."
    if len(rounds) >= search.adaptive.max_rounds:
        return f"Stopped after {len(rounds)} rounds, as max_rounds says. {far}"
    _bisect(search, gaps, purse)
    _repeat(search, levels, purse)
    return far if purse.runs else f"{purse.empty()} {far}"


def _was_narrow(search: Search, curve: Curve, without: Rounds) -> bool:
    """Whether the interval had the asked width before these rounds."""
    levels = _levels(search, curve, without)
    if not levels.noise.known:
        return False
    interval, _ = _interval(search, levels)
    return interval is not None and interval.width <= search.adaptive.width


def _ends(axis: Axis, interval: Interval) -> tuple[float, float]:
    """Ends of an interval on the axis as hardness, infinite where they are open."""
    easy, hard = (interval.low, interval.high) if axis.harder == "larger" else (interval.high, interval.low)
    low = -np.inf if easy is None else float(axis.hardness(easy))
    return low, np.inf if hard is None else float(axis.hardness(hard))


def _gaps(search: Search, levels: Levels, low: float, high: float) -> list[tuple[float, float]]:
    """Neighbouring levels that the interval reaches between and that are too far apart, in hardness."""
    most = max(_GAP * search.adaptive.width, float(abs(search.adaptive.step))) / search.axis.scale + _SLACK
    pairs = zip(levels.x[:-1].tolist(), levels.x[1:].tolist(), strict=True)
    return [(a, b) for a, b in pairs if a < high and b > low and b - a > most]


def _bisect(search: Search, gaps: list[tuple[float, float]], purse: Purse) -> None:
    """One run in the middle of the widest gap, then of what is the widest now, until the round is full."""
    x, gaps = search.hardness, list(gaps)
    least = max(_GAP * search.adaptive.width, float(abs(search.adaptive.step))) / search.axis.scale + _SLACK
    while gaps and len(purse.runs) < search.adaptive.round_runs:
        a, b = gaps.pop(int(np.argmax([b - a for a, b in gaps])))
        inside = purse.allowed & (x > a + _SLACK) & (x < b - _SLACK)
        if inside.any():
            i = int(np.argmin(np.where(inside, np.abs(x - (a + b) / 2), np.inf)))
            purse.take(i)
            gaps += [(c, d) for c, d in ((a, float(x[i])), (float(x[i]), b)) if d - c > least]


def _repeat(search: Search, levels: Levels, purse: Purse) -> None:
    """Fill the round with replicates of levels that are there, where they narrow the contour most per cost.

    Of the contour's variance a level's noise explains cov(contour, mean)^2 / var(mean) over bootstrap draws;
    one run more to n takes away the (n + 1)th part of it.
    """
    settings, places = search.settings, search.places(levels.x)
    means = draw_given_test_set(levels, settings.draws, settings.seed).means
    count = levels.count.astype(np.float64)
    contour = np.minimum(read(levels.x, means, count, settings.delta).contour, levels.x[-1])
    error = means - means.mean(axis=0)
    explained = (contour - contour.mean()) @ error
    explained = explained**2 / np.maximum((error**2).sum(axis=0), 1e-300)
    while len(purse.runs) < search.adaptive.round_runs:
        allowed = purse.allowed[places]
        if not allowed.any():
            return
        best = int(np.argmax(np.where(allowed, explained / (count + 1) / purse.cost[places], -1.0)))
        purse.take(int(places[best]))
        explained[best] *= count[best] / (count[best] + 1)
        count[best] += 1
