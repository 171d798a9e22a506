"""Accuracy of each class against level."""

from typing import Any

import altair as alt

from gossamer.errors import AnalysisError
from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.parts import chart_of, level_order
from gossamer.report.material import Material
from gossamer.report.style import SEQUENTIAL
from gossamer.report.words import READING_SHORT, level_text

_CELL, _WIDTH = 22, 560  # cells are whole pixels, so that no seams show


def classes(material: Material) -> Figure:
    """A heat map of class by level.

    Raises
    ------
    AnalysisError
        If labels or predictions are not stored.
    """
    data = class_data(material)
    found = material.structure.findings
    if not len(data) or found is None:
        raise AnalysisError(_why(material))
    names = [str(name) for name in dict.fromkeys(data.columns["class"])]
    epoch = READING_SHORT.get(found.reading or "", "")
    return Figure(
        name="classes",
        title="Accuracy of each class",
        caption=(
            "Part of the test images of a class that is classified rightly, mean over the runs of a level; "
            f"epoch: {epoch}. Intervals (hover) are Wilson's for the images of the class.{material.of_first}"
        ),
        data={"classes": data},
        chart=_chart(material, names),
    )


def _why(material: Material) -> str:
    found = material.structure.findings
    notes = [note for note in found.notes if "class" in note or "prediction" in note] if found else []
    return material.structure.reason or " ".join(notes) or "Predictions of the test images are not stored."


def class_data(material: Material) -> FigureData:
    """One row a class and level."""
    found = material.structure.findings
    rows: list[dict[str, Any]] = [
        {
            "class": one.name,
            "level": level.level,
            "name": level_text(level.level),
            "accuracy": one.value,
            "low": one.low,
            "high": one.high,
            "sd": one.deviation,
            "images": one.images,
            "runs": len(level.runs),
        }
        for level in (found.levels if found else ())
        for one in level.classes
    ]
    runs = [run for level in (found.levels if found else ()) for run in level.runs]
    return FigureData.of(rows, units={"accuracy": "fraction of the class"}, runs=runs)


def _chart(material: Material, names: list[str]) -> Any:
    return (
        chart_of("classes")
        .mark_rect()
        .encode(
            level_order(material),
            alt.Y("class:N", sort=names, title="class", axis=alt.Axis(grid=False)),
            color=alt.Color(
                "accuracy:Q",
                title="accuracy (fraction)",
                scale=alt.Scale(scheme=SEQUENTIAL),
                legend=alt.Legend(gradientLength=_CELL * len(names) - 20),
            ),
            tooltip=[
                alt.Tooltip("class:N"),
                alt.Tooltip("name:N", title="level"),
                alt.Tooltip("accuracy:Q", format=".3f"),
                alt.Tooltip("low:Q", title="interval from", format=".3f"),
                alt.Tooltip("high:Q", title="to", format=".3f"),
                alt.Tooltip("sd:Q", title="SD of runs", format=".3f"),
                alt.Tooltip("images:Q"),
                alt.Tooltip("runs:Q"),
            ],
        )
        .properties(
            width=max(14, _WIDTH // len(material.levels)) * len(material.levels), height=_CELL * len(names)
        )
    )
