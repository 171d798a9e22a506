"""Rules that say which layers grow, one a file."""

from gossamer.evolve.redistribute.base import AnyRedistribute, Redistribute
from gossamer.evolve.redistribute.momentum import MeanMomentum
from gossamer.evolve.redistribute.survivors import Survivors
from gossamer.evolve.redistribute.weight import MeanWeight

__all__ = ["AnyRedistribute", "MeanMomentum", "MeanWeight", "Redistribute", "Survivors"]
