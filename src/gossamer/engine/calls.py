"""Native calls: long work as a row of short ones, and refusals as errors of ours."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from gossamer.engine.records import StepRecord
from gossamer.errors import ConfigError, DataError, DivergedError

# A native call lasts about this long at most, so that Ctrl-C, progress and checkpoints act at any size.
CALL_SECONDS = 0.3


def slices(total: int, grain: int) -> Iterator[tuple[int, int]]:
    """Consecutive (first, count), each about `CALL_SECONDS` long; all but the last a multiple of `grain`."""
    first, count = 0, grain
    while first < total:
        count = min(count, total - first)
        start = time.perf_counter()
        yield first, count
        seconds = max(time.perf_counter() - start, 1e-6)
        first += count
        count = max(1, int(count * min(CALL_SECONDS / seconds, 64.0)) // grain) * grain


@contextmanager
def refusals_as(kind: type[ConfigError | DataError]) -> Iterator[None]:
    """Raise the sentence with which native code refuses an argument as an error of `kind`.

    Of numbers that are not finite it is a `DivergedError`.
    """
    try:
        yield
    except OverflowError as error:
        raise DivergedError(str(error)) from None
    except ValueError as error:
        raise kind(str(error)) from None


def joined(parts: list[StepRecord], bad_step: int, steps: int) -> StepRecord:
    """The record of all parts as one; steps that were not taken are NaN and 0."""
    loss, correct = np.full(steps, np.nan), np.zeros(steps, np.int64)
    taken = np.concatenate([part.loss for part in parts]) if parts else np.zeros(0)
    loss[: len(taken)] = taken
    correct[: len(taken)] = np.concatenate([part.correct for part in parts]) if parts else 0
    return StepRecord(loss, correct, bad_step)
