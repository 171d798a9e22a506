"""Do the intervals hold what they promise? Simulated studies with a known truth, analysed like real ones.

Two truths belong to one simulated study. Given its test images, the truth is the accuracy that infinitely
many seeds would average to on these images; with test images drawn anew, it is the accuracy on the population
of images. A quantity's truth is what its definition gives for the true level accuracies; a law's is the law's
fit to them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.assemble import bootstrap, one_thread
from gossamer.analysis.contour.contour import last_safe_level, read
from gossamer.analysis.contour.curve import estimate_curve
from gossamer.analysis.contour.isotone import antitonic
from gossamer.analysis.estimate import Estimate, Interval, percentile_interval
from gossamer.analysis.laws.compare import Compared
from gossamer.analysis.laws.fit import Problem, fit, problem
from gossamer.analysis.laws.law_findings import estimate_law, law_contours, law_half_contours
from gossamer.analysis.laws.shapes import law_named
from gossamer.analysis.levels.bootstrap import Draws, generator
from gossamer.analysis.levels.levels import Levels, summarise
from gossamer.analysis.settings import Settings
from gossamer.simulate.scenario import Scenario, draw_study

Array = NDArray[np.float64]

_Trials = dict[tuple[str, str], list[tuple[Interval, float]]]
"""For each quantity and method: intervals, each with its truth."""


@dataclass(frozen=True)
class Coverage:
    """How often an interval held its truth.

    Parameters
    ----------
    quantity, method : str
    covered : int
    trials : int
        Simulated studies, times levels for the level means.
    low_misses, high_misses : int
        Truth below the interval, and above it.
    width : float
        Median width of the finite intervals.
    """

    quantity: str
    method: str
    covered: int
    trials: int
    low_misses: int
    high_misses: int
    width: float

    @property
    def rate(self) -> float:
        """Share of intervals that held the truth."""
        return self.covered / self.trials


@dataclass(frozen=True)
class CoverageTable:
    """Coverage of every interval type in one scenario.

    Parameters
    ----------
    rows : tuple of Coverage
    unsafe_rate : float
        Share of studies whose last safe level was not safe in truth; promised to be at most `alpha`.
    alpha : float
    law : str
    simulations, replicates : int
    """

    rows: tuple[Coverage, ...]
    unsafe_rate: float
    alpha: float
    law: str
    simulations: int
    replicates: int


def coverage(
    scenario: Scenario,
    simulations: int,
    *,
    law: str = "exponential",
    settings: Settings | None = None,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> CoverageTable:
    """Simulate studies and count how often each interval holds its truth.

    Parameters
    ----------
    scenario : Scenario
        The truth and the noise.
    simulations : int
        Number of studies; 1,000 of the paper's design take about two minutes on one core.
    law : str
        Law whose intervals are checked. Under a scenario that follows another law its intervals promise
        nothing.
    settings : Settings or None
        None uses the defaults with 400 bootstrap draws.
    seed : int
        Seed of the simulation.
    progress : callable or None
        Called with the number of finished simulations.
    """
    base = settings or Settings(draws=400)
    random = generator(seed, 3)
    trials: _Trials = {}
    unsafe = 0
    with one_thread():
        for k in range(simulations):
            own = replace(base, seed=int(random.integers(2**63)))
            unsafe += _simulate(scenario, law, own, random, trials)
            if progress is not None:
                progress(k + 1)
    rows = tuple(_row(quantity, method, found) for (quantity, method), found in trials.items())
    return CoverageTable(rows, unsafe / simulations, base.alpha, law, simulations, scenario.replicates)


def _simulate(
    scenario: Scenario, law: str, settings: Settings, random: np.random.Generator, trials: _Trials
) -> bool:
    """Analyse one study and file its intervals with their truths; whether its last safe level is unsafe."""
    study, given = draw_study(scenario, random)
    levels = summarise(study)
    draws = bootstrap(study, levels, settings, [])
    p = problem(law_named(law), levels)
    on_these, on_all = (_truths(p, scenario, accuracy, settings) for accuracy in (given, scenario.accuracy))
    for name, estimate in _estimates(levels, draws, p, settings).items():
        _file(trials, name, estimate.given_test_set, on_these[name])
        _file(trials, name, estimate.with_test_images, on_all[name])
    for i, within in enumerate(levels.intervals(settings.confidence) or ()):
        _file(trials, "level mean", within, float(given[i]))
        images = percentile_interval(draws[1].means[:, i], settings.confidence, draws[1].method)
        _file(trials, "level mean", images, float(scenario.accuracy[i]))
    safe = last_safe_level(levels, settings.delta, settings.alpha).level
    return safe is not None and bool(
        given[np.flatnonzero(levels.level == safe)[0]] < on_these["plateau"] - settings.delta
    )


def _estimates(levels: Levels, draws: list[Draws], p: Problem, settings: Settings) -> dict[str, Estimate]:
    """Every estimate of one study that has intervals, positions as hardness (zeta)."""
    curve = estimate_curve(levels, draws, settings)
    findings = estimate_law(Compared(fit(p), p, None, None, 0.0, None), levels, draws, settings)
    estimates = {
        "plateau": curve.plateau,
        "fall": curve.fall,
        "contour": curve.contour,
        "half contour": curve.half,
        "law contour": findings.contour,
        "law half contour": findings.half,
    }
    return estimates | {f"law {name}": estimate for name, estimate in findings.parameters.items()}


def _truths(p: Problem, scenario: Scenario, accuracy: Array, settings: Settings) -> dict[str, float]:
    """What the definitions give for true level accuracies."""
    count = np.full(accuracy.size, float(scenario.replicates))
    curve = read(p.x, accuracy[None, :], count, settings.delta)
    hardest = antitonic(accuracy[None, :], count)[0, -1]
    exact = replace(p, y=accuracy, w=1.0 / scenario.seed_sd**2)
    best = fit(exact)
    truths = {
        "plateau": curve.plateau[0],
        "fall": curve.plateau[0] - hardest,
        "contour": curve.contour[0],
        "half contour": curve.half[0],
        "law contour": law_contours(exact, best.as_fits(), settings.delta)[0],
        "law half contour": law_half_contours(exact, best.as_fits())[0],
    }
    truths |= {f"law {name}": value for name, value in best.natural().items()}
    return {name: float(value) for name, value in truths.items()}


def _file(trials: _Trials, quantity: str, interval: Interval | None, truth: float) -> None:
    if interval is not None:
        trials.setdefault((quantity, interval.method), []).append((interval, truth))


def _row(quantity: str, method: str, found: list[tuple[Interval, float]]) -> Coverage:
    widths = [interval.width for interval, _ in found if np.isfinite(interval.width)]
    return Coverage(
        quantity=quantity,
        method=method,
        covered=sum(interval.contains(truth) for interval, truth in found),
        trials=len(found),
        low_misses=sum(interval.low is not None and truth < interval.low for interval, truth in found),
        high_misses=sum(interval.high is not None and truth > interval.high for interval, truth in found),
        width=float(np.median(widths)) if widths else np.inf,
    )
