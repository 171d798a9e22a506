"""The score against level, with intervals, the fitted law, the contour and controls."""

import altair as alt

from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.accuracy_data import (
    BEST,
    EQUATION,
    MEANS,
    best_law_data,
    contour_data,
    control_data,
    law_data,
    level_data,
    run_data,
    runs_phrase,
)
from gossamer.report.figures.parts import (
    SHOWN,
    at_column,
    chart_of,
    extent,
    level_axis,
    pan,
    reading_parameter,
    reading_title,
    series_colour,
    zoom_parameters,
    zooms,
)
from gossamer.report.material import Material
from gossamer.report.style import HEIGHT, TEXT, WIDTH
from gossamer.report.words import axis_symbol
from gossamer.train.score import Score

Layers = list[alt.Chart]

_MOST_BANDS = 2


def accuracy(material: Material) -> Figure:
    """The first figure: what happens to the score along the axis."""
    data = {
        "levels": level_data(material),
        "runs": run_data(material),
        "law": law_data(material),
        "best": best_law_data(material),
        "contour": contour_data(material, *extent(material)),
        "controls": control_data(material),
    }
    chart = (
        alt.layer(*layers(material, data))
        .add_params(reading_parameter(material), *zoom_parameters(material))
        .properties(width=WIDTH, height=HEIGHT, title=reading_title(material))
    )
    return Figure(
        name=figure_name(material),
        title=f"{material.score.title} against {axis_symbol(material.axis)}",
        caption=_caption(material, data),
        data=data,
        chart=chart,
        zooms=zooms(material),
        follows_reading=True,
    )


def figure_name(material: Material) -> str:
    """Name of the figure, as it stands in files and addresses: that of the score."""
    return material.score.name.replace("_", "-")


def layers(
    material: Material, data: dict[str, FigureData], zoom: tuple[float, float] | None = None
) -> Layers:
    """The layers of the figure, furthest back first; those without data are left out."""
    x, score = level_axis(material, zoom=zoom), material.score
    own = [MEANS, BEST] if len(data["best"]) else [MEANS]
    own += [EQUATION] if len(data["law"]) else []
    names = [curve.label for curve in material.curves if curve.label] or own
    colour = series_colour(names, columns=2)
    drawn: Layers = []
    if len(data["contour"]):
        drawn += _contour(score, x, colour, curves=len(material.curves))
    if len(data["controls"]):
        drawn += _controls(score)
    drawn.append(_runs(score, x, colour))
    if len(data["law"]):
        drawn.append(_law(score, x, colour, "law", "equation (2)", dashed=True))
    if len(data["best"]):
        drawn.append(_law(score, x, colour, "best", "law that predicts best", dashed=False))
    drawn += _means(score, x, colour)
    if zoom is None:
        drawn[-1] = drawn[-1].add_params(pan())
    return drawn


def _base(part: str) -> alt.Chart:
    return chart_of(part).transform_filter(SHOWN)


def vertical(score: Score, field: str, *, titled: bool = True) -> alt.Y:
    """Encoding of a score along the vertical axis."""
    title = f"test {score.axis_title}" if titled else None
    return alt.Y(f"{field}:Q", title=title, scale=alt.Scale(zero=False, padding=8))


def _means(score: Score, x: alt.X, colour: alt.Color) -> Layers:
    tips = [
        alt.Tooltip("level:Q", title="level"),
        alt.Tooltip("mean:Q", title=f"mean {score.label}", format=".4f"),
        alt.Tooltip("low:Q", title="interval from", format=".4f"),
        alt.Tooltip("high:Q", title="to", format=".4f"),
        alt.Tooltip("runs:Q", title="runs"),
        alt.Tooltip("asked:Q", title="runs asked for"),
        alt.Tooltip("class:N", title="class"),
        alt.Tooltip("series:N", title="series"),
        alt.Tooltip("run_ids:N", title="run ids"),
    ]
    base = _base("levels").encode(x, color=colour)
    bars = base.mark_rule(clip=True, strokeWidth=1.5).encode(vertical(score, "low"), alt.Y2("high"))
    points = base.mark_point(clip=True, filled=True, size=42, opacity=1).encode(
        vertical(score, "mean"), tooltip=tips
    )
    return [bars, points]


