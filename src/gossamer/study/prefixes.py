"""From the stored runs of a study to the prefixes that a prediction of it may use."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import AnalysisError
from gossamer.study.samples import choose_reading, rows_where
from gossamer.study.thinning import all_epochs

if TYPE_CHECKING:
    from gossamer.study.study import Study
    from gossamer.study.table import Table


def prefixes_of(
    study: "Study", axis: str, where: Mapping[str, Any], reading: str | None, share: float
) -> tuple[list[Any], Any]:
    """First epochs of one finished run at each level of a curve, as many as a share of the curve's cost buys.

    Costs are those of the plan, in links x samples x epochs. The first prefixes are those of the finished
    runs with the lowest replicate number; the next ones use other runs, as long as every level has them.

    Parameters
    ----------
    study : Study
    axis : str
        Name of the axis of the curve.
    where : mapping
        Levels of the other axes.
    reading : str or None
        Which accuracy the study reads; None chooses as the analysis does.
    share : float
        Share of the cost.

    Returns
    -------
    prefixes : list of gossamer.design.Prefixes
    target : gossamer.design.Target

    Raises
    ------
    AnalysisError
        If no level has a finished run.
    """
    from gossamer.analysis import Axis
    from gossamer.design import Prefixes, Target, affordable_epochs

    table = study.table()
    chosen = rows_where(table, where) & np.isfinite(table[axis])
    planned = {run.identity: run for runs in study.rounds() for run in runs}
    whole = [planned[identity] for identity in table["identity"][chosen].tolist()]
    target = Target(
        epochs=max(run.epochs for run in whole),
        replicates=_replicates(table[axis][chosen]),
        cost=sum(run.cost for run in whole),
    )
    direction = Axis.of(axis, table[axis][chosen], study.config.analysis.get("harder"))
    kind: Any = reading or study.config.analysis.get("reading") or choose_reading(table, chosen)
    found = []
    for rows in _rounds(table, axis, chosen):
        runs = [planned[identity] for identity in table["identity"][rows].tolist()]
        epoch_cost = np.array([run.cost / run.epochs for run in runs])
        epochs = affordable_epochs(epoch_cost, target, share).tolist()
        curves = [_curve(study, run.identity, kind, count) for run, count in zip(runs, epochs, strict=True)]
        names = tuple(run.identity for run in runs)
        told, test = zip(*curves, strict=True)
        found.append(Prefixes(direction, names, table[axis][rows], told, test, epoch_cost))
    return found, target


def _curve(
    study: "Study", identity: str, reading: Any, epochs: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a run reports after each of its first epochs, and its test accuracy."""
    from gossamer.design import reported

    history = study.arrays(identity, "history")
    test, validation = (all_epochs(history, f"{part}_accuracy") for part in ("test", "validation"))
    assert test is not None
    return reported(test, validation, reading)[:epochs], test[:epochs]


def _replicates(levels: NDArray[np.float64]) -> int:
    """Runs that most levels have."""
    counts = np.unique(levels, return_counts=True)[1]
    return int(np.median(counts))


def _rounds(table: "Table", axis: str, chosen: NDArray[np.bool_]) -> list[list[int]]:
    """Rows of the first finished run at each level, then of the second, as far as all levels have one."""
    rows: dict[float, list[int]] = {}
    finished = np.flatnonzero(chosen & (table["state"] == "finished"))
    for row in finished[np.argsort(table["replicate"][finished], kind="stable")].tolist():
        rows.setdefault(float(table[axis][row]), []).append(row)
    if not rows:
        raise AnalysisError("No run of this curve is finished; run the study first.")
    return [list(one) for one in zip(*(rows[level] for level in sorted(rows)), strict=False)]
