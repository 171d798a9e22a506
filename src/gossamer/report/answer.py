"""The answer of a study in words, and the few numbers that stand under it."""

from typing import NamedTuple

from gossamer.analysis import Findings
from gossamer.report.material import Curve, Material
from gossamer.report.words import (
    READING_SHORT,
    axis_symbol,
    interval_text,
    level_text,
    score_text,
    significant,
)

_FEW = 2
_MOST_CURVES = 4


def answer(material: Material, reading: str) -> str:
    """What the study found along its axis for one reading of the score."""
    found = material.of_reading(reading)
    if not found:
        return f"No level has runs enough for a test {material.score.label} ({READING_SHORT[reading]}) yet."
    if len(found) > _FEW:
        return _summary(material, reading, found)
    return " ".join(sentence(material, curve, findings) for curve, findings in found)


def sentence(material: Material, curve: Curve, findings: Findings) -> str:
    """What one curve shows."""
    view, symbol = findings.everything, axis_symbol(material.axis)
    read = f"est {material.score.label} ({READING_SHORT[findings.reading]})"
    start = f"With {curve.label}, t{read}" if curve.label else f"T{read}"
    found = view.curve
    if found is None:
        return f"{start}: {len(view.levels)} levels are too few for a contour yet."
    delta, plateau = findings.score.difference(findings.settings["delta"]), score_text(found.plateau.value)
    hardest = f"{symbol} = {level_text(view.levels[-1].level)}"
    last = score_text(view.levels[-1].mean.value)
    if found.contour.value is None:
        return (
            f"{start} does not fall by {delta} for good within the studied levels: its plateau is {plateau} "
            f"and it is {last} at {hardest}."
        )
    way = "up" if material.harder == "larger" else "down"
    return (
        f"{start} stays within {delta} of its plateau of {plateau} {way} to "
        f"{symbol} = {found.contour.value:.3g}{_interval(findings)} and then falls, to {last} at {hardest}."
    )


def _interval(findings: Findings) -> str:
    curve = findings.everything.curve
    interval = curve.contour.widest if curve else None
    if interval is None:
        return ""
    return f" ({100 * interval.confidence:g} % interval {interval_text(interval, 3)})"


def _summary(material: Material, reading: str, found: list[tuple[Curve, Findings]]) -> str:
    """The span of the contours of many curves."""
    symbol, delta = axis_symbol(material.axis), material.score.difference(found[0][1].settings["delta"])
    contours = [
        (f.everything.curve.contour.value, curve.label)
        for curve, f in found
        if f.everything.curve is not None and f.everything.curve.contour.value is not None
    ]
    if not contours:
        return f"None of {len(found)} curves falls by {delta} for good within its levels."
    low, high = min(contours), max(contours)
    return (
        f"Test {material.score.label} ({READING_SHORT[reading]}) starts to fall, by {delta}, between "
        f"{symbol} = {low[0]:.3g} (with {low[1]}) and {symbol} = {high[0]:.3g} (with {high[1]}), on "
        f"{len(contours)} of {len(found)} curves."
    )


class Fact(NamedTuple):
    """A number with its name and what to know about it."""

    name: str
    value: str
    note: str


def facts(material: Material, reading: str) -> list[Fact]:
    """Facts of the curves for one reading of the score, and of the whole study."""
    found = material.of_reading(reading)
    if len(found) == 1:
        return [*_of_curve(material, found[0][1]), _runs(material)]
    return [*(_contour(findings, curve.label) for curve, findings in found[:_MOST_CURVES]), _runs(material)]


def _of_curve(material: Material, findings: Findings) -> list[Fact]:
    curve = findings.everything.curve
    if curve is None:
        return []
    safe, delta = curve.safe.level, findings.score.difference(findings.settings["delta"])
    return [
        Fact("plateau", score_text(curve.plateau.value), interval_text(curve.plateau.widest, 3)),
        _contour(findings, ""),
        Fact("half of the fall", significant(curve.half.value, 3), interval_text(curve.half.widest, 3)),
        Fact(
            "last safe level",
            "–" if safe is None else f"{axis_symbol(material.axis)} = {level_text(safe)}",
            f"shown above plateau − {delta}",
        ),
    ]


def _contour(findings: Findings, label: str) -> Fact:
    delta = findings.score.difference(findings.settings["delta"])
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
