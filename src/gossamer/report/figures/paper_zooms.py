"""The paper's Figure 3: accuracy and the fitted law in three zoom levels."""

from typing import Any

import altair as alt
import numpy as np

from gossamer.analysis.laws.paper_law import FALL, PLATEAU, STEEPNESS, paper_accuracy
from gossamer.errors import AnalysisError
from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.accuracy import vertical
from gossamer.report.figures.accuracy_data import EQUATION, MEANS, PAPER, law_data, level_data, runs_phrase
from gossamer.report.figures.parts import chart_of, level_axis, series_colour, zooms
from gossamer.report.material import Material, only
from gossamer.report.words import first_upper, interval_name, reading_name
from gossamer.train.score import ACCURACY

PAPER_READING = "best_on_test"

_WIDTH, _HEIGHT = 215, 250
_POINTS = 300


def paper_zooms(material: Material) -> Figure:
    """Figure 3 from the runs of the study, with the paper's own curve beside the fitted one.

    Raises
    ------
    AnalysisError
        If the axis is not zeta, or the paper's accuracy was not measured.
    """
    need_paper_axis(material)
    chosen = only(material, material.first, PAPER_READING)
    data = {
        "levels": level_data(chosen),
        "law": law_data(chosen, "given"),
        "paper": _paper_line(chosen),
    }
    panels = [
        _panel(chosen, data, (zoom.low, zoom.high), titled=k == 0) for k, zoom in enumerate(zooms(chosen))
    ]
    title = f"{first_upper(reading_name(material.score, PAPER_READING))}, as the paper reports it"
    return Figure(
        name="figure-3",
        title="The paper's Figure 3: accuracy and fitted law, closer and closer",
        caption=_caption(chosen),
        data=data,
        chart=alt.hconcat(*panels, spacing=14).properties(title=alt.TitleParams(text=title)),
    )


def need_paper_axis(material: Material) -> None:
    """Check that the paper's figures can be drawn.

    Raises
    ------
    AnalysisError
        If the axis is not zeta, or the paper's accuracy has no findings.
    """
    if material.axis != "zeta":
        raise AnalysisError(
            "The paper varies the rewiring fraction ζ alone; this study varies something else."
        )
    if PAPER_READING not in material.first.findings:
        raise AnalysisError(material.first.reasons.get(PAPER_READING, "There are no findings."))


def _panel(
    material: Material, data: dict[str, FigureData], zoom: tuple[float, float], *, titled: bool
) -> Any:
    x = level_axis(material, zoom=zoom, title="rewiring fraction ζ", ticks=5)
    colour = series_colour([MEANS, EQUATION, PAPER], columns=3)
    means = chart_of("levels").encode(x, color=colour)
    bars = means.mark_rule(clip=True, strokeWidth=1.2).encode(
        vertical(ACCURACY, "low", titled=titled), alt.Y2("high")
    )
    tips = ["level:Q", "mean:Q", "runs:Q", alt.Tooltip("run_ids:N", title="run ids")]
    points = means.mark_point(clip=True, filled=True, size=28, opacity=1).encode(
        vertical(ACCURACY, "mean", titled=titled), tooltip=tips
    )
    layers = [bars, points]
    if len(data["law"]):
        law = chart_of("law").mark_line(clip=True, strokeWidth=1.8)
        layers.insert(
            0, law.encode(x, vertical(ACCURACY, "accuracy", titled=titled), color=colour, tooltip="law:N")
        )
    paper = chart_of("paper").mark_line(clip=True, strokeWidth=1.4, strokeDash=[4, 3])
    layers.insert(0, paper.encode(x, vertical(ACCURACY, "accuracy", titled=titled), color=colour))
    return alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT)


def _paper_line(material: Material) -> FigureData:
    """Equation (1), dense near 1 where it bends."""
    levels = np.sort(material.levels)
    places = np.interp(np.linspace(0, levels.size - 1, _POINTS), np.arange(levels.size), levels)
    rows = [
        {"series": PAPER, "level": level, "accuracy": accuracy}
        for level, accuracy in zip(places.tolist(), paper_accuracy(places).tolist(), strict=True)
    ]
    return FigureData.of(rows, units={"accuracy": "accuracy"})


def _caption(material: Material) -> str:
    findings = material.first.findings[PAPER_READING]
    law = next((law for law in findings.everything.paper if law.esc_from == "given"), None)
    interval = findings.everything.levels[0].mean.given_test_set
    name = interval_name(interval)
    fitted = (
        f"Curve: equation (2) with the plateau of equation (3) up to ζ = {law.esc:g}, here "
        f"{law.plateau:.4f} − {law.a:.4f} exp({law.b:.4g} (ζ − 1)), mean squared error {law.mse:.2g}. "
        if law
        else "Equation (2) could not be fitted. "
    )
    return (
        f"Points: mean of {runs_phrase(material)}. Bars: {name}. {fitted}"
        f"Dashed: the paper's equation (1), {PLATEAU:g} − {FALL:g} exp({STEEPNESS:g} (ζ − 1)), measured on "
        "Fashion-MNIST with one run a level."
    )
