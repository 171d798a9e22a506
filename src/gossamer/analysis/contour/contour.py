"""The contour: the level beyond which accuracy stays below its plateau by delta, and what it divides."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.contour.isotone import Array, last_crossing
from gossamer.analysis.contour.plateau import Plateaus, plateaus
from gossamer.analysis.estimate import Estimate, Interval
from gossamer.analysis.levels.levels import Levels
from gossamer.errors import AnalysisError

Class = Literal["normal", "transition", "extreme", "undecided"]


@dataclass(frozen=True, eq=False)
class Readings:
    """What B curves of level means say without any law.

    Parameters
    ----------
    plateau : float64 [B]
        Accuracy at the easy end.
    edge : int64 [B]
        Index of the last plateau level.
    fall : float64 [B]
        Plateau minus the mean of the hardest level, at least 0.
    contour : float64 [B]
        Hardness of contour(delta); inf where accuracy never falls by delta.
    half : float64 [B]
        Hardness of contour(half of the fall); inf where accuracy never falls by delta.
    """

    plateau: Array
    edge: NDArray[np.int64]
    fall: Array
    contour: Array
    half: Array


def read(x: Array, means: Array, weights: Array, delta: float) -> Readings:
    """Plateau, fall, contour(delta) and contour(half of the fall) by monotone interpolation.

    To the right of the plateau accuracy is taken to be non-increasing: the level means are replaced by their
    non-increasing least-squares fit, flat pieces by their centre (see `isotone`), and neighbours are joined
    by straight lines.

    Parameters
    ----------
    x : float64 [L], increasing
        Hardness of the levels.
    means : float64 [B, L]
        Level means, one curve a row.
    weights : float64 [L]
        Runs per level.
    delta : float in (0, 1)
        The fall that defines the contour.

    Raises
    ------
    AnalysisError
        If there are fewer than 3 levels, or delta is not in (0, 1).
    """
    if x.size < 3:
        raise AnalysisError(
            f"A contour needs at least 3 levels with half of their replicates, but there are {x.size}."
        )
    if not 0 < delta < 1:
        raise AnalysisError(f"delta is {delta:g}, but must lie between 0 and 1; 1 point of accuracy is 0.01.")
    found = plateaus(x, means, weights, delta)
    fall = np.maximum(found.value - means[:, -1], 0.0)
    contour = _crossing(x, found, weights, found.value - delta)
    half = _crossing(x, found, weights, found.value - np.maximum(fall, delta) / 2)
    return Readings(found.value, found.edge, fall, contour, np.where(np.isinf(contour), np.inf, half))


def _crossing(x: Array, found: Plateaus, weights: Array, height: Array) -> Array:
    """Where each curve falls below a height for good; before the plateau's end where that lies lower."""
    fit = found.fit
    inside = height <= fit[np.arange(height.size), found.edge]
    edge = np.where(inside, found.edge, 0)
    return last_crossing(x, fit, weights, np.minimum(height, fit[:, 0]), edge)


def between_levels(x: Array, interval: Interval | None, value: float) -> Interval | None:
    """The interval with its ends moved out to levels, in hardness.

    All that is known between two levels is that accuracy does not rise, so it may fall by any part of their
    difference right after the first or right before the second; a straight line between them is a guess.
    `value` stays inside.
    """
    if interval is None or interval.low is None:
        return interval
    low = float(x[max(int(np.searchsorted(x, min(interval.low, value), side="right")) - 1, 0)])
    high = interval.high
    if high is not None:
        end = int(np.searchsorted(x, max(high, value), side="left"))
        high = float(x[end]) if end < x.size else None
    return Interval(low, high, interval.confidence, interval.method)


@dataclass(frozen=True)
class SafeLevel:
    """Last level that is shown to be above plateau - delta.

    Parameters
    ----------
    level : float or None
        None without replicates; `note` says so.
    alpha : float
        How often the level may be unsafe.
    """

    level: float | None
    alpha: float
    note: str = ""


def last_safe_level(levels: Levels, x: Array, contours: Array | None, alpha: float = 0.05) -> SafeLevel:
    """The last level that contour(delta) lies beyond with confidence 1 - alpha, one-sided.

    Parameters
    ----------
    levels : Levels
    x : float64 [L]
        Hardness of the levels that the contour was read from.
    contours : float64 [B] or None
        Bootstrap draws of contour(delta) as hardness; None without replicates.
    alpha : float in (0, 0.5)
    """
    if contours is None:
        return SafeLevel(None, alpha, "No level has two runs, so noise is unknown; add replicates.")
    low = float(np.quantile(contours, alpha, method="inverted_cdf"))
    k = max(int(np.searchsorted(x, low, side="right")) - 1, 0)
    return SafeLevel(float(levels.level[np.searchsorted(levels.x, x[k])]), alpha)


def classify(x: Array, contour: Estimate, half: Estimate) -> tuple[Class, ...]:
    """Class of every level: normal <= contour(delta) < transition <= contour(half of the fall) < extreme.

    A level strictly inside the (widest) interval of either contour is undecided. Without any contour every
    level is normal; estimates are hardnesses.
    """
    if contour.value is None:
        return tuple[Class, ...]("normal" for _ in range(x.size))
    end = np.inf if half.value is None else half.value
    return tuple(_class_of(h, contour.value, end, contour.widest, half.widest) for h in x.tolist())


def _class_of(x: float, contour: float, half: float, *intervals: Interval | None) -> Class:
    if any(interval is not None and interval.surrounds(x) for interval in intervals):
        return "undecided"
    if x <= contour:
        return "normal"
    return "transition" if x <= half else "extreme"


def structural_contour(x: Array, excess: Array, weights: Array | None = None) -> float | None:
    """Hardness at which the excess of a statistic over its null falls below half of its plateau value for
    good.

    Parameters
    ----------
    x : float64 [L], increasing
        Hardness of the levels.
    excess : float64 [L]
        Mean of statistic minus mean of its null at each level; larger means more structure. Levels where the
        statistic is undefined (NaN) are left out.
    weights : float64 [L] or None
        Runs per level; None counts every level once.

    Returns
    -------
    float or None
        None if the plateau of the excess is not positive, or it never falls below half.

    Raises
    ------
    AnalysisError
        If it is defined at fewer than 3 levels.
    """
    defined = ~np.isnan(excess)
    if defined.sum() < 3:
        raise AnalysisError(
            f"A structural contour needs the statistic at 3 levels, but it is defined at {defined.sum()}."
        )
    weight = np.ones(x.size) if weights is None else weights
    scale = float(np.abs(excess[defined]).max()) or 1.0
    values = excess[defined][None, :] / scale
    found = plateaus(x[defined], values, weight[defined], float(max(values.max(), 0.0)) / 2 or 1.0)
    if not found.value[0] > 0:
        return None
    crossing = float(_crossing(x[defined], found, weight[defined], found.value / 2)[0])
    return crossing if np.isfinite(crossing) else None
