"""The next runs on one curve of an adaptive study, and why there may be none."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis
from gossamer.analysis.contour.curve import CurveFindings, estimate_curve
from gossamer.analysis.estimate import Interval
from gossamer.analysis.laws.shapes import law_named
from gossamer.analysis.levels.bootstrap import draw_given_test_set
from gossamer.analysis.levels.levels import Levels, summarise
from gossamer.analysis.levels.sample import Sample
from gossamer.analysis.settings import Settings
from gossamer.design.design import design
from gossamer.design.settings import AdaptiveSettings
from gossamer.design.trial import Trial
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

CONFIRM = 2
"""Earlier rounds in a row that must have had the asked width too: an interval may be narrow once by luck."""
_DEVIATIONS = 4.0
"""Standard deviations from end to end of a 95 % interval."""
_LOCATED = 2.0
"""The laws know where to look when their interval is this many asked widths wide."""
_SPACING = 1 / 3
"""New levels keep this share of the asked width from other levels."""

_SLACK = 1e-9
"""Hardnesses that are computed in two ways differ by less than this share."""


@dataclass(frozen=True)
class Proposal:
    """What comes next on one curve.

    Parameters
    ----------
    runs : tuple of int
        Candidate level of each run; none where the curve is complete.
    reason : str
        One sentence: why the curve is complete, or how far it is.
    """

    runs: tuple[int, ...]
    reason: str


@dataclass(frozen=True, eq=False)
class Rules:
    """What holds for every curve of a study.

    Parameters
    ----------
    adaptive : AdaptiveSettings
    settings : Settings, of the analysis
    values : list of number
        Candidates: levels that may be tried, from the easy end to the hard end.
    axis : Axis
    round : int
        Completed rounds.
    """

    adaptive: AdaptiveSettings
    settings: Settings
    values: list[int | float]
    axis: Axis
    round: int

    @property
    def hardness(self) -> Array:
        """Hardness of the candidates, float64 [N], increasing."""
        return self.axis.hardness(self.values)

    def places(self, hardness: Array) -> NDArray[np.int64]:
        """Candidates that have these hardnesses."""
        return np.searchsorted(self.hardness, hardness - _SLACK)


@dataclass(eq=False)
class Means:
    """What later runs may use.

    Parameters
    ----------
    free : int64 [N]
        Further runs that each candidate may get.
    cost : float64 [N]
        Cost of one, links x samples x epochs.
    budget : float
        Cost that may still be spent, infinite without a limit.
    spent : float
        Cost of the runs that were planned.
    """

    free: Counts
    cost: Array
    budget: float
    spent: float = 0.0

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Candidates that may get a run now, bool [N]."""
        return (self.free > 0) & (self.spent + self.cost <= self.budget)

    def take(self, i: int) -> None:
        """Plan a run at candidate i."""
        self.free[i] -= 1
        self.spent += float(self.cost[i])

    def exhausted(self) -> str:
        """Why no candidate may get a run."""
        if (self.free > 0).any():
            return "Stopped: the next run would exceed the budget."
        return "Stopped: every level has as many replicates as max_replicates allows, or has failed."


def first_levels(rules: Rules) -> Proposal:
    """Few levels, evenly spread between both ends."""
    first = np.rint(np.linspace(0, len(rules.values) - 1, rules.adaptive.first_levels)).astype(int)
    return Proposal(tuple(first.tolist()), "No run is finished.")


def propose(rules: Rules, sample: Sample, before: Sequence[Sample], means: Means) -> Proposal:
    """What comes next on a curve.

    Parameters
    ----------
    rules : Rules
    sample : Sample
        All completed runs of the curve, failed ones among them.
    before : sequence of Sample
        The same without the last round, without the last two, up to `CONFIRM` of them.
    means : Means
        What may still be used; is used up.
    """
    try:
        levels = summarise(sample)
        means.free[rules.places(sample.axis.hardness([gone.level for gone in levels.unfitted]))] = 0
        if not levels.noise.known:
            return _repeat(rules, levels, means)
        return _narrow(rules, levels, before, means)
    except AnalysisError as error:
        return Proposal((), f"Stopped: {error}")


def _repeat(rules: Rules, levels: Levels, means: Means) -> Proposal:
    """One more replicate everywhere, because noise cannot be known from single runs."""
    runs = []
    for i in rules.places(levels.x).tolist():
        if means.allowed[i]:
            means.take(i)
            runs.append(i)
    far = "Noise between runs is unknown: no level has two runs."
    return Proposal(tuple(runs), far if runs else f"{means.exhausted()} {far}")


def _read(rules: Rules, levels: Levels) -> CurveFindings:
    """What the analysis reports of these levels, given the test set."""
    draws = draw_given_test_set(levels, rules.settings.draws, rules.settings.seed)
    return estimate_curve(levels, [draws], rules.settings)


