"""Data of the figures of the score against level: means, runs, fitted law, contour, controls."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis import Axis, Findings, Interval
from gossamer.analysis.laws.paper_law import PaperLaw, paper_accuracy
from gossamer.report.figure import FigureData
from gossamer.report.material import Control, Curve, Material
from gossamer.report.words import READING_SHORT

MEANS = "mean of runs"
EQUATION = "equation (2), least squares"
BEST = "law that predicts best"
PAPER = "the paper's equation (1)"

_LINE_POINTS = 400

Row = dict[str, Any]


def level_data(material: Material) -> FigureData:
    """Mean and interval of every level, curve and reading."""
    rows: list[Row] = []
    runs: list[str] = []
    for curve, findings in _all(material):
        view = findings.everything
        classes = view.curve.classes if view.curve else ("",) * len(view.levels)
        for found, kind in zip(view.levels, classes, strict=True):
            interval = found.mean.given_test_set
            images = found.mean.with_test_images
            rows.append(
                {
                    "reading": findings.reading,
                    "curve": curve.label,
                    "series": curve.label or MEANS,
                    "level": found.level,
                    "mean": found.mean.value,
                    **ends(interval),
                    **ends(images, "_with_images"),
                    "sd": found.sd,
                    "runs": found.count,
                    "asked": found.asked,
                    "class": kind,
                    "run_ids": " ".join(run[:10] for run in found.runs),
                }
            )
            runs += found.runs
    return FigureData.of(rows, units=units_of(material, "mean", "low", "high", "sd"), runs=runs)


def run_data(material: Material) -> FigureData:
    """The score of every run of every curve, for every reading."""
    table = material.table
    rows: list[Row] = []
    for curve in material.curves:
        for k in curve.rows.tolist():
            for reading in material.readings:
                if np.isfinite(table.reading(reading)[k]):
                    place = {"series": curve.label or MEANS, "level": table[material.axis][k]}
                    rows.append(place | run_row(material, k, reading))
    return FigureData.of(
        rows, units=units_of(material, material.score.name), runs=[row["run"] for row in rows]
    )


def run_row(material: Material, k: int, reading: str) -> Row:
    """One run of the table under one reading."""
    table = material.table
    return {
        "reading": reading,
        material.score.name: table.reading(reading)[k],
        "run": table["identity"][k],
        "replicate": table["replicate"][k],
        "seed": table["seed"][k],
        "epoch": table[f"epoch_{reading}"][k],
        "state": table["state"][k],
    }


def law_data(material: Material, esc_from: str = "contour") -> FigureData:
    """Equation (2) along the axis.

    Parameters
    ----------
    material : Material
        Supplies the findings.
    esc_from : str
        Where the plateau ends: "contour" (of the law itself) or "given" (the paper's 0.96, on zeta alone).
    """
    rows: list[Row] = []
    runs: list[str] = []
    for curve, findings in _all(material):
        law = next((law for law in findings.everything.paper if law.esc_from == esc_from), None)
        if law is not None:
            for level, accuracy in law_line(law, curve.axis, material.levels):
                rows.append(
                    {
                        "reading": findings.reading,
                        "series": curve.label or EQUATION,
                        "level": level,
                        material.score.name: accuracy,
                        "law": law_text(law),
                    }
                )
            runs += findings.everything.runs
    return FigureData.of(rows, units=units_of(material, material.score.name), runs=runs)


def best_law_data(material: Material) -> FigureData:
    """The law that predicts best, along the axis; of every curve and reading."""
    rows: list[Row] = []
    runs: list[str] = []
    for curve, findings in _all(material):
        laws = findings.everything.laws
        if laws:
            place = {"reading": findings.reading, "series": curve.label or BEST}
            name = laws[0].name.replace("_", " ")
            for level, accuracy in zip(*laws[0].line, strict=True):
                rows.append({**place, "level": level, material.score.name: accuracy, "law": name})
            runs += laws[0].runs
    return FigureData.of(rows, units=units_of(material, material.score.name), runs=runs)


def law_line(law: PaperLaw, axis: Axis, levels: NDArray[np.float64]) -> Iterator[tuple[float, float]]:
    """Levels and accuracies of equation (2) from the easiest to the hardest level, dense where it bends."""
    x = np.sort(axis.hardness(levels))
    places = np.interp(np.linspace(0, x.size - 1, _LINE_POINTS), np.arange(x.size), x)
    accuracy = paper_accuracy(places, law.plateau, law.a, law.b)
    return zip(axis.level(places).tolist(), accuracy.tolist(), strict=True)


def law_text(law: PaperLaw, variable: str = "x") -> str:
    """Equation (2) with its numbers."""
    return f"{law.plateau:.4f} − {law.a:.4f} exp({law.b:.4g} ({variable} − 1))"


def contour_data(material: Material, low: float, high: float) -> FigureData:
    """Contour of every curve and reading with its widest interval; open ends are at `low` and `high`."""
    rows: list[Row] = []
    runs: list[str] = []
    for curve, findings in _all(material):
        found = findings.everything.curve
        if found is None or found.contour.value is None:
            continue
        interval = found.contour.widest
        rows.append(
            {
                "reading": findings.reading,
                "series": curve.label or MEANS,
                "contour": found.contour.value,
                "from": low if interval is None or interval.low is None else interval.low,
                "to": high if interval is None or interval.high is None else interval.high,
                "has_interval": interval is not None,
                "plateau": found.plateau.value,
                "plateau_from": found.plateau_levels[0],
                "plateau_to": found.plateau_levels[-1],
            }
        )
        runs += found.runs
    return FigureData.of(rows, units=units_of(material, "plateau"), runs=runs)


def control_data(material: Material) -> FigureData:
    """Mean score of the runs without a level on the axis, by block and reading."""
    rows: list[Row] = []
    runs: list[str] = []
    for control in material.controls:
        for reading in material.readings:
            row = _control_row(material, control, reading)
            if row is not None:
                rows.append(row)
                runs += [material.table["identity"][k] for k in control.rows.tolist()]
    return FigureData.of(rows, units=units_of(material, "mean", "sd"), runs=runs)


def _control_row(material: Material, control: Control, reading: str) -> Row | None:
    accuracy = material.table.reading(reading)[control.rows]
    found = accuracy[np.isfinite(accuracy)]
    if not found.size:
        return None
    identities = material.table["identity"][control.rows][np.isfinite(accuracy)]
    return {
        "reading": reading,
        "control": control.label,
        "mean": found.mean(),
        "sd": found.std(ddof=1) if found.size > 1 else None,
        "runs": found.size,
        "run_ids": " ".join(run[:10] for run in identities.tolist()),
    }


def units_of(material: Material, *columns: str) -> dict[str, str]:
    """Units of columns that hold values of the score."""
    return dict.fromkeys(columns, material.score.label)


def ends(interval: Interval | None, suffix: str = "") -> Mapping[str, float | None]:
    """Columns `low` and `high` of an interval; None where there is none."""
    low, high = (None, None) if interval is None else (interval.low, interval.high)
    return {f"low{suffix}": low, f"high{suffix}": high}


def _all(material: Material) -> Iterator[tuple[Curve, Findings]]:
    for reading in material.readings:
        yield from material.of_reading(reading)


def runs_phrase(material: Material) -> str:
    """How many runs there are behind a level: "8 runs a level"."""
    counts = {found.count for _, findings in _all(material) for found in findings.everything.levels}
    low, high = min(counts), max(counts)
    number = str(low) if low == high else f"{low} to {high}"
    return f"{number} run{'' if high == 1 else 's'} a level"


def reading_options(material: Material) -> dict[str, str]:
    """Readings that can be switched between, with their short names."""
    return {reading: READING_SHORT[reading] for reading in material.readings}