def _runs(score: Score, x: alt.X, colour: alt.Color) -> alt.Chart:
    tips = [
        alt.Tooltip("run:N", title="run"),
        alt.Tooltip("level:Q", title="level"),
        alt.Tooltip(f"{score.name}:Q", title=score.label, format=".4f"),
        alt.Tooltip("epoch:Q", title="of epoch"),
        alt.Tooltip("replicate:Q", title="replicate"),
        alt.Tooltip("seed:N", title="seed"),
        alt.Tooltip("state:N", title="state"),
    ]
    base = _base("runs").encode(x, vertical(score, score.name), color=colour, tooltip=tips)
    chart: alt.Chart = base.mark_point(clip=True, filled=True, size=14, opacity=0.3)
    return chart


def _law(score: Score, x: alt.X, colour: alt.Color, part: str, title: str, *, dashed: bool) -> alt.Chart:
    stroke = [5, 3] if dashed else [1, 0]
    tips = [
        alt.Tooltip("law:N", title=title),
        alt.Tooltip(f"{score.name}:Q", title=score.label, format=".4f"),
    ]
    base = _base(part).encode(x, vertical(score, score.name), color=colour, tooltip=tips)
    chart: alt.Chart = base.mark_line(clip=True, strokeWidth=2, strokeDash=stroke)
    return chart


def _contour(score: Score, x: alt.X, colour: alt.Color, *, curves: int) -> Layers:
    """Contours as vertical lines with their intervals as bands, and plateaus as horizontal lines."""
    tips = [
        alt.Tooltip("contour:Q", title="contour", format=".5~g"),
        alt.Tooltip("from:Q", title="interval from", format=".5~g"),
        alt.Tooltip("to:Q", title="to", format=".5~g"),
        alt.Tooltip("plateau:Q", format=".4f"),
    ]
    ink = alt.value(TEXT) if curves == 1 else colour
    base = _base("contour").encode(color=ink)
    band = base.mark_rect(clip=True, opacity=0.1).encode(at_column(x, "from"), alt.X2("to"), tooltip=tips)
    line = base.mark_rule(clip=True, opacity=0.7, strokeDash=[4, 3]).encode(
        at_column(x, "contour"), tooltip=tips
    )
    plateau = base.mark_rule(clip=True, opacity=0.5).encode(
        at_column(x, "plateau_from"), alt.X2("plateau_to"), vertical(score, "plateau")
    )
    # The bands of many curves would hide each other.
    return [band, line, plateau] if curves <= _MOST_BANDS else [line, plateau]


def _controls(score: Score) -> Layers:
    tips = [
        alt.Tooltip("control:N", title="control"),
        alt.Tooltip("mean:Q", title=f"mean {score.label}", format=".4f"),
        alt.Tooltip("runs:Q", title="runs"),
        alt.Tooltip("run_ids:N", title="run ids"),
    ]
    base = _base("controls").encode(vertical(score, "mean"), tooltip=tips)
    line = base.mark_rule(strokeDash=[2, 2], opacity=0.8)
    label = base.mark_text(align="right", baseline="bottom", dx=-4, dy=-2).encode(
        x=alt.value(WIDTH), text=alt.Text("control:N")
    )
    return [line, label]


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _caption(material: Material, data: dict[str, FigureData]) -> str:
    interval = next(
        (
            found.mean.given_test_set
            for _, findings in material.of_reading(material.reading)
            for found in findings.everything.levels
            if found.mean.given_test_set
        ),
        None,
    )
    parts = [f"Large points: mean of {runs_phrase(material)}; faint points: single runs."]
    if interval is None:
        parts.append("There are no replicates, so there are no intervals.")
    else:
        parts.append(
            f"Bars: {100 * interval.confidence:g} % interval of the mean given this test set (Student t, "
            "variance moderated by all levels)."
        )
    if len(data["law"]):
        parts.append(
            "Dashed curve: equation (2) by least squares, its plateau the mean up to its own contour."
        )
    if len(data["best"]):
        findings = material.of_reading(material.reading)[0][1]
        parts.append(f"Full curve: {_lower(findings.everything.best_law_sentence)}")
    if len(data["contour"]):
        delta = material.score.difference(material.of_reading(material.reading)[0][1].settings["delta"])
        parts.append(
            f"Dashed upright: the contour, beyond which {material.score.label} stays {delta} under the "
            f"plateau (level line){'; band: its interval' if len(material.curves) <= _MOST_BANDS else ''}."
        )
    if len(data["controls"]):
        parts.append("Dotted level lines: controls without a level on this axis.")
    return " ".join(parts)
