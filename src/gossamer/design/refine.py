"""The study policy `refine`: coarse levels first, then finer ones where accuracy starts to fall."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import InternalError
from gossamer.study.axes import Range, product
from gossamer.study.config import Block, Refinement, StudyConfig
from gossamer.study.plan import Cell, cells_of, ordered
from gossamer.study.plan.policies import Rounds
from gossamer.train.canonical import canonical_json


def refine_policy(config: StudyConfig, rounds: Rounds) -> list[Cell]:
    """Coarse levels first; then, each round, finer levels from the last safe level to the hard end.

    The other axes of a block stay as they are, and each of their combinations finds a fall of its own; one
    that does not fall gets no further levels.
    """
    settings = config.refinement
    if len(rounds) >= len(settings.steps):
        return []
    cells: list[Cell] = []
    for block in config.all_blocks():
        for others in product(block.axes):
            values = _next_values(settings, block, others, rounds)
            cells += cells_of(config, block, [{**others, str(settings.path): value} for value in values])
    return ordered(config, cells)


def _next_values(
    settings: Refinement, block: Block, others: Mapping[str, Any], rounds: Rounds
) -> list[int | float]:
    if settings.start is None or settings.stop is None or settings.path is None:
        raise InternalError("A refinement without start, stop and axis was let through.")
    step = settings.steps[len(rounds)]
    if not rounds:
        return Range(start=settings.start, stop=settings.stop, step=step).levels()
    samples = _samples(settings, block, others, rounds)
    levels = sorted(samples, reverse=settings.start > settings.stop)
    edge = last_safe_level([np.array(samples[level]) for level in levels], settings.drop)
    if edge is None:
        return []
    finer = Range(start=Decimal(repr(levels[edge])), stop=settings.stop, step=step).levels()
    known = {float(level) for level in levels}
    return [value for value in finer if float(value) not in known]


def _samples(
    settings: Refinement, block: Block, others: Mapping[str, Any], rounds: Rounds
) -> dict[int | float, list[float]]:
    """Accuracies by level of the refined axis, of one block and one combination of the other axes."""
    key = canonical_json(dict(others))
    samples: dict[int | float, list[float]] = {}
    for outcome in (outcome for done in rounds for outcome in done):
        rest = {path: value for path, value in outcome.cell.level.items() if path != settings.path}
        value = outcome.accuracy(settings.accuracy)
        if outcome.cell.block == block.name and canonical_json(rest) == key and value is not None:
            samples.setdefault(outcome.cell.level[str(settings.path)], []).append(value)
    return samples


def last_safe_level(samples: Sequence[NDArray[np.float64]], drop: float) -> int | None:
    """Index of the last level, from easy to hard, whose mean accuracy has not fallen.

    Parameters
    ----------
    samples : sequence of float64 arrays
        Accuracies of the replicates of each level, none empty.
    drop : float
        Distance below the plateau that counts as a fall; two standard errors of a level if they are more.

    Returns
    -------
    int, or None where nothing falls. The plateau is the median of the upper half of the level means.
    """
    if not samples:
        return None
    means = np.array([values.mean() for values in samples])
    plateau = np.median(np.sort(means)[len(means) // 2 :])
    freedom = sum(len(values) - 1 for values in samples)
    spread = sum(((values - values.mean()) ** 2).sum() for values in samples)
    variance = spread / freedom if freedom else 0.0
    allowed = [max(drop, 2 * np.sqrt(variance / len(values))) for values in samples]
    safe = np.flatnonzero(means >= plateau - np.array(allowed))
    last = int(safe[-1])
    return None if last == len(samples) - 1 else last
