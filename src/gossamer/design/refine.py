"""The study policy `refine`: coarse levels first, then finer ones where accuracy starts to fall."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gossamer.analysis.axis import Axis
from gossamer.analysis.contour.curve import estimate_curve
from gossamer.analysis.levels.bootstrap import draw_given_test_set
from gossamer.analysis.levels.levels import summarise
from gossamer.analysis.settings import Settings
from gossamer.design.runs import sample_of_outcomes
from gossamer.errors import AnalysisError, InternalError
from gossamer.study.axes import Range, name_of, product, refuse_too_many
from gossamer.study.config import Block, Refinement, StudyConfig
from gossamer.study.plan import Cell, cells_of, ordered
from gossamer.study.plan.policies import Outcome, Rounds
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
            values = _next_values(config, block, others, rounds)
            cells += cells_of(config, block, [{**others, str(settings.path): value} for value in values])
            refuse_too_many(len(cells))
    return ordered(config, cells)


def _next_values(
    config: StudyConfig, block: Block, others: Mapping[str, Any], rounds: Rounds
) -> list[int | float]:
    settings = config.refinement
    if settings.start is None or settings.stop is None or settings.path is None:
        raise InternalError("A refinement without start, stop and axis was let through.")
    step = settings.steps[len(rounds)]
    if not rounds:
        return Range(start=settings.start, stop=settings.stop, step=step).levels()
    outcomes = _outcomes(settings, block, others, rounds)
    ends = float(settings.start), float(settings.stop)
    axis = Axis(name_of(settings.path), "larger" if ends[1] > ends[0] else "smaller", max(map(abs, ends)))
    edge = _edge(outcomes, settings, axis, common=config.seeds == "common")
    if edge is None:
        return []
    known = {float(o.cell.level[settings.path]): o.cell.level[settings.path] for o in outcomes}
    finer = Range(start=Decimal(repr(known[edge])), stop=settings.stop, step=step).levels()
    return [value for value in finer if float(value) not in known]


def _outcomes(settings: Refinement, block: Block, others: Mapping[str, Any], rounds: Rounds) -> list[Outcome]:
    """Completed runs of one block and one combination of the other axes, in an order of their own."""
    key = canonical_json(dict(others))
    found = []
    for outcome in (outcome for done in rounds for outcome in done):
        rest = {path: value for path, value in outcome.cell.level.items() if path != settings.path}
        if outcome.cell.block == block.name and canonical_json(rest) == key:
            found.append(outcome)
    found.sort(key=lambda o: (float(o.cell.level[str(settings.path)]), o.cell.replicate))
    return found


def _edge(outcomes: list[Outcome], settings: Refinement, axis: Axis, *, common: bool) -> float | None:
    """The last safe level, as the analysis has it; without replicates the last one before the contour.

    None where accuracy does not fall, or cannot be read yet.
    """
    sample = sample_of_outcomes(
        outcomes,
        str(settings.path),
        axis=axis,
        accuracy=settings.accuracy,
        seeds="shared" if common else "independent",
    )
    own = Settings(delta=settings.drop)
    try:
        levels = summarise(sample)
        draws = [draw_given_test_set(levels, own.draws, own.seed)] if levels.noise.known else []
        found = estimate_curve(levels, draws, own)
    except AnalysisError:
        return None
    if found.contour.value is None or (found.fall.given_test_set and not found.fall.given_test_set.low):
        return None
    if found.safe.level is not None:
        return found.safe.level
    before = levels.x <= axis.hardness(found.contour.value) + 1e-12
    return float(levels.level[before][-1])
