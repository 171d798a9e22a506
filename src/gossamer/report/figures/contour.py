"""The contour with its intervals: the fall near to, and every estimate of where it starts."""

from typing import Any

import altair as alt

from gossamer.errors import AnalysisError
from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.accuracy import vertical
from gossamer.report.figures.accuracy_data import MEANS, level_data
from gossamer.report.figures.contour_data import (
    CONTOUR,
    HALF,
    PAPER,
    SAFE,
    STRUCTURE,
    estimate_data,
    monotone_data,
)
from gossamer.report.figures.parts import (
    SHOWN,
    at_column,
    chart_of,
    extent,
    is_logarithmic,
    level_axis,
    reading_parameter,
    reading_title,
    series_colour,
)
from gossamer.report.material import Material
from gossamer.report.style import BLUE, GREEN, GREY, ORANGE, PURPLE, WIDTH
from gossamer.report.words import axis_symbol

_HEIGHT, _ROW = 230, 27
_PLOT = WIDTH - 40
_MARKS = {
    CONTOUR: ("circle", BLUE),
    HALF: ("diamond", PURPLE),
    SAFE: ("square", GREEN),
    STRUCTURE: ("triangle-up", ORANGE),
    PAPER: ("cross", GREY),
}


def contour(material: Material) -> Figure:
    """Where the score starts to fall, by every way of reading it.

    Raises
    ------
    AnalysisError
        If no contour was found.
    """
    data = {
        "levels": level_data(material),
        "monotone": monotone_data(material),
        "estimates": estimate_data(material),
    }
    if not len(data["estimates"]) or not len(data["monotone"]):
        raise AnalysisError(_why(material))
    window = _window(material, data["estimates"])
    chart = (
        alt.vconcat(_fall(material, window), _estimates(material, data["estimates"], window), spacing=12)
        .resolve_scale(color="independent", shape="independent")
        .add_params(reading_parameter(material))
        .properties(title=reading_title(material))
    )
    return Figure(
        name="contour",
        title=f"Where {material.score.label} starts to fall along {axis_symbol(material.axis)}",
        caption=_caption(material, data["estimates"]),
        data=data,
        chart=chart,
        follows_reading=True,
    )


def _why(material: Material) -> str:
    notes = [note for _, f in material.of_reading(material.reading) for note in f.everything.notes]
    return notes[0] if notes else "The runs do not determine a contour."


def _window(material: Material, data: FigureData) -> tuple[float, float]:
    """Part of the axis that holds all estimates, and the intervals without a law, cut to the levels."""
    whole = extent(material)
    found = [row["value"] for row in data.rows() if row["value"] is not None]
    for _, findings in material.of_reading(material.reading):
        curve = findings.everything.curve
        interval = curve.contour.widest if curve else None
        found += [end for end in (interval.low, interval.high) if end is not None] if interval else []
    low, high = max(min(found), whole[0]), min(max(found), whole[1])
    if is_logarithmic(material):
        return max(low / 1.3, whole[0]), min(high * 1.3, whole[1])
    room = 0.08 * ((high - low) or 0.1)
    return max(low - room, whole[0]), min(high + room, whole[1])


def _fall(material: Material, window: tuple[float, float]) -> Any:
    """Means, monotone fit and the height that defines the contour."""
    x, score = level_axis(material, zoom=window, ticks=10, title=" "), material.score
    names = [curve.label for curve in material.curves if curve.label] or [MEANS, "monotone fit"]
    colour = series_colour(names, columns=3)
    means = chart_of("levels").transform_filter(SHOWN).encode(x, color=colour)
    tips = [
        "level:Q",
        alt.Tooltip("mean:Q", format=".4f"),
        "runs:Q",
        alt.Tooltip("run_ids:N", title="run ids"),
    ]
    bars = means.mark_rule(clip=True).encode(vertical(score, "low"), alt.Y2("high"))
    points = means.mark_point(clip=True, filled=True, size=36, opacity=1).encode(
        vertical(score, "mean"), tooltip=tips
    )
    fit = chart_of("monotone").transform_filter(SHOWN).encode(x, color=colour)
    line = fit.mark_line(clip=True, strokeWidth=1.6).encode(vertical(score, score.name))
    height = fit.mark_line(clip=True, strokeDash=[2, 3], strokeWidth=1.2).encode(vertical(score, "height"))
    layers = [height, line, bars, points]
    return alt.layer(*layers).properties(width=_PLOT, height=_HEIGHT)


