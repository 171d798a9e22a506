"""The score against each variable that could carry the fall; the one that does brings all series together."""

from typing import Any

import altair as alt
import numpy as np

from gossamer.report.carriers import Carriers, carriers
from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.parts import chart_of, series_colour
from gossamer.report.material import Material
from gossamer.report.style import TEXT
from gossamer.report.words import reading_name
from gossamer.train.score import Score

_WIDTH, _HEIGHT, _COLUMNS = 290, 220, 2
_MOST_SCALES = 6.0


def carrier_panels(material: Material) -> Figure:
    """One panel a variable, in scales of its own fit.

    Raises
    ------
    AnalysisError
        If the variables cannot be compared.
    """
    compared = carriers(material, material.reading)
    data = {"runs": run_data(material, compared), "curves": curve_data(material, compared)}
    names = list(dict.fromkeys(compared.series))
    panels = [_panel(material.score, carrier.variable, carrier.left_out, names) for carrier in compared.found]
    rows = [alt.hconcat(*panels[k : k + _COLUMNS], spacing=26) for k in range(0, len(panels), _COLUMNS)]
    return Figure(
        name="carriers",
        title="Which variable carries the fall?",
        caption=(
            f"A point is one run ({reading_name(material.score, material.reading)}), below the plateau of "
            "its series; across, the variable divided by the scale of its fit, all beyond 6 drawn at 6. "
            "Line: −a exp(−variable / scale), the same for all series. Best variable first, by information "
            "criterion; its error of predicting a left-out cell stands above it."
        ),
        data=data,
        chart=alt.vconcat(*rows, spacing=16),
    )


def run_data(material: Material, compared: Carriers) -> FigureData:
    """One row a run and variable: how far below its plateau, in points or in the score."""
    table = material.table
    rows = []
    for carrier in compared.found:
        values = compared.variables[carrier.variable]
        for place, k in enumerate(compared.rows.tolist()):
            series = compared.series[place]
            accuracy = float(table.reading(material.reading)[k])
            rows.append(
                {
                    "variable": carrier.variable,
                    "series": series,
                    "zeta": table["zeta"][k],
                    "value": values[place],
                    "scaled": min(float(values[place]) / carrier.s, _MOST_SCALES),
                    "below": material.score.scale * (accuracy - carrier.plateaus[series]),
                    "run": table["identity"][k],
                }
            )
    return FigureData.of(
        rows, units={"below": material.score.difference_unit}, runs=[row["run"] for row in rows]
    )


def curve_data(material: Material, compared: Carriers) -> FigureData:
    """The common curve of every variable."""
    places = np.linspace(0.0, _MOST_SCALES, 61)
    rows = [
        {
            "variable": carrier.variable,
            "scaled": x,
            "below": -material.score.scale * carrier.a * float(np.exp(-x)),
        }
        for carrier in compared.found
        for x in places.tolist()
    ]
    runs = [run for carrier in compared.found for run in carrier.runs]
    return FigureData.of(rows, units={"below": material.score.difference_unit}, runs=runs)


def _panel(score: Score, variable: str, left_out: float, names: list[str]) -> Any:
    shown = f"datum.variable === {variable!r}"
    x = alt.X("scaled:Q", title="variable / scale")
    y = alt.Y("below:Q", title=f"{score.label} below plateau ({score.difference_unit})")
    tips = [
        alt.Tooltip("series:N"),
        alt.Tooltip("zeta:Q", title="ζ"),
        alt.Tooltip("value:Q", title=variable, format=".4~g"),
        alt.Tooltip("below:Q", title=score.difference_unit, format=f".{score.digits}f"),
        alt.Tooltip("run:N", title="run"),
    ]
    points = chart_of("runs").transform_filter(shown).mark_point(filled=True, size=26, opacity=0.7)
    line = chart_of("curves").transform_filter(shown).mark_line(color=TEXT, strokeWidth=1.4)
    title = f"{variable}: {score.scale * left_out:.{score.digits}f} {score.difference_unit}"
    return alt.layer(
        line.encode(x, y),
        points.encode(x, y, color=series_colour(names, columns=4, symbol="circle"), tooltip=tips),
    ).properties(width=_WIDTH, height=_HEIGHT, title=title)
