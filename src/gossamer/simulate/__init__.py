"""Studies with a known truth: do intervals hold it, and what does a design cost?"""

from gossamer.simulate.cases import Case, all_cases
from gossamer.simulate.coverage import CaseCoverage, Coverage, check_case
from gossamer.simulate.scenario import Scenario, draw_study

__all__ = ["Case", "CaseCoverage", "Coverage", "Scenario", "all_cases", "check_case", "draw_study"]
