"""Structure of the whole network against level: paths, dead neurons, turnover, age and more."""

from typing import Any

import altair as alt

from gossamer.analysis.structure import MEASURES
from gossamer.errors import AnalysisError
from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.parts import chart_of, level_order
from gossamer.report.material import Material
from gossamer.report.style import BLUE
from gossamer.report.words import axis_symbol, level_text

_COLUMNS, _WIDTH, _HEIGHT = 3, 190, 105


def measures(material: Material) -> Figure:
    """One small panel for every measure that some level has.

    Raises
    ------
    AnalysisError
        If there is no measure.
    """
    data = measure_data(material)
    if not len(data):
        raise AnalysisError(material.structure.reason or "No level has a measure of its structure.")
    names, zero = _names(data)
    nothing = f" 0 at every level, and not drawn: {'; '.join(zero)}." if zero else ""
    panels = [_panel(material, name, shown=k + _COLUMNS >= len(names)) for k, name in enumerate(names)]
    rows = [alt.hconcat(*panels[k : k + _COLUMNS], spacing=22) for k in range(0, len(panels), _COLUMNS)]
    return Figure(
        name="structure",
        title="Structure of the network at the end of the runs",
        caption=(
            "Mean over the runs of a level, with one standard deviation of the runs. "
            f"{axis_symbol(material.axis)} along the bottom, levels equally spaced, harder to the "
            f"right.{nothing}{material.of_first}"
        ),
        data={"measures": data},
        chart=alt.vconcat(*rows, spacing=12),
    )


def _names(data: FigureData) -> tuple[list[str], list[str]]:
    """Measures to draw, and those that are 0 at every level."""
    means: dict[str, list[Any]] = {}
    for name, mean in zip(data.columns["measure"], data.columns["mean"], strict=True):
        means.setdefault(str(name), []).append(mean)
    zero = [name for name, values in means.items() if not any(values)]
    return [name for name in means if name not in zero], zero


def measure_data(material: Material) -> FigureData:
    """One row a measure and level; measures that no level has are left out."""
    found = material.structure.findings
    if found is None:
        return FigureData({})
    rows: list[dict[str, Any]] = []
    for name, label in MEASURES.items():
        of_level = [(level, level.measures[name]) for level in found.levels if name in level.measures]
        if all(spread.mean is None for _, spread in of_level):
            continue
        for level, spread in of_level:
            mean, deviation = spread.mean, spread.deviation or 0.0
            rows.append(
                {
                    "measure": label,
                    "level": level.level,
                    "name": level_text(level.level),
                    "mean": mean,
                    "low": None if mean is None else mean - deviation,
                    "high": None if mean is None else mean + deviation,
                    "runs": spread.runs,
                    "run_ids": " ".join(run[:10] for run in level.runs),
                }
            )
    return FigureData.of(rows, units={}, runs=[run for level in found.levels for run in level.runs])


def _panel(material: Material, name: str, *, shown: bool) -> Any:
    x = level_order(material, shown=shown, titled=False, most=_WIDTH // 15)
    base = (
        chart_of("measures").transform_filter(f"datum.measure === {name!r} && isValid(datum.mean)").encode(x)
    )
    tips = [
        alt.Tooltip("name:N", title="level"),
        alt.Tooltip("mean:Q", format=".4~g"),
        alt.Tooltip("runs:Q"),
        alt.Tooltip("run_ids:N", title="run ids"),
    ]
    scale = alt.Scale(zero=False)
    bars = base.mark_rule(color=BLUE).encode(alt.Y("low:Q", title=None, scale=scale), alt.Y2("high"))
    points = base.mark_point(color=BLUE, filled=True, size=22, opacity=1).encode(
        alt.Y("mean:Q", title=None, scale=scale, axis=alt.Axis(tickCount=4)), tooltip=tips
    )
    title = alt.TitleParams(text=_lines(name), fontSize=10.5)
    return alt.layer(bars, points).properties(width=_WIDTH, height=_HEIGHT, title=title)


def _lines(label: str) -> list[str]:
    """A label in lines of some 34 letters; the unit in brackets comes last."""
    lines = [""]
    for word in label.split(" "):
        if len(lines[-1]) + len(word) > 34:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
