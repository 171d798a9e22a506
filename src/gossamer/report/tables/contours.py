"""The table of contours: every estimate of where the score starts to fall."""

from collections.abc import Mapping
from typing import Any

from gossamer.report.figures.contour_data import estimate_data
from gossamer.report.material import Material
from gossamer.report.table import Column, TableData, general
from gossamer.report.words import axis_symbol, reading_name


def contours_table(material: Material, reading: str) -> TableData | None:
    """Estimates of one reading; None where there is none."""
    data = estimate_data(material)
    rows = tuple(row for row in data.rows() if row["reading"] == reading)
    if not rows:
        return None
    settings = material.of_reading(reading)[0][1].settings
    delta, confidence = material.score.difference(settings["delta"]), 100 * settings["confidence"]
    return TableData(
        name=f"contours-{reading.replace('_', '-')}",
        title=f"Where {material.score.label} starts to fall along {axis_symbol(material.axis)}: "
        f"{reading_name(material.score, reading)}",
        caption=(
            f"Contour: beyond it {material.score.label} stays {delta} under the plateau. {confidence:g} % "
            "intervals: for other seeds on the same test images, and for other seeds and other test "
            "images. An open end lies beyond the studied levels."
        ),
        columns=(
            Column("source", "by", text=True),
            Column("kind", "what", text=True),
            Column("value", axis_symbol(material.axis), general(4)),
            Column("low", "interval, same test images", text=True, of_row=lambda row: _span(row, "")),
            Column(
                "low_with_images",
                "interval, other images",
                text=True,
                of_row=lambda row: _span(row, "_with_images"),
            ),
            Column("note", "note", text=True),
        ),
        rows=tuple({**row, "note": row["note"] or None} for row in rows),
        runs=data.runs,
    )


def _span(row: Mapping[str, Any], suffix: str) -> str | None:
    there = row["has_interval"] if not suffix else row["has_images"]
    low, high = row[f"low{suffix}"], row[f"high{suffix}"]
    if not there:
        return None
    return f"{'open' if low is None else f'{low:.4g}'} to {'open' if high is None else f'{high:.4g}'}"
