"""Data of the contour figure: every estimate of where the score starts to fall, with its intervals."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gossamer.analysis import Estimate, Findings
from gossamer.analysis.laws.paper_law import ESC, paper_contour
from gossamer.report.figure import FigureData
from gossamer.report.figures.accuracy_data import ends, units_of
from gossamer.report.material import Curve, Material
from gossamer.train.score import ACCURACY

CONTOUR, HALF, SAFE = "contour", "half of the fall", "last safe level"
STRUCTURE, PAPER = "structural contour", "the paper"

_MAPS = (("survivors' links", "survivor", "links"), ("|weights| after growth", "grown", "abs_sum"))

Row = dict[str, Any]

_POINTS = 10


def estimate_data(material: Material) -> FigureData:
    """One row an estimate of every curve and reading."""
    rows: list[Row] = []
    runs: list[str] = []
    for reading in material.readings:
        for curve, findings in material.of_reading(reading):
            rows += [
                {"reading": reading, "curve": curve.label, **row}
                for row in _estimates(material, curve, findings)
            ]
            runs += findings.everything.runs
    return FigureData.of(rows, units={}, runs=runs)


def _estimates(material: Material, curve: Curve, findings: Findings) -> Iterator[Row]:
    view, delta = findings.everything, findings.settings["delta"]
    prefix = f"{curve.label}: " if curve.label else ""
    if view.curve is not None:
        yield _row(f"{prefix}monotone interpolation", CONTOUR, view.curve.contour)
        yield _row(f"{prefix}monotone interpolation", HALF, view.curve.half)
        if view.curve.safe.level is not None:
            yield _row(f"{prefix}one-sided interval of the contour", SAFE, Estimate(view.curve.safe.level))
    if len(material.curves) == 1:
        for law in view.laws:
            yield _row(f"law: {law.name.replace('_', ' ')}", CONTOUR, law.contour)
            yield _row(f"law: {law.name.replace('_', ' ')}", HALF, law.half)
        yield from _others(material, findings, delta)


def _others(material: Material, findings: Findings, delta: float) -> Iterator[Row]:
    """Without diverged runs, where structure is half lost, and the paper's own numbers."""
    without = findings.without_diverged
    if without is not None and without.curve is not None:
        yield _row("monotone, without diverged runs", CONTOUR, without.curve.contour)
    for label, side, quantity in _MAPS:
        series = material.structure.find("deviation", side, quantity)
        if series is not None and series.contour is not None:
            yield _row(f"structure: {label}", STRUCTURE, Estimate(series.contour))
    if material.axis == "zeta" and material.score == ACCURACY:
        yield _row("the paper's ESC, by eye", PAPER, Estimate(ESC))
        yield _row("the paper's equation (1)", PAPER, Estimate(paper_contour(delta)))


def _row(source: str, kind: str, estimate: Estimate) -> Row:
    given, images = estimate.given_test_set, estimate.with_test_images
    return {
        "source": source,
        "kind": kind,
        "value": estimate.value,
        **ends(given),
        **ends(images, "_with_images"),
        "has_interval": given is not None,
        "has_images": images is not None,
        "note": estimate.note,
    }


def _between(
    curve: Curve, levels: Sequence[float], accuracy: Sequence[float]
) -> Iterator[tuple[float, float]]:
    """The monotone fit with points between its levels: it is straight in hardness, not on every axis."""
    x = curve.axis.hardness(np.array(levels))
    places = np.arange(_POINTS * (x.size - 1) + 1) / _POINTS
    index = np.arange(x.size)
    between = curve.axis.level(np.interp(places, index, x))
    return zip(between.tolist(), np.interp(places, index, accuracy).tolist(), strict=True)


def monotone_data(material: Material) -> FigureData:
    """The monotone fit and the height plateau - delta of every curve and reading."""
    rows: list[Row] = []
    runs: list[str] = []
    for reading in material.readings:
        for curve, findings in material.of_reading(reading):
            found = findings.everything.curve
            if found is None or found.plateau.value is None:
                continue
            for level, accuracy in _between(curve, *found.monotone):
                rows.append(
                    {
                        "reading": reading,
                        "series": curve.label or "monotone fit",
                        "level": level,
                        material.score.name: accuracy,
                        "plateau": found.plateau.value,
                        "height": found.plateau.value - findings.settings["delta"],
                    }
                )
            runs += found.runs
    return FigureData.of(rows, units=units_of(material, material.score.name, "height"), runs=runs)
