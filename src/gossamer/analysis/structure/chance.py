"""Random numbers of the structure analysis: functions of the seed, the name of a run, and the stage."""

from enum import IntEnum
from hashlib import sha256

import numpy as np

from gossamer.analysis.levels.bootstrap import generator
from gossamer.random import derive


class Stage(IntEnum):
    """What the numbers are for; codes below 16 belong to the other parts of the analysis."""

    PERMUTATION = 16
    GOODNESS_OF_FIT = 17
    SMALL_WORLD = 18


def generator_of(seed: int, name: str, stage: Stage) -> np.random.Generator:
    """Generator of one stage for the thing called `name`, whatever else is analysed and in which order."""
    number = int.from_bytes(sha256(name.encode()).digest()[:8], "little")
    return generator(derive(seed, number), int(stage))
