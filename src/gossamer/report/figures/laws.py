"""Comparison of laws: their curves near the fall, and what each leaves over at every level."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np

from gossamer.analysis import Findings
from gossamer.analysis.laws.law_findings import LawFindings
from gossamer.errors import AnalysisError
from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.accuracy import vertical
from gossamer.report.figures.accuracy_data import level_data, units_of
from gossamer.report.figures.parts import (
    SHOWN,
    by_reading,
    chart_of,
    level_axis,
    level_order,
    reading_parameter,
    reading_title,
    zooms,
)
from gossamer.report.material import Material, only
from gossamer.report.style import SERIES, TEXT, WIDTH
from gossamer.report.words import level_text

_HEIGHT, _ROW = 280, 56

Row = dict[str, Any]


def laws(material: Material) -> Figure:
    """All fitted laws of one curve, best leave-one-level-out error first.

    Raises
    ------
    AnalysisError
        If no law was fitted.
    """
    fitted = {r: f for r, f in material.first.findings.items() if f.everything.laws}
    if not fitted:
        notes = [note for f in material.first.findings.values() for note in f.everything.notes]
        raise AnalysisError(notes[0] if notes else "No law could be fitted.")
    names = _names(material, fitted)
    chosen = [only(material, material.first, reading) for reading in fitted]
    data = {
        "levels": _joined([level_data(one) for one in chosen]),
        "lines": line_data(material, fitted),
        "residuals": residual_data(material, fitted),
    }
    chart = (
        alt.vconcat(_lines(material, names), _residuals(material, data["residuals"], names), spacing=18)
        .resolve_scale(color="independent")
        .add_params(reading_parameter(material))
        .properties(title=reading_title(material))
    )
    return Figure(
        name="laws",
        title="Laws compared",
        caption=(
            "Top: level means with intervals and every fitted law with a plateau of its own. Bottom: level "
            f"mean minus law in {material.score.difference_unit}, with the interval of the mean; best "
            f"law first, by the error of predicting each level from the others, which stands beside its "
            f"name.{material.of_first}"
        ),
        data=data,
        chart=chart,
        follows_reading=True,
    )


def _names(material: Material, fitted: Mapping[str, Findings]) -> list[str]:
    """Names of the laws, in the order of the reading that the report opens with."""
    first = fitted.get(material.reading) or next(iter(fitted.values()))
    ordered = [law.name for law in first.everything.laws]
    others = [law.name for f in fitted.values() for law in f.everything.laws]
    return list(dict.fromkeys(_shown(name) for name in (*ordered, *others)))


def _shown(name: str) -> str:
    return name.replace("_", " ")


def _joined(parts: list[FigureData]) -> FigureData:
    rows = [row for part in parts for row in part.rows()]
    return FigureData.of(rows, units=parts[0].units, runs=[run for part in parts for run in part.runs])


def line_data(material: Material, fitted: Mapping[str, Findings]) -> FigureData:
    """Curves of the laws."""
    name = material.score.name
    rows: list[Row] = []
    runs: list[str] = []
    for reading, findings in fitted.items():
        for law in findings.everything.laws:
            for level, accuracy in zip(*law.line, strict=True):
                rows.append({"reading": reading, "law": _shown(law.name), "level": level, name: accuracy})
            runs += law.runs
    return FigureData.of(rows, units=units_of(material, name), runs=runs)


def residual_data(material: Material, fitted: Mapping[str, Findings]) -> FigureData:
    """Level mean minus law, and the interval of the mean about it, in points or in the score."""
    rows: list[Row] = []
    runs: list[str] = []
    for reading, findings in fitted.items():
        for law in findings.everything.laws:
            rows += [{"reading": reading, **row} for row in _residuals_of(law, findings)]
            runs += law.runs
    units = dict.fromkeys(("residual", "low", "high", "left_out"), material.score.difference_unit)
    return FigureData.of(rows, units=units, runs=runs)


def _residuals_of(law: LawFindings, findings: Findings) -> list[Row]:
    level, accuracy = (np.array(values) for values in law.line)
    order, scale = np.argsort(level), findings.score.scale
    rows = []
    for found in findings.everything.levels:
        mean, interval = found.mean.value, found.mean.given_test_set
        if mean is None:
            continue
        expected = float(np.interp(found.level, level[order], accuracy[order]))
        ends = (None, None) if interval is None else (interval.low, interval.high)
        low, high = (None if end is None else scale * (end - expected) for end in ends)
        rows.append(
            {
                "law": _shown(law.name),
                "left_out": scale * law.left_out,
                "name": level_text(found.level),
                "level": found.level,
                "residual": scale * (mean - expected),
                "low": low,
                "high": high,
                "run_ids": " ".join(run[:10] for run in found.runs),
            }
        )
    return rows


def _colour(names: list[str], *, legend: bool) -> alt.Color:
    scale = alt.Scale(domain=names, range=[SERIES[k % len(SERIES)] for k in range(len(names))])
    shown = (
        alt.Legend(title=None, orient="right", symbolType="stroke", symbolStrokeWidth=3) if legend else None
    )
    return alt.Color("law:N", scale=scale, sort=names, legend=shown)


def _lines(material: Material, names: list[str]) -> Any:
    zoom = zooms(material)[min(1, len(zooms(material)) - 1)]
    x = level_axis(material, zoom=(zoom.low, zoom.high))
    lines = (
        chart_of("lines")
        .transform_filter(SHOWN)
        .mark_line(clip=True, strokeWidth=1.8)
        .encode(
            x,
            vertical(material.score, material.score.name),
            color=_colour(names, legend=True),
            tooltip=["law:N"],
        )
    )
    means = chart_of("levels").transform_filter(SHOWN).encode(x)
    tips = [
        "level:Q",
        alt.Tooltip("mean:Q", format=".4f"),
        "runs:Q",
        alt.Tooltip("run_ids:N", title="run ids"),
    ]
    bars = means.mark_rule(clip=True).encode(vertical(material.score, "low"), alt.Y2("high"))
    points = means.mark_point(clip=True, filled=True, color=TEXT, size=30, opacity=1).encode(
        vertical(material.score, "mean"), tooltip=tips
    )
    return alt.layer(lines, bars, points).properties(width=WIDTH - 60, height=_HEIGHT)


def _residuals(material: Material, data: FigureData, names: list[str]) -> Any:
    """One strip a law, best first for the reading that the report opens with."""
    strips = [_strip(material, data, name, names) for name in names]
    return alt.vconcat(*strips, spacing=3)


def _strip(material: Material, data: FigureData, name: str, names: list[str]) -> Any:
    last = name == names[-1]
    x = level_order(material) if last else level_order(material, shown=False)
    base = chart_of("residuals").transform_filter(f"{SHOWN} && datum.law === {name!r}")
    residuals = data.numbers("residual")
    low, high = float(residuals.min()), float(residuals.max())
    unit, digits = material.score.difference_unit, material.score.digits
    least = material.score.scale / 100
    scale = alt.Scale(domain=[1.15 * min(low, -least), 1.15 * max(high, least)], nice=False)
    axis = alt.Axis(title=None, tickCount=3)
    tips = [
        alt.Tooltip("law:N"),
        alt.Tooltip("name:N", title="level"),
        alt.Tooltip("residual:Q", title=f"mean minus law ({unit})", format=f"+.{digits}f"),
        alt.Tooltip("left_out:Q", title=f"left-out error ({unit})", format=f".{digits}f"),
        alt.Tooltip("run_ids:N", title="run ids"),
    ]
    zero = (
        alt.Chart(alt.InlineData(values=[{}]))
        .mark_rule(opacity=0.5)
        .encode(y=alt.datum(0, axis=axis, scale=scale))
    )
    shared = base.encode(x, color=_colour(names, legend=False), tooltip=tips)
    bars = shared.mark_rule(strokeWidth=1.5, clip=True).encode(
        alt.Y("low:Q", axis=axis, scale=scale), alt.Y2("high")
    )
    points = shared.mark_point(filled=True, size=26, opacity=1).encode(
        alt.Y("residual:Q", axis=axis, scale=scale)
    )
    rows = data.rows()
    errors = {
        r["reading"]: f"{name}, left-out error {r['left_out']:.{digits}f} {unit}"
        for r in rows
        if r["law"] == name
    }
    title = alt.TitleParams(text=by_reading(errors), fontSize=11, offset=2)
    return alt.layer(zero, bars, points).properties(width=WIDTH - 60, height=_ROW, title=title)
