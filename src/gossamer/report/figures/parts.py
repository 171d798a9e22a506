"""What charts share: the axis of levels, the switch between readings, zooming, a few levels of many."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
from numpy.typing import NDArray

from gossamer.report.figure import Zoom
from gossamer.report.material import Material
from gossamer.report.style import SERIES
from gossamer.report.words import axis_symbol, axis_title, first_upper, level_text, reading_name

READING = "reading"
LOW, HIGH = "level_low", "level_high"
PAN = "pan"
SHOWN = f"datum.reading === {READING}"

_LOG_RATIO = 20.0
_PAPER_LEVELS = (0.2, 0.4, 0.6, 0.8, 0.9, 0.96, 0.98, 0.99)
_PAPER_ZOOMS = ((0.0, 1.0), (0.9, 1.0), (0.98, 1.0))


def chart_of(part: str) -> alt.Chart:
    """A chart of one part of its figure's data."""
    return alt.Chart(alt.NamedData(name=part))


def reading_parameter(material: Material) -> alt.Parameter:
    """The parameter that says which reading is drawn; the page's switch sets it."""
    return alt.param(name=READING, value=material.reading)


def by_reading(texts: Mapping[str, str]) -> alt.ExprRef:
    """A text that follows the switch between readings; a reading without one has none."""
    pairs = ", ".join(f"{reading!r}: {text!r}" for reading, text in texts.items())
    return alt.ExprRef(expr=f"({{{pairs}}})[{READING}] || ''")


def reading_title(material: Material, tail: str = "") -> alt.TitleParams:
    """Title of a chart: which reading it shows, and whatever follows."""
    texts = {r: f"{first_upper(reading_name(material.score, r))}{tail}" for r in material.readings}
    return alt.TitleParams(text=by_reading(texts))


def is_logarithmic(material: Material) -> bool:
    """Whether levels are drawn on a logarithmic axis: positive ones that span more than a decade."""
    levels = material.levels
    return bool(levels.min() > 0 and levels.max() / levels.min() >= _LOG_RATIO)


def extent(material: Material) -> tuple[float, float]:
    """Smallest and largest level, with a little room so that no mark is cut."""
    return _with_room(material, float(material.levels.min()), float(material.levels.max()))


def _with_room(material: Material, low: float, high: float) -> tuple[float, float]:
    if is_logarithmic(material):
        room = (high / low) ** 0.02
        return low / room, high * room
    room = 0.02 * ((high - low) or 1.0)
    return low - room, high + room


def zooms(material: Material) -> tuple[Zoom, ...]:
    """Parts of the axis that the page offers: the paper's three for zeta, else all of it and the fall."""
    whole = Zoom("all levels", *extent(material))
    if material.axis == "zeta":
        parts = [part for part in _PAPER_ZOOMS if _levels_within(material, *part) >= 3]
        return tuple(_zoom(material, *part) for part in parts) or (whole,)
    fall = _fall(material)
    return (whole,) if fall is None else (whole, Zoom("the fall", *fall))


def _zoom(material: Material, low: float, high: float) -> Zoom:
    room = 0.02 * (high - low)
    return Zoom(f"{axis_symbol(material.axis)} {low:g} to {high:g}", low - room, high + room)


def _levels_within(material: Material, low: float, high: float) -> int:
    return int(((material.levels >= low) & (material.levels <= high)).sum())


def _fall(material: Material) -> tuple[float, float] | None:
    """From the last level of the plateau to the hardest, where that is less than the whole."""
    for _, findings in material.of_reading(material.reading):
        curve = findings.everything.curve
        if curve is not None and 2 < len(curve.plateau_levels) < len(material.levels):
            low, high = sorted((curve.plateau_levels[-2], float(material.levels[-1])))
            return _with_room(material, low, high)
    return None


