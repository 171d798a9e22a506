"""Prediction of a study from a tenth of its cost: short prefixes of few runs, a law, and a modest
extrapolation.

The exponential law is fitted to what the runs report at the end of their prefix and half way through it.
Between the two, each of (plateau, a, ln b) moves with the logarithm of the epoch. Beyond the prefix learning
curves flatten, so the movement is taken to go on by an unknown share of itself, uniform between none and all
of it. Intervals hold the noise of the runs, the noise of the movement, that share, and the noise that the
study itself will have.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.batch import Fits, fit_many
from gossamer.analysis.bootstrap import generator
from gossamer.analysis.estimate import GIVEN_TEST_SET, Interval, estimate_of, on_axis
from gossamer.analysis.law.exponential import Exponential
from gossamer.analysis.paper_law import FALL, PLATEAU, STEEPNESS, paper_contour
from gossamer.analysis.prefixes import SHARE, Prefixes, Target
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]

QUANTITIES = ("plateau", "contour", "a", "b")
_LAW = Exponential()
_LEAST_LEVELS = 5
_LEAST_EPOCHS = 4


@dataclass(frozen=True)
class Prediction:
    """Predicted numbers of a study.

    Parameters
    ----------
    method : str
        "extrapolated", or a baseline: "last epoch carried forward", "the paper's constants".
    values : mapping of float or None
        "plateau" (accuracy), "contour" (level), "a" (accuracy), "b" (1 / hardness); None where the predicted
        law does not fall by delta.
    intervals : mapping of Interval
        Empty for the paper's constants.
    share : float
        Share of the study's cost that was used.
    runs : tuple of str
        Runs whose prefixes were used.
    """

    method: str
    values: Mapping[str, float | None]
    intervals: Mapping[str, Interval]
    share: float
    runs: tuple[str, ...]


def predict(
    prefixes: Prefixes,
    target: Target,
    *,
    delta: float = 0.01,
    confidence: float = 0.8,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[Prediction, ...]:
    """Predict plateau, contour, a and b of a study, with the two baselines to compare with.

    Parameters
    ----------
    prefixes : Prefixes
        At most a tenth of the study's cost.
    target : Target
        The study.
    delta : float
        The fall that defines the contour.
    confidence : float
        Of the intervals.
    draws, seed : int
        Of the intervals.

    Returns
    -------
    tuple of Prediction
        Extrapolated; last epoch carried forward; the paper's constants (on an axis of zeta only).

    Raises
    ------
    AnalysisError
        If the prefixes cost more than a tenth of the study, have under 5 levels or 4 epochs.
    """
    _check(prefixes, target)
    octaves = max(float(np.log2(target.epochs / prefixes.accuracy.shape[1])), 0.0)
    random = generator(seed, 4)
    half, end = _drawn_fits(prefixes, draws, random)
    goes_on = np.concatenate(([0.5], random.uniform(size=draws)))[:, None]
    # The study will miss its own truth by what one run a level misses it, over the root of its replicates.
    own = np.vstack((np.zeros(3), (random.permutation(end[1:]) - end[0]) / np.sqrt(target.replicates)))
    share = prefixes.cost / target.cost
    moved = end + (end - half) * octaves * goes_on
    found = [
        _prediction("extrapolated", moved + own, prefixes, share, delta, confidence),
        _prediction("last epoch carried forward", end + own, prefixes, share, delta, confidence),
    ]
    if prefixes.axis.name == "zeta":
        values = {"plateau": PLATEAU, "contour": paper_contour(delta), "a": FALL, "b": STEEPNESS}
        found.append(Prediction("the paper's constants", values, {}, 0.0, ()))
    return tuple(found)


def _check(prefixes: Prefixes, target: Target) -> None:
    used = prefixes.cost / target.cost
    if used > SHARE * (1 + 1e-9):
        raise AnalysisError(
            f"The prefixes cost {100 * used:.1f} % of the study, but a prediction may use {100 * SHARE:g} %;"
            " give shorter or fewer ones."
        )
    levels, epochs = np.unique(prefixes.level).size, prefixes.accuracy.shape[1]
    if levels < _LEAST_LEVELS or epochs < _LEAST_EPOCHS:
        raise AnalysisError(
            f"A prediction needs prefixes of {_LEAST_EPOCHS} epochs at {_LEAST_LEVELS} levels,"
            f" but there are {epochs} epochs at {levels} levels."
        )


def _drawn_fits(prefixes: Prefixes, draws: int, random: np.random.Generator) -> tuple[Array, Array]:
    """(plateau, a, ln b) half way and at the end of the prefixes, float64 [1 + draws, 3] each; row 0 is the
    fit.

    A run keeps its luck, so that the two ends share their errors, and the difference has errors of its own.
    """
    x, index = np.unique(prefixes.axis.hardness(prefixes.level), return_inverse=True)
    count = np.bincount(index).astype(np.float64)
    epochs = prefixes.accuracy.shape[1]
    curves = np.stack(
        [np.bincount(index, _late(prefixes.accuracy[:, :t])) / count for t in (epochs // 2, epochs)]
    )
    fits = fit_many(_LAW, x, curves, count)
    fitted = fits.plateau[:, None] - fits.fall[:, None] * _LAW.shape(x, fits.theta)
    residual = curves - fitted
    freedom = x.size - 3
    common = np.sqrt((count * residual[1] ** 2).sum() / freedom / count)
    moving = np.sqrt((count * (residual[1] - residual[0]) ** 2).sum() / freedom / count)
    error = common * random.standard_normal((draws, x.size))
    drawn = [fitted[0] + error + moving * random.standard_normal((draws, x.size)), fitted[1] + error]
    half, end = (np.vstack((_as_rows(fits)[k], _as_rows(fit_many(_LAW, x, drawn[k], count)))) for k in (0, 1))
    return half, end


def _late(accuracy: Array) -> Array:
    """Mean over the last tenth of the epochs, float64 [n]: one epoch alone is noisy."""
    return np.asarray(accuracy[:, -max(1, accuracy.shape[1] // 10) :].mean(axis=1))


def _as_rows(fits: Fits) -> Array:
    return np.column_stack((fits.plateau, fits.fall, fits.theta[:, 0]))


def _prediction(
    method: str, rows: Array, prefixes: Prefixes, share: float, delta: float, confidence: float
) -> Prediction:
    """Values from row 0 and percentile intervals from the others; rows hold (plateau, a, ln b)."""
    plateau, fall, steepness = rows[:, 0], np.clip(rows[:, 1], 0.0, 1.0), np.exp(rows[:, 2])
    with np.errstate(divide="ignore"):
        contour = np.where(fall > delta, 1.0 + np.log(delta / fall) / steepness, np.inf)
    columns = {"plateau": plateau, "contour": contour, "a": fall, "b": steepness}
    estimates = {
        name: estimate_of(column[0], {GIVEN_TEST_SET: column[1:]}, confidence)
        for name, column in columns.items()
    }
    estimates["contour"] = on_axis(estimates["contour"], prefixes.axis)
    return Prediction(
        method,
        {name: estimate.value for name, estimate in estimates.items()},
        {name: estimate.given_test_set for name, estimate in estimates.items() if estimate.given_test_set},
        share,
        prefixes.runs,
    )


@dataclass(frozen=True)
class Score:
    """One predicted number against what the whole study found.

    Parameters
    ----------
    method, quantity : str
    predicted, found : float or None
    error : float or None
        Predicted minus found.
    inside : bool or None
        Whether the interval held what was found; None without an interval.
    """

    method: str
    quantity: str
    predicted: float | None
    found: float | None
    error: float | None
    inside: bool | None


def score(predictions: tuple[Prediction, ...], found: Mapping[str, float | None]) -> tuple[Score, ...]:
    """Compare predictions with what the whole study found ("plateau", "contour", "a", "b")."""
    rows = []
    for prediction in predictions:
        for quantity in QUANTITIES:
            predicted, truth = prediction.values[quantity], found.get(quantity)
            interval = prediction.intervals.get(quantity)
            error = None if predicted is None or truth is None else predicted - truth
            inside = None if interval is None or truth is None else interval.contains(truth)
            rows.append(Score(prediction.method, quantity, predicted, truth, error, inside))
    return tuple(rows)
