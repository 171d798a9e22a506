"""Studies with a known truth: do intervals hold it, and what does a design cost?"""

from gossamer.simulate.coverage import CoverageTable, coverage
from gossamer.simulate.scenario import Scenario, paper_scenario, scenario_like

__all__ = ["CoverageTable", "Scenario", "coverage", "paper_scenario", "scenario_like"]