def level_axis(
    material: Material, *, zoom: tuple[float, float] | None = None, title: str | None = None, ticks: int = 12
) -> alt.X:
    """Encoding of the column `level` along the horizontal axis, harder levels to the right.

    Parameters
    ----------
    material : Material
        Supplies the axis.
    zoom : pair of float or None
        Ends that stay; None for ends that follow the parameters of `zoom_parameters`.
    title : str or None
        None for the axis's own.
    ticks : int
        About how many.
    """
    ends: list[Any] = list(zoom) if zoom else [alt.ExprRef(expr=LOW), alt.ExprRef(expr=HIGH)]
    kind: Literal["log", "linear"] = "log" if is_logarithmic(material) else "linear"
    scale = alt.Scale(type=kind, domain=ends, reverse=material.harder == "smaller", nice=False)
    own = title or axis_title(material.axis, material.harder)
    return alt.X("level:Q", title=own, scale=scale, axis=alt.Axis(tickCount=ticks))


def at_column(x: alt.X, column: str) -> alt.X:
    """The same encoding of another column with levels."""
    moved = x.copy()
    moved.shorthand = f"{column}:Q"
    return moved


def zoom_parameters(material: Material) -> list[alt.Parameter]:
    """Ends of the horizontal axis, which the page's zoom buttons set."""
    low, high = extent(material)
    return [alt.param(name=LOW, value=low), alt.param(name=HIGH, value=high)]


def pan() -> alt.Parameter:
    """Zoom by Shift and wheel, move by dragging, back by double click; a bare wheel scrolls the page."""
    return alt.selection_interval(name=PAN, bind="scales", zoom="wheel![event.shiftKey]", clear="dblclick")


def series_colour(
    domain: Iterable[str], *, columns: int = 1, symbol: Literal["stroke", "circle"] = "stroke"
) -> alt.Color:
    """Encoding of the column `series` by colour with a legend above the chart."""
    names = list(domain)
    return alt.Color(
        "series:N",
        scale=alt.Scale(domain=names, range=[SERIES[k % len(SERIES)] for k in range(len(names))]),
        legend=alt.Legend(
            orient="top",
            title=None,
            columns=columns,
            symbolType=symbol,
            symbolStrokeWidth=3,
            symbolOpacity=1,
        ),
    )


def level_order(material: Material, *, shown: bool = True, titled: bool = True, most: int = 45) -> alt.X:
    """Encoding of levels by their order, equally spaced, which shows those that lie close together.

    Parameters
    ----------
    material : Material
        Supplies the levels.
    shown : bool
        False for an axis without title and labels, above one that has them.
    titled : bool
        False for an axis without a title.
    most : int
        Labels that there is room for.
    """
    names = [level_text(level) for level in material.levels.tolist()]
    title = f"{axis_title(material.axis, material.harder).partition(' (')[0]}; levels equally spaced"
    # Every k-th level, counted from the hard end.
    ticks = names[:: -max(1, -(-len(names) // most))]
    labels = alt.Axis(labelAngle=-60 if len(ticks) > min(most, 12) / 2 else 0, values=ticks)
    axis = labels if shown else alt.Axis(labels=False, ticks=False)
    scale = alt.Scale(domain=names)
    return alt.X("name:O", sort=names, title=title if shown and titled else None, axis=axis, scale=scale)


def few_levels(levels: NDArray[np.float64], axis: str, count: int) -> list[float]:
    """At most `count` of the levels in their order: for zeta those of the paper, else spread out."""
    if axis == "zeta":
        found = [float(level) for level in levels if np.isclose(level, _PAPER_LEVELS).any()]
        if len(found) >= min(count, 4):
            return found[:count]
    return [float(levels[k]) for k in spread(len(levels), count)]


def few_epochs(epochs: Sequence[int], count: int) -> list[int]:
    """At most `count` of some epochs, the first and the last among them, spread by their order."""
    return [epochs[k] for k in spread(len(epochs), count)]


def spread(size: int, count: int) -> list[int]:
    """At most `count` of the places 0 ... size - 1, ends included, spread evenly."""
    return sorted({round(place) for place in np.linspace(0, size - 1, min(size, count)).tolist()})


def thinned(epochs: int, count: int) -> NDArray[np.int64]:
    """At most about `count` of the rows 0 ... epochs - 1: early ones dense, ends included."""
    early = np.arange(min(20, epochs))
    rest = np.linspace(0, epochs - 1, max(2, count - early.size)).round().astype(np.int64)
    return np.unique(np.concatenate((early, rest)))
