"""The paper's Figure 5: mean squared error of equation (2) over its two parameters."""

from typing import Any

import altair as alt
import numpy as np

from gossamer.analysis.laws.paper_law import FALL, STEEPNESS, PaperLaw, mse_surface
from gossamer.errors import AnalysisError
from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.paper_zooms import PAPER_READING, need_paper_axis
from gossamer.report.figures.parts import chart_of
from gossamer.report.material import Material
from gossamer.report.style import SEQUENTIAL

_CELLS = 45
_SIZE = 360  # a whole number of pixels a cell, so that no seams show


def paper_surface(material: Material) -> Figure:
    """Figure 5 from the runs of the study.

    Raises
    ------
    AnalysisError
        If the axis is not zeta or equation (2) could not be fitted.
    """
    need_paper_axis(material)
    findings = material.first.findings[PAPER_READING]
    law = next((law for law in findings.everything.paper if law.esc_from == "given"), None)
    if law is None:
        notes = [note for note in findings.everything.notes if "equation (2)" in note]
        raise AnalysisError(" ".join(notes) or "Equation (2) could not be fitted.")
    data = {"surface": surface_data(material, law), "minima": _minima(law)}
    return Figure(
        name="figure-5",
        title="The paper's Figure 5: error of equation (2) over a and b",
        caption=(
            f"Mean squared error over the levels with the plateau {law.plateau:.4f} (equation (3) up to "
            f"ζ = {law.esc:g}) held. Cross: its minimum, a = {law.a:.4f}, b = {law.b:.4g}, by gradient "
            f"descent and by least squares alike, error {law.mse:.2g}; circle: the paper's a = {FALL:g}, "
            f"b = {STEEPNESS:g}. Best test accuracy over all epochs."
        ),
        data=data,
        chart=_chart(data),
    )


def surface_data(material: Material, law: PaperLaw) -> FigureData:
    """The error on a grid around the minimum and the paper's parameters."""
    levels = material.first.findings[PAPER_READING].everything.levels
    x = material.first.axis.hardness([found.level for found in levels])
    accuracy = np.array([found.mean.value for found in levels], dtype=np.float64)
    a = np.linspace(0.0, 1.6 * max(law.a, FALL), _CELLS + 1)
    b = np.geomspace(min(law.b, STEEPNESS) / 4, max(law.b, STEEPNESS) * 4, _CELLS + 1)
    centre_a, centre_b = (a[1:] + a[:-1]) / 2, np.sqrt(b[1:] * b[:-1])
    surface = mse_surface(x, accuracy, law.plateau, centre_a, centre_b)
    rows = [
        {
            "a_from": round(a[j], 6),
            "a_to": round(a[j + 1], 6),
            "b_from": round(b[i], 4),
            "b_to": round(b[i + 1], 4),
            "mse": float(f"{surface[i, j]:.4g}"),
        }
        for i in range(_CELLS)
        for j in range(_CELLS)
    ]
    units = {"a_from": "accuracy", "a_to": "accuracy", "b_from": "1 / ζ", "b_to": "1 / ζ", "mse": "accuracy²"}
    return FigureData.of(rows, units=units, runs=[run for found in levels for run in found.runs])


def _minima(law: PaperLaw) -> FigureData:
    rows = [
        {"whose": "this study", "a": law.a, "b": law.b, "shape": "cross"},
        {"whose": "the paper", "a": FALL, "b": STEEPNESS, "shape": "circle"},
    ]
    return FigureData.of(rows, units={"a": "accuracy", "b": "1 / ζ"})


def _chart(data: dict[str, FigureData]) -> Any:
    surface = data["surface"]
    ends = {
        name: [float(surface.numbers(f"{name}_from").min()), float(surface.numbers(f"{name}_to").max())]
        for name in ("a", "b")
    }
    flat = alt.Scale(nice=False, zero=False, domain=ends["a"])
    x = alt.X("a_from:Q", title="a, fall at ζ = 1 (accuracy)", scale=flat)
    y = alt.Y(
        "b_from:Q", title="b, steepness (1 / ζ)", scale=alt.Scale(type="log", nice=False, domain=ends["b"])
    )
    colour = alt.Color(
        "mse:Q",
        title="mean squared error (accuracy²)",
        scale=alt.Scale(type="log", scheme=SEQUENTIAL, reverse=True),
        legend=alt.Legend(format=".0e", gradientLength=_SIZE - 20),
    )
    tips = [
        alt.Tooltip("a_from:Q", title="a"),
        alt.Tooltip("b_from:Q", title="b"),
        alt.Tooltip("mse:Q", format=".3e"),
    ]
    cells = (
        chart_of("surface")
        .mark_rect()
        .encode(x, y, alt.X2("a_to"), alt.Y2("b_to"), color=colour, tooltip=tips)
    )
    marks = chart_of("minima").encode(
        x=alt.X("a:Q"),
        y=alt.Y("b:Q"),
        tooltip=["whose:N", "a:Q", "b:Q"],
    )
    symbols = marks.encode(shape=alt.Shape("shape:N", scale=None))
    halo = symbols.mark_point(size=90, stroke="black", strokeWidth=4, fillOpacity=0)
    ink = symbols.mark_point(size=90, stroke="white", strokeWidth=1.8, fillOpacity=0)
    named = marks.encode(text="whose:N")
    shadow = named.mark_text(dx=10, align="left", stroke="black", strokeWidth=3)
    names = named.mark_text(dx=10, align="left", color="white")
    return alt.layer(cells, halo, ink, shadow, names).properties(width=_SIZE, height=_SIZE)
