"""Do the intervals hold what they promise? Simulated studies with a known truth, analysed like real ones.

The truth is external: the curve that runs were drawn from. Plateau is its value at the easiest level, fall
its loss at the hardest, a contour the place where it has lost delta or half of its fall, wherever the levels
lie. Beside it stands what the definitions of the analysis give for the true accuracies of the levels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.assemble import one_thread, view
from gossamer.analysis.contour.contour import read
from gossamer.analysis.estimate import Estimate, Interval
from gossamer.analysis.findings import View
from gossamer.analysis.levels.bootstrap import generator
from gossamer.analysis.settings import Settings
from gossamer.simulate.cases import Case
from gossamer.simulate.scenario import Curve, Drawn, draw_study

Array = NDArray[np.float64]

LEVEL_MEAN, SAFE = "level mean", "last safe level"
_FINE = 4001


@dataclass(frozen=True)
class Coverage:
    """How often an interval held its truth.

    Parameters
    ----------
    case, quantity : str
    with_images : bool
        Whether the interval is that with test images.
    trials : int
        Intervals that were reported: one a study, or one a level for the level means.
    held : float
        Share that held the external truth. For the last safe level: share of studies where it is safe.
    held_own : float or None
        Share that held what the definition gives for the true accuracies of the levels.
    low_misses, high_misses : float
        Share with the truth below the interval, and above it.
    width : float
        Median width of the intervals; infinite where most are open.
    silent : int
        Studies that reported no interval, with a note.
    promised : float
        The share that is promised; 0 where nothing is.
    why_not : str
        Why nothing is promised.
    """

    case: str
    quantity: str
    with_images: bool
    trials: int
    held: float
    held_own: float | None
    low_misses: float
    high_misses: float
    width: float
    silent: int
    promised: float
    why_not: str = ""


@dataclass(frozen=True)
class CaseCoverage:
    """All intervals of one kind of study.

    Parameters
    ----------
    name : str
    simulations : int
    rows : tuple of Coverage
    noted : float
        Share of studies whose analysis has a note.
    """

    name: str
    simulations: int
    rows: tuple[Coverage, ...]
    noted: float


@dataclass(frozen=True)
class _Trial:
    interval: Interval | None
    truth: float
    own: float | None


def check_case(
    case: Case,
    simulations: int,
    *,
    settings: Settings | None = None,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> CaseCoverage:
    """Simulate studies of one kind and count how often each interval holds its truth.

    Parameters
    ----------
    case : Case
    simulations : int
        Number of studies.
    settings : Settings or None
        Of every analysis; None for the defaults with 400 bootstrap draws. Only the true law is fitted.
    seed : int
        Seed of the simulation.
    progress : callable or None
        Called with the number of finished simulations.
    """
    settings = (settings or Settings(draws=400)).model_copy(update={"laws": (case.law or "exponential",)})
    random = generator(seed, 3)
    trials: dict[tuple[str, bool], list[_Trial]] = {}
    safe, noted = [], 0
    with one_thread():
        for k in range(simulations):
            drawn = draw_study(case.scenario, random)
            found = view(drawn.sample, settings.model_copy(update={"seed": int(random.integers(2**63))}))
            _file_study(trials, case, drawn, found, settings)
            safe.append(_is_safe(found, drawn.given_test_set, settings.delta))
            noted += _has_note(found)
            if progress is not None:
                progress(k + 1)
    rows = [_row(case, *key, own, settings.confidence) for key, own in trials.items()]
    known = [one for one in safe if one is not None]
    held = float(np.mean(known)) if known else 1.0
    silent = simulations - len(known)
    rows.append(
        Coverage(
            case.name,
            SAFE,
            False,
            len(known),
            held,
            None,
            0.0,
            0.0,
            0.0,
            silent,
            1.0 - settings.alpha,
            case.exempt.get(SAFE, ""),
        )
    )
    return CaseCoverage(case.name, simulations, tuple(rows), noted / simulations)


def truths(curve: Curve, levels: Array, delta: float) -> dict[str, float]:
    """External truth of every quantity that needs no law, for a curve that is studied at these levels."""
    first, last = levels[0], levels[-1]
    places = np.unique(np.concatenate((np.linspace(first, last, _FINE), 1 - np.geomspace(1e-6, 1, _FINE))))
    places = places[(places >= first) & (places <= last)]
    lost = curve(places[:1]) - curve(places)
    fall = float(lost[-1])
    contour = _first(places, lost, delta)
    half = _first(places, lost, max(fall, delta) / 2) if np.isfinite(contour) else np.inf
    return {"plateau": float(curve(places[:1])[0]), "fall": fall, "contour": contour, "half": half}


def _first(places: Array, lost: Array, loss: float) -> float:
    """Where so much is lost, by straight lines between places; inf if nowhere."""
    beyond = np.flatnonzero(lost >= loss)
    if not beyond.size:
        return np.inf
    k = int(beyond[0])
    share = (loss - lost[k - 1]) / (lost[k] - lost[k - 1])
    return float(places[k - 1] + share * (places[k] - places[k - 1]))


def _file_study(
    trials: dict[tuple[str, bool], list[_Trial]], case: Case, drawn: Drawn, found: View, settings: Settings
) -> None:
    levels = np.array([level.level for level in found.levels])
    count = np.array([level.count for level in found.levels], dtype=np.float64)
    for images, curve in ((False, drawn.given_test_set), (True, case.scenario.curve)):
        if images and case.scenario.ease is None:
            continue
        known = truths(curve, levels, settings.delta)
        own = read(levels, curve(levels)[None, :], count, settings.delta)
        of_definition = {
            "plateau": float(own.plateau[0]),
            "fall": known["fall"],
            "contour": float(own.contour[0]),
            "half": float(own.half[0]),
        }
        for name, estimate in _estimates(found).items():
            _file(trials, name, images, estimate, known[name], of_definition[name])
        for level, accuracy in zip(found.levels, curve(levels).tolist(), strict=True):
            _file(trials, LEVEL_MEAN, images, level.mean, accuracy, None)
        law = found.law(case.law) if case.law else None
        # A law of the expected accuracies on given images is no longer exactly of its form.
        if law is not None and (images or case.scenario.ease is None):
            for name, value in case.parameters.items():
                _file(trials, f"law: {name}", images, law.parameters[name], value, None)


def _estimates(found: View) -> Mapping[str, Estimate]:
    curve = found.curve
    if curve is None:
        return {}
    return {"plateau": curve.plateau, "fall": curve.fall, "contour": curve.contour, "half": curve.half}


def _file(
    trials: dict[tuple[str, bool], list[_Trial]],
    name: str,
    images: bool,
    estimate: Estimate,
    truth: float,
    own: float | None,
) -> None:
    interval = estimate.with_test_images if images else estimate.given_test_set
    trials.setdefault((name, images), []).append(_Trial(interval, truth, own))


def _is_safe(found: View, curve: Curve, delta: float) -> bool | None:
    """Whether accuracy at the last safe level is above the plateau minus delta; None where there is none."""
    level = found.curve.safe.level if found.curve is not None else None
    if level is None:
        return None
    first = found.levels[0].level
    at_first, there = curve(np.array([first, level]))
    return bool(there >= at_first - delta)


def _has_note(found: View) -> bool:
    """Whether the analysis says that something is to be known; that there are no predictions is not meant."""
    notes = [note for note in found.notes if "predictions" not in note]
    return bool(notes) or any(estimate.note for estimate in _estimates(found).values())


def _row(case: Case, quantity: str, images: bool, own: list[_Trial], confidence: float) -> Coverage:
    made = [trial for trial in own if trial.interval is not None]
    pairs = [(trial.interval, trial) for trial in made if trial.interval is not None]
    low = [interval.low is not None and trial.truth < interval.low - 1e-12 for interval, trial in pairs]
    high = [interval.high is not None and trial.truth > interval.high + 1e-12 for interval, trial in pairs]
    defined = [interval.contains(trial.own) for interval, trial in pairs if trial.own is not None]
    widths = [interval.width for interval, _ in pairs]
    missed = float(np.mean(low) + np.mean(high)) if pairs else 0.0
    return Coverage(
        case=case.name,
        quantity=quantity,
        with_images=images,
        trials=len(pairs),
        held=1.0 - missed,
        held_own=float(np.mean(defined)) if defined else None,
        low_misses=float(np.mean(low)) if pairs else 0.0,
        high_misses=float(np.mean(high)) if pairs else 0.0,
        width=float(np.median(widths)) if widths else np.inf,
        silent=len(own) - len(made),
        promised=confidence,
        why_not=case.exempt.get(quantity, ""),
    )
