"""Rules that choose which links go, one a file."""

from gossamer.evolve.drop.adaptive_threshold import AdaptiveThreshold
from gossamer.evolve.drop.base import AnyDrop, DropRule, ScoredDrop
from gossamer.evolve.drop.chain_removal import ChainRemoval
from gossamer.evolve.drop.dormant import Dormant
from gossamer.evolve.drop.fan_in import FanInDrop
from gossamer.evolve.drop.magnitude import Magnitude
from gossamer.evolve.drop.paper_threshold import PaperThreshold
from gossamer.evolve.drop.relative_importance import RelativeImportance
from gossamer.evolve.drop.sensitivity import Sensitivity
from gossamer.evolve.drop.sign_split import SignSplit

__all__ = [
    "AdaptiveThreshold",
    "AnyDrop",
    "ChainRemoval",
    "Dormant",
    "DropRule",
    "FanInDrop",
    "Magnitude",
    "PaperThreshold",
    "RelativeImportance",
    "ScoredDrop",
    "Sensitivity",
    "SignSplit",
]
