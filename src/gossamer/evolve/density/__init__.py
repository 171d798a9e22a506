"""Schedules of the number of links, one a file."""

from gossamer.evolve.density.accuracy import AccuracyDriven
from gossamer.evolve.density.base import AnyDensity, Density, Links
from gossamer.evolve.density.course import (
    CubicDensity,
    LevelsDensity,
    PointsDensity,
    ScheduledDensity,
    SigmoidDensity,
)
from gossamer.evolve.density.neurons import NeuronImportance

__all__ = [
    "AccuracyDriven",
    "AnyDensity",
    "CubicDensity",
    "Density",
    "LevelsDensity",
    "Links",
    "NeuronImportance",
    "PointsDensity",
    "ScheduledDensity",
    "SigmoidDensity",
]
