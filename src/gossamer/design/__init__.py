"""Which runs come next, and what a study will show: studies and their findings together."""

from gossamer.design.prediction import Prediction, predict, score
from gossamer.design.prefixes import Prefixes, Target, affordable_epochs, prefixes_of, reported

__all__ = [
    "Prediction",
    "Prefixes",
    "Target",
    "affordable_epochs",
    "predict",
    "prefixes_of",
    "reported",
    "score",
]
