"""The table of laws: formula, parameters, contour and quality of fit."""

from collections.abc import Iterator, Mapping
from typing import Any

from gossamer.analysis import Findings
from gossamer.analysis.laws.law_findings import LawFindings
from gossamer.report.figures.accuracy_data import ends
from gossamer.report.material import Curve, Material
from gossamer.report.table import Column, TableData, fixed, general
from gossamer.report.words import estimate_text, reading_name


def laws_table(material: Material, reading: str) -> TableData | None:
    """Every law of every curve for one reading, best first; None where no law was fitted."""
    rows: list[dict[str, Any]] = []
    runs: list[str] = []
    for curve, findings in material.of_reading(reading):
        rows += list(_rows(curve, findings))
        runs += findings.everything.runs
    if not rows:
        return None
    confidence = 100 * material.of_reading(reading)[0][1].settings["confidence"]
    several = len(material.curves) > 1
    return TableData(
        name=f"laws-{reading.replace('_', '-')}",
        title=f"Laws: {reading_name(material.score, reading)}",
        caption=(
            f"In brackets {confidence:g} % intervals, the widest of those computed. Left-out error: of "
            "predicting each level from the others. Weight: Akaike weight by QAICc; a law with a corner "
            "has none."
        ),
        columns=(
            *((Column("curve", "curve", text=True),) if several else ()),
            Column("law", "law", text=True),
            Column("formula", f"{material.score.label} =", text=True),
            Column("parameters", "parameters", text=True, of_row=_parameters),
            Column("contour", "contour", text=True, of_row=lambda row: str(row["contour_text"])),
            Column(
                "left_out", f"left-out error ({material.score.difference_unit})", fixed(material.score.digits)
            ),
            Column("weight", "weight", fixed(3)),
            Column("chi2", "χ²", general(3)),
            Column("freedom", "freedom"),
            Column("note", "note", text=True),
        ),
        rows=tuple(rows),
        runs=tuple(runs),
    )


def _rows(curve: Curve, findings: Findings) -> Iterator[dict[str, Any]]:
    for law in findings.everything.laws:
        yield {
            "curve": curve.label,
            "law": law.name.replace("_", " "),
            "formula": law.formula,
            "contour": law.contour.value,
            **ends(law.contour.widest, "_contour"),
            "contour_text": estimate_text(law.contour, 3),
            "left_out": findings.score.scale * law.left_out,
            "qaicc": law.qaicc,
            "weight": law.weight,
            "chi2": law.chi2,
            "freedom": law.freedom,
            "note": _note(law),
            **dict(_values(law)),
        }


def _values(law: LawFindings) -> Iterator[tuple[str, float | str | None]]:
    for name, estimate in law.parameters.items():
        yield name, estimate.value
        yield from ends(estimate.widest, f"_{name}").items()
        yield f"{name}_text", estimate_text(estimate, 3)


def _parameters(row: Mapping[str, Any]) -> str:
    names = [name.removesuffix("_text") for name in row if name.endswith("_text") and name != "contour_text"]
    return ", ".join(f"{name} {row[f'{name}_text']}" for name in names)


def _note(law: LawFindings) -> str | None:
    notes = [*law.flags, *([f"same curve as {law.same_as.replace('_', ' ')}"] if law.same_as else [])]
    return "; ".join(notes) or None
