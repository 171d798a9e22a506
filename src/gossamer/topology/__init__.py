"""Which links exist: patterns, densities, ways to start, paths, statistics of a pattern."""

from gossamer._native import Pattern
from gossamer.topology.correlation import Correlation
from gossamer.topology.erdos_renyi import ErdosRenyi, erdos_renyi_density
from gossamer.topology.erk import ERK, solve_epsilon
from gossamer.topology.given import Dense, PerLayer, UniformDensity
from gossamer.topology.links import Rounding, achieved_densities, achieved_sparsity, links_from_density
from gossamer.topology.networks import ScaleFree, SmallWorld
from gossamer.topology.paths import (
    PathCheck,
    PathCoverage,
    check_paths,
    expected_path_coverage,
    path_coverage,
)
from gossamer.topology.regular import BiRegular, Expander, Regular
from gossamer.topology.saliency import Saliency
from gossamer.topology.saved import Saved
from gossamer.topology.start import BUDGETED, Start
from gossamer.topology.statistics import (
    DegreeStatistics,
    PatternStatistics,
    in_degrees,
    out_degrees,
    pattern_statistics,
)

__all__ = [
    "BUDGETED",
    "ERK",
    "BiRegular",
    "Correlation",
    "DegreeStatistics",
    "Dense",
    "ErdosRenyi",
    "Expander",
    "PathCheck",
    "PathCoverage",
    "Pattern",
    "PatternStatistics",
    "PerLayer",
    "Regular",
    "Rounding",
    "Saliency",
    "Saved",
    "ScaleFree",
    "SmallWorld",
    "Start",
    "UniformDensity",
    "achieved_densities",
    "achieved_sparsity",
    "check_paths",
    "erdos_renyi_density",
    "expected_path_coverage",
    "in_degrees",
    "links_from_density",
    "out_degrees",
    "path_coverage",
    "pattern_statistics",
    "solve_epsilon",
]
