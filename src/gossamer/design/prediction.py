"""Prediction of a study from a tenth of its cost: the first epochs of one run at each level.

What every level will report is extrapolated along the logarithm of the epoch, whole studies with the noise
of real ones are drawn around that, and from each the numbers are read as the study itself will read them. One
run a level is noisy, and a law that holds takes the noise out; so half of the drawn studies lie around the
levels as they are, and half around laws fitted to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.contour.contour import read
from gossamer.analysis.estimate import GIVEN_TEST_SET, Interval, estimate_of, on_axis
from gossamer.analysis.laws.paper_law import PLATEAU, paper_contour
from gossamer.analysis.levels.bootstrap import generator
from gossamer.design.extrapolation import LEAST_EPOCHS, extrapolate
from gossamer.design.prefixes import SHARE, Prefixes, Target
from gossamer.design.smoothing import smoothed
from gossamer.errors import AnalysisError
from gossamer.train.score import ACCURACY

Array = NDArray[np.float64]

QUANTITIES = ("plateau", "contour")
EXTRAPOLATED, CARRIED, CONSTANTS = "extrapolated", "last epoch carried forward", "the paper's constants"
_LEAST_LEVELS = 5


@dataclass(frozen=True)
class Prediction:
    """Predicted numbers of a study.

    Parameters
    ----------
    method : str
        "extrapolated", or a baseline: "last epoch carried forward", "the paper's constants".
    values : mapping of float or None
        "plateau" (accuracy) and "contour" (level), without a law; None where accuracy is not predicted to
        fall by delta.
    intervals : mapping of Interval
        Empty for the baselines.
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
    share: float = SHARE,
) -> tuple[Prediction, ...]:
    """Predict plateau and contour of a study, with the two baselines to compare with.

    Parameters
    ----------
    prefixes : Prefixes
        At most `share` of the study's cost.
    target : Target
        The study.
    delta : float
        The fall that defines the contour.
    confidence : float
        Of the intervals.
    draws, seed : int
        Of the intervals.
    share : float
        Share of the study's cost that may be used.

    Returns
    -------
    tuple of Prediction
        Extrapolated; last epoch carried forward; the paper's constants (accuracy on an axis of zeta only).

    Raises
    ------
    AnalysisError
        If the prefixes cost more than their share, or there are under 5 levels or 8 epochs.
    """
    _check(prefixes, target, share)
    order = np.argsort(prefixes.axis.hardness(prefixes.level))
    x = prefixes.axis.hardness(prefixes.level)[order]
    found = extrapolate(prefixes, order, x, target.epochs)
    random = generator(seed, 4)
    means = found.draw(draws, random)
    half = draws // 2
    means[:half] = smoothed(x, found.expected, found.sd**-2.0, means[:half], random, prefixes.score)
    # The study misses its own truth as well.
    means += found.sd / np.sqrt(target.replicates) * random.standard_normal(means.shape)
    columns = _read(x, np.clip(means, prefixes.score.low, prefixes.score.high), delta)
    used = prefixes.cost / target.cost
    predictions = [
        _prediction(columns, prefixes, x, used, confidence),
        _carried(prefixes, order, x, used, delta),
    ]
    if prefixes.axis.name == "zeta" and prefixes.score == ACCURACY:
        values = {"plateau": PLATEAU, "contour": paper_contour(delta)}
        predictions.append(Prediction(CONSTANTS, values, {}, 0.0, ()))
    return tuple(predictions)


def _check(prefixes: Prefixes, target: Target, share: float) -> None:
    used = prefixes.cost / target.cost
    if used > share * (1 + 1e-9):
        raise AnalysisError(
            f"The prefixes cost {100 * used:.1f} % of the study, but a prediction may use {100 * share:g} %;"
            " give shorter or fewer ones."
        )
    levels, epochs = prefixes.level.size, min(prefixes.epochs.tolist(), default=0)
    if levels < _LEAST_LEVELS or epochs < LEAST_EPOCHS:
        raise AnalysisError(
            f"A prediction needs prefixes of {LEAST_EPOCHS} epochs at {_LEAST_LEVELS} levels,"
            f" but there are {epochs} epochs at {levels} levels."
        )


def _read(x: Array, means: Array, delta: float) -> dict[str, Array]:
    """The numbers of every row of level means, as the analysis reads them; positions as hardness."""
    curve = read(x, means, np.ones(x.size), delta)
    return {"plateau": curve.plateau, "contour": curve.contour}


def _prediction(
    columns: Mapping[str, Array], prefixes: Prefixes, x: Array, share: float, confidence: float
) -> Prediction:
    """Medians and percentile intervals of the drawn studies."""
    estimates = {
        name: estimate_of(
            float(np.quantile(column, 0.5, method="inverted_cdf")),
            {GIVEN_TEST_SET: column},
            confidence,
            (float(x[0]), float(x[-1])) if name == "contour" else (-np.inf, np.inf),
        )
        for name, column in columns.items()
    }
    estimates["contour"] = on_axis(estimates["contour"], prefixes.axis)
    return Prediction(
        EXTRAPOLATED,
        {name: estimate.value for name, estimate in estimates.items()},
        {name: estimate.given_test_set for name, estimate in estimates.items() if estimate.given_test_set},
        share,
        prefixes.runs,
    )


def _carried(prefixes: Prefixes, order: NDArray[np.intp], x: Array, share: float, delta: float) -> Prediction:
    """What the analysis reads from the accuracies that the prefixes end with."""
    last = np.array([prefixes.reported[k][-1] for k in order.tolist()])
    values: dict[str, float | None] = {
        name: float(column[0]) for name, column in _read(x, last[None, :], delta).items()
    }
    contour = values["contour"]
    assert contour is not None
    values["contour"] = float(prefixes.axis.level(contour)) if np.isfinite(contour) else None
    return Prediction(CARRIED, values, {}, share, prefixes.runs)


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
    """Compare predictions with what the whole study found ("plateau", "contour")."""
    rows = []
    for prediction in predictions:
        for quantity in QUANTITIES:
            predicted, truth = prediction.values[quantity], found.get(quantity)
            interval = prediction.intervals.get(quantity)
            error = None if predicted is None or truth is None else predicted - truth
            inside = None if interval is None or truth is None else interval.contains(truth)
            rows.append(Score(prediction.method, quantity, predicted, truth, error, inside))
    return tuple(rows)
