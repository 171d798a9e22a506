"""Random numbers of the structure analysis: functions of the seed, the name of a run, and the stage."""

from collections.abc import Iterator
from enum import IntEnum
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.levels.bootstrap import generator
from gossamer.random import derive

_BLOCK_VALUES = 1 << 22


class Stage(IntEnum):
    """What the numbers are for; codes below 16 belong to the other parts of the analysis."""

    PERMUTATION = 16
    GOODNESS_OF_FIT = 17
    SMALL_WORLD = 18


def generator_of(seed: int, name: str, stage: Stage) -> np.random.Generator:
    """Generator of one stage for the thing called `name`, whatever else is analysed and in which order."""
    number = int.from_bytes(sha256(name.encode()).digest()[:8], "little")
    return generator(derive(seed, number), int(stage))


def permutations(seed: int, name: str, count: int, n: int) -> Iterator[NDArray[np.int64]]:
    """Permutations of 0 .. n - 1, `count` in all, in blocks int64 [some, n] of bounded size."""
    generator = generator_of(seed, name, Stage.PERMUTATION)
    rows = max(1, _BLOCK_VALUES // n)
    for start in range(0, count, rows):
        block = np.tile(np.arange(n, dtype=np.int64), (min(rows, count - start), 1))
        yield generator.permuted(block, axis=1)
