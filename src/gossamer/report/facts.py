"""The few numbers that stand under the answer."""

from typing import NamedTuple

from gossamer.analysis import Findings
from gossamer.report.material import Material
from gossamer.report.words import (
    accuracy_text,
    axis_symbol,
    interval_text,
    level_text,
    points_phrase,
    significant,
)

_MOST_CURVES = 4


class Fact(NamedTuple):
    """A number with its name and what to know about it."""

    name: str
    value: str
    note: str


def facts(material: Material, reading: str) -> list[Fact]:
    """Facts of the curves for one reading of accuracy, and of the whole study."""
    found = material.of_reading(reading)
    if len(found) == 1:
        return [*_of_curve(material, found[0][1]), _runs(material)]
    return [*(_contour(findings, curve.label) for curve, findings in found[:_MOST_CURVES]), _runs(material)]


def _of_curve(material: Material, findings: Findings) -> list[Fact]:
    curve = findings.everything.curve
    if curve is None:
        return []
    safe, delta = curve.safe.level, points_phrase(findings.settings["delta"])
    return [
        Fact("plateau", accuracy_text(curve.plateau.value), interval_text(curve.plateau.widest, 3)),
        _contour(findings, ""),
        Fact("half of the fall", significant(curve.half.value, 3), interval_text(curve.half.widest, 3)),
        Fact(
            "last safe level",
            "–" if safe is None else f"{axis_symbol(material.axis)} = {level_text(safe)}",
            f"shown above plateau − {delta}",
        ),
    ]


def _contour(findings: Findings, label: str) -> Fact:
    delta = points_phrase(findings.settings["delta"])
    curve = findings.everything.curve
    name = f"contour ({delta}){f', {label}' if label else ''}"
    if curve is None:
        return Fact(name, "–", "too few levels")
    return Fact(name, significant(curve.contour.value, 3), interval_text(curve.contour.widest, 3))


def _runs(material: Material) -> Fact:
    state = material.table["state"]
    done = int(((state == "finished") | (state == "diverged")).sum())
    others = [
        f"{int((state == s).sum())} {s}"
        for s in ("diverged", "failed", "damaged", "waiting")
        if (state == s).any()
    ]
    return Fact("runs", f"{done} of {material.table.n_runs}", ", ".join(others) or "all finished")
