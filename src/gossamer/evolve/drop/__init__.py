"""Rules that choose which links go, one a file."""

from gossamer.evolve.drop.base import AnyDrop, DropRule
from gossamer.evolve.drop.magnitude import Magnitude
from gossamer.evolve.drop.paper_threshold import PaperThreshold
from gossamer.evolve.drop.sign_split import SignSplit

__all__ = ["AnyDrop", "DropRule", "Magnitude", "PaperThreshold", "SignSplit"]
