"""How topology changes: parts (drop, grow, when, fraction) and the methods made of them."""

from gossamer.evolve.drop import DropRule, Magnitude, PaperThreshold, SignSplit
from gossamer.evolve.fraction import Constant, Cosine, Fraction, Linear
from gossamer.evolve.grow import GrowRule, Uniform, free_positions, grown_weights
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.method import METHODS, Method, set_method, static_method
from gossamer.evolve.part import PARTS, Need, Part, kinds, register
from gossamer.evolve.selection import rounded, smallest
from gossamer.evolve.structure import SourceSums, source_sums
from gossamer.evolve.update import UpdateReport, evolve, evolve_layer
from gossamer.evolve.when import Clock, EveryEpoch, EverySteps, When

__all__ = [
    "METHODS",
    "PARTS",
    "Clock",
    "Constant",
    "Cosine",
    "Draw",
    "DropRule",
    "EveryEpoch",
    "EverySteps",
    "Fraction",
    "GrowRule",
    "LayerView",
    "Linear",
    "Magnitude",
    "Method",
    "Need",
    "PaperThreshold",
    "Part",
    "SignSplit",
    "SourceSums",
    "Uniform",
    "UpdateReport",
    "When",
    "evolve",
    "evolve_layer",
    "free_positions",
    "grown_weights",
    "kinds",
    "register",
    "rounded",
    "set_method",
    "smallest",
    "source_sums",
    "static_method",
]
