"""Rules that choose where links grow, one a file."""

from gossamer.evolve.grow.base import AnyGrow, GrowRule, free_positions, grown_weights
from gossamer.evolve.grow.uniform import Uniform

__all__ = ["AnyGrow", "GrowRule", "Uniform", "free_positions", "grown_weights"]
