"""The measured limit: how fast this core reads random activation rows for given index lists.

A link of a sparse layer times a dense batch reads one row of activations forward and one row of gradients
backward; nothing that computes the step can be faster than these reads. The fastest of eight ways to read
counts: 1 to 4 rows in flight, with and without prefetch.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from gossamer import _native
from gossamer._native import Pattern
from gossamer.bench.timing import Runner, Task, Times

FORWARD, BACKWARD = "forward", "backward"
MOST_COLUMNS = 64


def read_tasks(patterns: Sequence[Pattern], columns: int, direction: str) -> list[Task]:
    """Eight tasks that read the rows of all layers once a call.

    Parameters
    ----------
    patterns : layers, in order
    columns : int, samples of a batch, a multiple of 8 and at most `MOST_COLUMNS`
    direction : `FORWARD` (rows of sources, by target) or `BACKWARD` (rows of targets, by source)
    """
    return [
        Task(name, _reader(patterns, columns, direction == FORWARD, in_flight, prefetch))
        for name, in_flight, prefetch in _variants(columns, direction)
    ]


def fastest_reads(times: dict[str, Times], columns: int, direction: str) -> str:
    """Name of the fastest of the tasks that `read_tasks` made."""
    return min((name for name, _, _ in _variants(columns, direction)), key=lambda name: times[name].minimum)


def _variants(columns: int, direction: str) -> Iterator[tuple[str, int, bool]]:
    for in_flight in (1, 2, 3, 4):
        for prefetch in (False, True):
            suffix = ", prefetch" if prefetch else ""
            yield f"{direction}, {columns} columns, {in_flight} in flight{suffix}", in_flight, prefetch


def _reader(
    patterns: Sequence[Pattern], columns: int, by_target: bool, in_flight: int, prefetch: bool
) -> Runner:
    layers = [(p, np.zeros((p.n_in if by_target else p.n_out, columns), np.float32)) for p in patterns]

    def run(calls: int) -> None:
        for _ in range(calls):
            for pattern, rows in layers:
                _native.read_rows(pattern, by_target, rows, in_flight, prefetch, 1)

    return run
