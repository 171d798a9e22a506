"""What the level means say without any law, with intervals: plateau, contours, last safe level, classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.contour.contour import Class, Readings, SafeLevel, classify, last_safe_level, read
from gossamer.analysis.contour.isotone import antitonic
from gossamer.analysis.contour.plateau import Flatness, dips, flatness
from gossamer.analysis.estimate import Estimate, estimate_of, on_axis
from gossamer.analysis.levels.bootstrap import Draws
from gossamer.analysis.levels.levels import Levels
from gossamer.analysis.settings import Settings

Array = NDArray[np.float64]

_CALIBRATION = 1.5
"""Percentile intervals of a monotone curve near its plateau hold the truth more often than they promise
(Chakraborty and Ghosal 2021, who recommend to recalibrate): asked for 95 % they held 97.5 % in our
simulations. Misses
of contour(delta) are therefore allowed this much more often than asked for, which gives 95 to 96 %."""


@dataclass(frozen=True)
class CurveFindings:
    """Findings that need no law; positions are levels in the unit of the axis.

    Parameters
    ----------
    plateau : Estimate
        Mean accuracy of the plateau levels.
    plateau_levels : tuple of float
    flatness : Flatness or None
    fall : Estimate
        Plateau minus the monotone fit at the hardest level.
    contour : Estimate
        contour(delta).
    half : Estimate
        contour(half of the fall).
    safe : SafeLevel
    classes : tuple of str
        One a level: "normal", "transition", "extreme" or "undecided".
    monotone : tuple of two tuples of float
        Levels and accuracies of the monotone fit; dips are left out.
    dips : tuple of float
        Levels that lie below harder ones by more than noise explains; they take no part in plateau and
        contours.
    runs : tuple of str
        Runs that all of this came from.
    """

    plateau: Estimate
    plateau_levels: tuple[float, ...]
    flatness: Flatness | None
    fall: Estimate
    contour: Estimate
    half: Estimate
    safe: SafeLevel
    classes: tuple[Class, ...]
    monotone: tuple[tuple[float, ...], tuple[float, ...]]
    dips: tuple[float, ...]
    runs: tuple[str, ...]


def estimate_curve(levels: Levels, draws: Sequence[Draws], settings: Settings) -> CurveFindings:
    """Plateau, contours, last safe level and classes of `levels`.

    Parameters
    ----------
    levels : Levels
        The levels to describe.
    draws : sequence of Draws
        Bootstrap draws, none where noise is unknown; estimates then have no intervals.
    settings : Settings
        Supplies delta, confidence and alpha.
    """
    low = dips(levels)
    kept = np.flatnonzero(~low)
    x, weights = levels.x[kept], levels.count[kept].astype(np.float64)
    found = read(x, levels.mean[None, kept], weights, settings.delta)
    drawn = {d.method: read(x, d.means[:, kept], weights, settings.delta) for d in draws}
    fit = antitonic(levels.mean[None, kept], weights)[0]
    hardest = {d.method: antitonic(d.means[:, kept], weights)[:, -1] for d in draws}
    falls = {method: drawn[method].plateau - hardest[method] for method in drawn}
    plateaus = {method: reading.plateau for method, reading in drawn.items()}
    contour, half = (_position(levels, found, drawn, name, settings) for name in ("contour", "half"))
    members = kept[: int(found.edge[0]) + 1]
    lonely = "The plateau rests on one level; add easier levels." if members.size == 1 else ""
    return CurveFindings(
        plateau=estimate_of(found.plateau[0], plateaus, settings.confidence, note=lonely),
        plateau_levels=tuple(levels.level[members].tolist()),
        flatness=flatness(levels, members),
        fall=estimate_of(found.plateau[0] - fit[-1], falls, settings.confidence),
        contour=on_axis(contour, levels.axis),
        half=on_axis(half, levels.axis),
        safe=last_safe_level(levels, settings.delta, settings.alpha),
        classes=classify(levels.x, contour, half),
        monotone=(tuple(levels.level[kept].tolist()), tuple(fit.tolist())),
        dips=tuple(levels.level[low].tolist()),
        runs=levels.all_runs,
    )


def _position(
    levels: Levels, found: Readings, drawn: Mapping[str, Readings], name: str, settings: Settings
) -> Estimate:
    value = float(getattr(found, name)[0])
    note = ""
    if not np.isfinite(value):
        note = (
            f"Accuracy does not fall by {100 * settings.delta:g} %-points for good within the studied levels."
        )
    positions: dict[str, Array] = {method: getattr(reading, name) for method, reading in drawn.items()}
    misses = (1.0 - settings.confidence) * (_CALIBRATION if name == "contour" else 1.0)
    made = estimate_of(value, positions, 1.0 - misses, float(levels.x[-1]), note)
    return made.promising(settings.confidence)
