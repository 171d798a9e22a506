"""What the level means say without any law, with intervals: plateau, contours, last safe level, classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.bootstrap import Draws
from gossamer.analysis.contour import Class, Readings, SafeLevel, classify, last_safe_level, read
from gossamer.analysis.estimate import Estimate, estimate_of, on_axis
from gossamer.analysis.isotone import antitonic
from gossamer.analysis.levels import Levels
from gossamer.analysis.plateau import Flatness, flatness
from gossamer.analysis.settings import Settings

Array = NDArray[np.float64]


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
    monotone : tuple of float
        Monotone fit at every level.
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
    monotone: tuple[float, ...]
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
    weights = levels.count.astype(np.float64)
    found = read(levels.x, levels.mean[None, :], weights, settings.delta)
    drawn = {d.method: read(levels.x, d.means, weights, settings.delta) for d in draws}
    fit = antitonic(levels.mean[None, :], weights)[0]
    falls = {d.method: drawn[d.method].plateau - antitonic(d.means, weights)[:, -1] for d in draws}
    edge = int(found.edge[0])
    contour, half = (_position(levels, found, drawn, name, settings) for name in ("contour", "half"))
    plateaus = {method: reading.plateau for method, reading in drawn.items()}
    lonely = "The plateau rests on one level; add easier levels." if edge == 0 else ""
    return CurveFindings(
        plateau=estimate_of(found.plateau[0], plateaus, settings.confidence, note=lonely),
        plateau_levels=tuple(levels.level[: edge + 1].tolist()),
        flatness=flatness(levels, edge),
        fall=estimate_of(found.plateau[0] - fit[-1], falls, settings.confidence),
        contour=on_axis(contour, levels.axis),
        half=on_axis(half, levels.axis),
        safe=last_safe_level(levels, settings.delta, settings.alpha),
        classes=classify(levels.x, contour, half),
        monotone=tuple(fit.tolist()),
        runs=levels.all_runs,
    )


def _position(
    levels: Levels, found: Readings, drawn: Mapping[str, Readings], name: str, settings: Settings
) -> Estimate:
    value = float(getattr(found, name)[0])
    note = ""
    if not np.isfinite(value):
        note = (
            f"Accuracy does not fall by {100 * settings.delta:g} points for good within the studied levels."
        )
    positions: dict[str, Array] = {method: getattr(reading, name) for method, reading in drawn.items()}
    return estimate_of(value, positions, settings.confidence, float(levels.x[-1]), note)