def _estimates(material: Material, data: FigureData, window: tuple[float, float]) -> Any:
    """One row an estimate: thick the interval given this test set, thin the one with test images."""
    sources = [str(source) for source in dict.fromkeys(data.columns["source"])]
    low, high = window
    found = [kind for kind in _MARKS if kind in data.columns["kind"]]
    symbols = alt.Scale(domain=found, range=[_MARKS[kind][0] for kind in found])
    shape = alt.Shape("kind:N", scale=symbols, legend=_legend())
    colours = alt.Scale(domain=found, range=[_MARKS[kind][1] for kind in found])
    base = (
        chart_of("estimates")
        .transform_filter(SHOWN)
        .transform_calculate(
            **{
                "from": f"isValid(datum.low) ? datum.low : {low}",
                "to": f"isValid(datum.high) ? datum.high : {high}",
                "from_images": f"isValid(datum.low_with_images) ? datum.low_with_images : {low}",
                "to_images": f"isValid(datum.high_with_images) ? datum.high_with_images : {high}",
            }
        )
        .encode(
            y=alt.Y("source:N", sort=sources, title=None, axis=alt.Axis(labelLimit=260, grid=False)),
            color=alt.Color("kind:N", scale=colours, legend=_legend()),
            tooltip=_tips(),
        )
    )
    x = level_axis(material, zoom=window, ticks=10)
    thin = base.transform_filter("datum.has_images").mark_rule(clip=True, strokeWidth=1)
    thick = base.transform_filter("datum.has_interval").mark_rule(clip=True, strokeWidth=3.5, opacity=0.75)
    place = base.transform_filter("isValid(datum.value)").mark_point(
        clip=True, filled=True, size=55, opacity=1
    )
    layers = [
        thin.encode(at_column(x, "from_images"), alt.X2("to_images")),
        thick.encode(at_column(x, "from"), alt.X2("to")),
        place.encode(at_column(x, "value"), shape=shape),
    ]
    return alt.layer(*layers).properties(width=_PLOT, height=_ROW * len(sources))


def _legend() -> alt.Legend:
    return alt.Legend(orient="top", title=None, symbolOpacity=1)


def _tips() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("source:N", title="by"),
        alt.Tooltip("kind:N", title="what"),
        alt.Tooltip("value:Q", format=".5~g"),
        alt.Tooltip("low:Q", title="given this test set, from", format=".5~g"),
        alt.Tooltip("high:Q", title="to", format=".5~g"),
        alt.Tooltip("low_with_images:Q", title="with test images, from", format=".5~g"),
        alt.Tooltip("high_with_images:Q", title="to", format=".5~g"),
        alt.Tooltip("note:N"),
    ]


def _caption(material: Material, data: FigureData) -> str:
    settings = material.first.findings[material.reading].settings
    delta, confidence = material.score.difference(settings["delta"]), 100 * settings["confidence"]
    parts = [
        f"Top: level means with {confidence:g} % intervals, their monotone fit, and dotted the height "
        f"plateau − {delta}. Bottom: the contour is the level beyond which {material.score.label} stays "
        f"below that height; half of the fall likewise. Thick bars: {confidence:g} % interval for other "
        "seeds on the same test images; thin: for other seeds and other test images; a bar up to the edge is "
        "open."
    ]
    if STRUCTURE in data.columns["kind"]:
        parts.append(
            "Structural contour: where the correlation of the input layer with the pixels' standard "
            "deviation, over chance, falls below half of its plateau."
        )
    if PAPER in data.columns["kind"]:
        parts.append("The paper's two values come without an interval.")
    return " ".join(parts)
