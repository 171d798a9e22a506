"""Stored runs to findings: plateau, contour and law, as pure functions of arrays."""

from gossamer.analysis.assemble import analyse
from gossamer.analysis.axis import Axis
from gossamer.analysis.estimate import Estimate, Interval
from gossamer.analysis.findings import Findings, View
from gossamer.analysis.laws.carrier import Carrier, compare_carriers
from gossamer.analysis.laws.shapes import LAWS
from gossamer.analysis.levels.levels import Levels, summarise
from gossamer.analysis.levels.sample import Sample
from gossamer.analysis.settings import Settings

__all__ = [
    "LAWS",
    "Axis",
    "Carrier",
    "Estimate",
    "Findings",
    "Interval",
    "Levels",
    "Sample",
    "Settings",
    "View",
    "analyse",
    "compare_carriers",
    "summarise",
]
