"""Stored runs to findings: plateau, contour, law and prediction, as pure functions of arrays."""

from gossamer.analysis.assemble import analyse
from gossamer.analysis.axis import Axis
from gossamer.analysis.carrier import Carrier, compare_carriers
from gossamer.analysis.coverage import CoverageTable, coverage
from gossamer.analysis.estimate import Estimate, Interval
from gossamer.analysis.findings import Findings, View
from gossamer.analysis.law import LAWS
from gossamer.analysis.levels import Levels, summarise
from gossamer.analysis.prediction import Prediction, predict, score
from gossamer.analysis.prefixes import Prefixes, Target, affordable_epochs, reported
from gossamer.analysis.sample import Sample
from gossamer.analysis.settings import Settings
from gossamer.analysis.simulate import Scenario, paper_scenario, scenario_like

__all__ = [
    "LAWS",
    "Axis",
    "Carrier",
    "CoverageTable",
    "Estimate",
    "Findings",
    "Interval",
    "Levels",
    "Prediction",
    "Prefixes",
    "Sample",
    "Scenario",
    "Settings",
    "Target",
    "View",
    "affordable_epochs",
    "analyse",
    "compare_carriers",
    "coverage",
    "paper_scenario",
    "predict",
    "reported",
    "scenario_like",
    "score",
    "summarise",
]