def _narrow(rules: Rules, levels: Levels, before: Sequence[Sample], means: Means) -> Proposal:
    curve, asked = _read(rules, levels), rules.adaptive.width
    interval = curve.contour.given_test_set
    if interval is None:
        return Proposal((), f"Stopped: {curve.contour.note}")
    low, high = ends_of(rules.axis, interval)
    if low >= levels.x[-1]:
        fall = f"{100 * rules.settings.delta:g} points up to {rules.axis.name} {levels.level[-1]:g}"
        return Proposal((), f"Stopped: accuracy does not fall by {fall}.")
    wide = "open at one end" if np.isinf(interval.width) else f"{interval.width:.3g} wide"
    far = f"The interval of the contour is {wide}; {asked:g} is asked for."
    first: list[int] = []
    if interval.width <= asked:
        if gaps := wide_gaps(rules, curve, low, high):
            far = f"The interval of the contour is {wide}, but lies between levels that are further apart."
            first = _middles(rules, gaps, means)
        elif len(before) == CONFIRM and all(_was_narrow(rules, sample) for sample in before):
            return Proposal((), f"Complete: the interval of the contour is {wide}, {asked:g} was asked for.")
        else:
            far = f"The interval of the contour is {wide}; further rounds have to confirm it."
    if rules.round >= rules.adaptive.max_rounds:
        return Proposal((), f"Stopped after {rules.round} rounds, as max_rounds says. {far}")
    runs = _best_runs(rules, levels, means, first)
    return Proposal(runs, far if runs else f"{means.exhausted()} {far}")


def _was_narrow(rules: Rules, before: Sample) -> bool:
    """Whether the interval of an earlier round had the asked width."""
    levels = summarise(before)
    if not levels.noise.known:
        return False
    curve = _read(rules, levels)
    interval = curve.contour.given_test_set
    if interval is None or interval.width > rules.adaptive.width:
        return False
    return not wide_gaps(rules, curve, *ends_of(rules.axis, interval))


def _best_runs(rules: Rules, levels: Levels, means: Means, first: list[int]) -> tuple[int, ...]:
    """The next runs: those that come first, then one after the other that which tells most per cost.

    It is judged by the variance of the contour under the laws until they know it to about the asked width,
    then by the error of the contour without a law, which the laws tell where to look for.
    """
    laws = [law_named(name) for name in rules.adaptive.laws]
    x, places, width = rules.hardness, rules.places(levels.x), rules.adaptive.width / rules.axis.scale
    now = design(levels, x, places, laws, rules.settings.delta)
    trial = Trial(levels, places, now, x, rules.settings)
    located = _DEVIATIONS * np.sqrt(now.variance) <= _LOCATED * width
    used, runs = [*places.tolist(), *first], list(first)
    for i in first:
        now.observe(i)
        trial.observe(i)
    while len(runs) < rules.adaptive.round_runs:
        allowed = means.allowed & _apart(x, used, width)
        if not allowed.any():
            break
        gain = trial.gain(allowed, width) if located else now.gain()
        best = int(np.argmax(np.where(allowed, gain / means.cost, -np.inf)))
        used.append(best)
        runs.append(best)
        now.observe(best)
        trial.observe(best)
        means.take(best)
    return tuple(runs)


def _apart(x: Array, used: list[int], width: float) -> NDArray[np.bool_]:
    """Candidates that have runs or lie a part of the asked width away from those that have, bool [N].

    Two replicates say as much as two neighbours, and leave fewer levels to be told apart.
    """
    places = np.unique(x[used])
    after = np.searchsorted(places, x)
    distance = np.minimum(
        np.abs(x - places[np.minimum(after, places.size - 1)]), np.abs(x - places[np.maximum(after - 1, 0)])
    )
    allowed = distance >= _SPACING * width - _SLACK
    allowed[used] = True
    return allowed


def ends_of(axis: Axis, interval: Interval) -> tuple[float, float]:
    """Ends of an interval on the axis as hardness, infinite where they are open."""
    easy, hard = (interval.low, interval.high) if axis.harder == "larger" else (interval.high, interval.low)
    low = -np.inf if easy is None else float(axis.hardness(easy))
    return low, np.inf if hard is None else float(axis.hardness(hard))


def wide_gaps(rules: Rules, curve: CurveFindings, low: float, high: float) -> list[tuple[float, float]]:
    """Neighbouring levels that the interval reaches between, further apart than half of the asked width.

    Between two levels the curve is a straight line because nobody looked there, and its interval cannot know
    by how much it bends. Neighbouring candidates are never too far apart. Ends are hardnesses.
    """
    x = rules.axis.hardness(curve.monotone[0])
    most = max(rules.adaptive.width / 2, float(abs(rules.adaptive.step))) / rules.axis.scale * (1.0 + _SLACK)
    return [
        (a, b)
        for a, b in zip(x[:-1].tolist(), x[1:].tolist(), strict=True)
        if a < high and b > low and b - a > most
    ]


def _middles(rules: Rules, gaps: list[tuple[float, float]], means: Means) -> list[int]:
    """The allowed candidate nearest to the middle of each gap, for one run each."""
    runs = []
    for a, b in gaps:
        inside = means.allowed & (rules.hardness > a + _SLACK) & (rules.hardness < b - _SLACK)
        if inside.any():
            distance = np.abs(rules.hardness - (a + b) / 2)
            runs.append(int(np.argmin(np.where(inside, distance, np.inf))))
            means.take(runs[-1])
    return runs
