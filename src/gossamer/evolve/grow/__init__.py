"""Rules that choose where links grow, one a file."""

from gossamer.evolve.grow.base import AnyGrow, GrowRule, check_room, free_positions, grown_weights
from gossamer.evolve.grow.cannistraci_hebb import CannistraciHebb
from gossamer.evolve.grow.dense_gradient import DenseGradient
from gossamer.evolve.grow.fan_in import FanInGrow
from gossamer.evolve.grow.never_linked import NeverLinked
from gossamer.evolve.grow.uniform import Uniform

__all__ = [
    "AnyGrow",
    "CannistraciHebb",
    "DenseGradient",
    "FanInGrow",
    "GrowRule",
    "NeverLinked",
    "Uniform",
    "check_room",
    "free_positions",
    "grown_weights",
]
