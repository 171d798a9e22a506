"""The table of levels: mean score, interval and runs of each."""

from collections.abc import Iterator, Mapping
from typing import Any

from gossamer.analysis import Findings
from gossamer.report.figures.accuracy_data import ends
from gossamer.report.material import Curve, Material
from gossamer.report.table import Column, TableData, fixed, general
from gossamer.report.words import axis_symbol, interval_name, mean_head, reading_name


def levels_table(material: Material, reading: str) -> TableData:
    """The score at every level for one reading; levels that are not fitted stand there too, and say so."""
    rows: list[dict[str, Any]] = []
    runs: list[str] = []
    for curve, findings in material.of_reading(reading):
        rows += list(_rows(curve, findings))
        runs += findings.everything.runs
    several = len(material.curves) > 1
    return TableData(
        name=f"levels-{reading.replace('_', '-')}",
        title=f"{material.score.title} at each level of {axis_symbol(material.axis)}: "
        f"{reading_name(material.score, reading)}",
        caption=_caption(material, reading),
        columns=(
            *((Column("curve", "curve", text=True),) if several else ()),
            Column("level", axis_symbol(material.axis), general(6)),
            Column("mean", mean_head(material.score), fixed(4)),
            Column("low", _interval_head(material, reading), text=True, of_row=_interval),
            Column("sd", "SD of runs", fixed(4)),
            Column("runs", "runs"),
            Column("asked", "asked for"),
            Column("class", "class", text=True),
        ),
        rows=tuple(rows),
        runs=tuple(runs),
    )


def _rows(curve: Curve, findings: Findings) -> Iterator[dict[str, Any]]:
    view = findings.everything
    classes = view.curve.classes if view.curve else (None,) * len(view.levels)
    for found, kind in zip(view.levels, classes, strict=True):
        interval = found.mean.given_test_set
        yield {
            "curve": curve.label,
            "level": found.level,
            "mean": found.mean.value,
            **ends(interval),
            **ends(found.mean.with_test_images, "_with_images"),
            "sd": found.sd,
            "runs": found.count,
            "asked": found.asked,
            "class": kind,
            "run_ids": found.runs,
        }
    for missed in view.unfitted:
        yield {
            "curve": curve.label,
            "level": missed.level,
            "mean": missed.mean,
            "runs": missed.count,
            "asked": missed.asked,
            "class": "not fitted",
            "run_ids": missed.runs,
        }


def _interval(row: Mapping[str, Any]) -> str | None:
    return f"{row['low']:.4f} to {row['high']:.4f}" if row.get("low") is not None else None


def _interval_head(material: Material, reading: str) -> str:
    confidence = material.of_reading(reading)[0][1].settings["confidence"]
    return f"{100 * confidence:g} % interval"


def _caption(material: Material, reading: str) -> str:
    levels = [found for _, findings in material.of_reading(reading) for found in findings.everything.levels]
    interval = next((found.mean.given_test_set for found in levels if found.mean.given_test_set), None)
    text = interval_name(interval)
    return f"{text[0].upper()}{text[1:]}. Classes are relative to the contour."
