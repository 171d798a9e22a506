"""The answer of a study in one sentence."""

from gossamer.analysis import Findings
from gossamer.report.material import Curve, Material
from gossamer.report.words import accuracy_text, axis_symbol, interval_text, level_text, points_text


def answer(material: Material, reading: str) -> str:
    """What the study found along its axis for one reading of accuracy."""
    found = material.of_reading(reading)
    if not found:
        return "No level has runs enough for this accuracy yet."
    sentences = [_sentence(material, curve, findings) for curve, findings in found]
    return " ".join(f"{sentence}." for sentence in sentences)


def _sentence(material: Material, curve: Curve, findings: Findings) -> str:
    view, symbol = findings.everything, axis_symbol(material.axis)
    start = f"With {curve.label}, test" if curve.label else "Test"
    found = view.curve
    if found is None:
        return f"{start} accuracy: {len(view.levels)} levels are too few for a contour yet"
    delta = f"{points_text(findings.settings['delta'])} point"
    plateau = accuracy_text(found.plateau.value)
    hardest = f"{symbol} = {level_text(view.levels[-1].level)}"
    if found.contour.value is None:
        return (
            f"{start} accuracy does not fall by {delta} for good within the studied levels: "
            f"its plateau is {plateau} and it is {accuracy_text(view.levels[-1].mean.value)} at {hardest}"
        )
    way = "up" if material.harder == "larger" else "down"
    contour = f"{symbol} = {found.contour.value:.3g}{_interval(findings)}"
    return (
        f"{start} accuracy stays within {delta} of its plateau of {plateau} {way} to {contour} "
        f"and then falls, to {accuracy_text(view.levels[-1].mean.value)} at {hardest}"
    )


def _interval(findings: Findings) -> str:
    curve = findings.everything.curve
    interval = curve.contour.widest if curve else None
    if interval is None:
        return ""
    return f" ({100 * interval.confidence:g} % interval {interval_text(interval, 3)})"
