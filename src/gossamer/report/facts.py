"""The few numbers that stand under the answer."""

from typing import NamedTuple

from gossamer.report.material import Material
from gossamer.report.words import (
    accuracy_text,
    axis_symbol,
    interval_text,
    level_text,
    points_text,
    significant,
)


class Fact(NamedTuple):
    """A number with its name and what to know about it."""

    name: str
    value: str
    note: str


def facts(material: Material, reading: str) -> list[Fact]:
    """Facts of the first curve for one reading of accuracy, and of the whole study."""
    findings = material.first.findings.get(reading)
    curve = findings.everything.curve if findings else None
    found = []
    if findings and curve:
        symbol, delta = axis_symbol(material.axis), points_text(findings.settings["delta"])
        safe = curve.safe.level
        found = [
            Fact("plateau", accuracy_text(curve.plateau.value), interval_text(curve.plateau.widest, 3)),
            Fact(
                f"contour ({delta} point)",
                significant(curve.contour.value, 3),
                interval_text(curve.contour.widest, 3),
            ),
            Fact("half of the fall", significant(curve.half.value, 3), interval_text(curve.half.widest, 3)),
            Fact(
                "last safe level",
                "–" if safe is None else f"{symbol} = {level_text(safe)}",
                f"shown above plateau − {delta} point",
            ),
        ]
    return [*found, _runs(material)]


def _runs(material: Material) -> Fact:
    state = material.table["state"]
    done = int(((state == "finished") | (state == "diverged")).sum())
    others = [
        f"{int((state == s).sum())} {s}"
        for s in ("diverged", "failed", "damaged", "waiting")
        if (state == s).any()
    ]
    return Fact("runs", f"{done} of {material.table.n_runs}", ", ".join(others) or "all finished")
