"""Timing by turns: every task of a group runs in every round, so that a slow moment meets them all."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

Runner = Callable[[int], None]
"""Does its work that many times and returns when it is finished."""

Say = Callable[[str], None]
"""Receives one line about progress."""

REGION_SECONDS = 0.1
"""Aimed length of one timed region: long against the clock, short against the machine's moods."""


@dataclass(frozen=True)
class Task:
    """Something to time.

    Attributes
    ----------
    name : str
    run : callable, ``run(n)`` does the work n times
    at_least, at_most : int, limits of how often the work is done in one timed region
    """

    name: str
    run: Runner
    at_least: int = 1
    at_most: int = 100_000


@dataclass(frozen=True)
class Times:
    """Seconds of one call of a task, one number a round, and CPU seconds per wall second over all rounds."""

    seconds: tuple[float, ...]
    cpu_per_wall: float

    @property
    def minimum(self) -> float:
        """Seconds of the fastest round: what ratios are made of."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """Seconds of the middle round."""
        return median(self.seconds)


def alternate(tasks: Sequence[Task], rounds: int, say: Say) -> dict[str, Times]:
    """Time all tasks by turns and return name -> times.

    Each task first runs once (compiling, filling caches), and once more to choose how many calls make one
    region. Every second round goes through the tasks backwards, so that no task always follows the same one.
    """
    say(f"first runs of {len(tasks)} rows")
    calls = {}
    for task in tasks:
        task.run(task.at_least)
        seconds, _ = _region(task, task.at_least)
        wanted = int(REGION_SECONDS * task.at_least / max(seconds, 1e-9))
        calls[task.name] = min(max(wanted, task.at_least), task.at_most)
    wall: dict[str, list[float]] = {task.name: [] for task in tasks}
    cpu = dict.fromkeys(wall, 0.0)
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for task in tasks if number % 2 == 0 else reversed(tasks):
            seconds, cpu_seconds = _region(task, calls[task.name])
            wall[task.name].append(seconds)
            cpu[task.name] += cpu_seconds
    return {
        name: Times(tuple(s / calls[name] for s in seconds), cpu[name] / sum(seconds))
        for name, seconds in wall.items()
    }


def _region(task: Task, calls: int) -> tuple[float, float]:
    """Wall and CPU seconds of `calls` calls."""
    cpu = time.process_time()
    start = time.perf_counter()
    task.run(calls)
    return time.perf_counter() - start, time.process_time() - cpu
