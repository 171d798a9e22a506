"""What the level means say without any law, with intervals: plateau, contours, last safe level, classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.contour.contour import (
    Class,
    Readings,
    SafeLevel,
    between_levels,
    classify,
    last_safe_level,
    read,
)
from gossamer.analysis.contour.isotone import antitonic
from gossamer.analysis.contour.plateau import Flatness, dips, flatness
from gossamer.analysis.estimate import GIVEN_TEST_SET, Estimate, Interval, estimate_of, on_axis
from gossamer.analysis.levels.bootstrap import Draws
from gossamer.analysis.levels.levels import Levels
from gossamer.analysis.settings import Settings

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CurveFindings:
    """Findings that need no law; positions are levels in the unit of the axis.

    Parameters
    ----------
    plateau : Estimate
        Accuracy at the easy end, from the plateau levels.
    plateau_levels : tuple of float
    flatness : Flatness or None
    fall : Estimate
        Plateau minus the mean of the hardest level, at least 0.
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

    @property
    def remarks(self) -> tuple[str, ...]:
        """How flat the plateau is, which levels dip, and what is to be known of the estimates."""
        said = [self.flatness.sentence] if self.flatness else []
        if self.dips:
            listed = ", ".join(f"{level:g}" for level in self.dips)
            said.append(f"Below harder levels by more than noise explains, and left out: {listed}.")
        notes = (estimate.note for estimate in (self.plateau, self.fall, self.contour, self.half))
        return tuple(dict.fromkeys((*said, *filter(None, notes))))


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
    falls, plateaus = ({m: getattr(r, name) for m, r in drawn.items()} for name in ("fall", "plateau"))
    given = drawn.get(GIVEN_TEST_SET)
    draws_of_seeds = None if given is None else given.contour
    contour, half = (_position(levels, x, found, drawn, name, settings) for name in ("contour", "half"))
    members = kept[: int(found.edge[0]) + 1]
    flat = flatness(levels, members)
    return CurveFindings(
        plateau=estimate_of(
            found.plateau[0],
            plateaus,
            settings.confidence,
            note=_plateau_note(levels, members, float(found.plateau[0]), flat, settings.delta),
        ),
        plateau_levels=tuple(levels.level[members].tolist()),
        flatness=flat,
        fall=estimate_of(found.fall[0], falls, settings.confidence),
        contour=on_axis(contour, levels.axis),
        half=on_axis(half, levels.axis),
        safe=last_safe_level(levels, x, draws_of_seeds, settings.alpha),
        classes=classify(levels.x, contour, half),
        monotone=(tuple(levels.level[kept].tolist()), tuple(fit.tolist())),
        dips=tuple(levels.level[low].tolist()),
        runs=levels.all_runs,
    )


def _plateau_note(
    levels: Levels, members: NDArray[np.int64], value: float, flat: Flatness | None, delta: float
) -> str:
    """What to know of the plateau: it rests on one level, it is none, or its first level lies off it."""
    first, last = (f"{levels.level[members[k]]:g}" for k in (0, -1))
    score, name, above = levels.score, levels.axis.name, float(levels.mean[members[0]] - value)
    if members.size == 1:
        return "The plateau rests on one level; add easier levels."
    if flat is not None and flat.drifts:
        return (
            f"{score.title} already falls by {score.change(-flat.trend)} from {name} {first} to {last}"
            f" (p = {flat.trend_p:.2g}): the plateau is its value at {first}, not a constant."
        )
    if above > delta / 2:
        return (
            f"{score.title} at {name} {first}, the easiest level, lies {score.change(above)} above the"
            " plateau; add easier levels or replicates."
        )
    return ""


def _position(
    levels: Levels,
    x: Array,
    found: Readings,
    drawn: Mapping[str, Readings],
    name: str,
    settings: Settings,
) -> Estimate:
    """A contour in hardness; the ends of its intervals are levels."""
    value = float(getattr(found, name)[0])
    positions: dict[str, Array] = {method: getattr(reading, name) for method, reading in drawn.items()}
    made = estimate_of(value, positions, settings.confidence, (float(x[0]), float(x[-1])))
    given, images = (
        between_levels(x, interval, value) for interval in (made.given_test_set, made.with_test_images)
    )
    return Estimate(
        made.value, given, images, _position_note(levels, x, given or images, value, name, settings)
    )


def _position_note(
    levels: Levels, x: Array, interval: Interval | None, value: float, name: str, settings: Settings
) -> str:
    if not np.isfinite(value):
        return (
            f"{levels.score.title} does not fall by {levels.score.change(settings.delta, 'g')} for good "
            "within the studied levels."
        )
    if interval is None or interval.low is None or interval.high is None:
        return ""
    first, last = (int(np.searchsorted(x, end)) for end in (interval.low, interval.high))
    if last - first > 1:
        return ""
    # Without the decimals that a hardness leaves behind.
    low, high = (f"{float(levels.axis.level(x[k])):.6g}" for k in (first, last))
    what = "The contour" if name == "contour" else "Half of the fall"
    return (
        f"{what} lies between {levels.axis.name} {low} and {high}, which are neighbours: only levels between"
        " them can tell where."
    )
