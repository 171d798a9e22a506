"""The first epochs of some runs: what a prediction is made from, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis
from gossamer.analysis.curves import choose_reading, rows_where
from gossamer.analysis.levels.sample import Reading
from gossamer.errors import AnalysisError
from gossamer.study import StudyRuns, Table
from gossamer.study.store.thinning import all_epochs
from gossamer.train.score import ACCURACY, Score

Array = NDArray[np.float64]

SHARE = 0.1
"""Largest share of a study's cost that a prediction may use."""

_ROUNDS = 60


@dataclass(frozen=True, eq=False)
class Prefixes:
    """The first epochs of one run at each of n levels.

    Parameters
    ----------
    axis : Axis
    runs : tuple of str, length n
    level : float64 [n]
        Level of the axis, in its own unit; no two alike.
    reported : tuple of float64 arrays, length n
        What each run would report had it stopped after its epoch 1, 2, ... (see `reported`).
    test : tuple of float64 arrays, length n
        Test accuracy of each run after the same epochs.
    epoch_cost : float64 [n]
        Cost of one epoch: links x samples.
    score : Score
        What the prefixes report.

    Raises
    ------
    AnalysisError
        If two runs have the same level, or epochs are missing.
    """

    axis: Axis
    runs: tuple[str, ...]
    level: Array
    reported: tuple[Array, ...]
    test: tuple[Array, ...]
    epoch_cost: Array
    score: Score = ACCURACY

    def __post_init__(self) -> None:
        if np.unique(self.level).size < len(self.runs):
            raise AnalysisError("Two prefixes have the same level; give one run a level.")
        for name, one, other in zip(self.runs, self.reported, self.test, strict=True):
            if one.size != other.size:
                raise AnalysisError(
                    f"The prefix of run {name} has {one.size} and {other.size} epochs; cut both to the same."
                )

    @property
    def epochs(self) -> NDArray[np.int64]:
        """Epochs of every prefix, int64 [n]."""
        return np.array([curve.size for curve in self.reported], dtype=np.int64)

    @property
    def cost(self) -> float:
        """Cost of all prefixes in links x samples x epochs."""
        return float((self.epoch_cost * self.epochs).sum())


@dataclass(frozen=True)
class Target:
    """The study to predict.

    Parameters
    ----------
    epochs : int
        Epochs of its runs.
    replicates : int
        Runs per level.
    cost : float
        Its cost in links x samples x epochs.
    """

    epochs: int
    replicates: int
    cost: float


def reported(
    test_accuracy: Array, validation_accuracy: Array | None = None, reading: Reading = "selected"
) -> Array:
    """Accuracy that a run would report had it stopped after each epoch, float64 [E].

    Parameters
    ----------
    test_accuracy : float64 [E]
        Test accuracy after each epoch.
    validation_accuracy : float64 [E] or None
        Needed for "selected": the epoch with the highest value so far is read, the first one on ties.
    reading : "selected", "last" or "best_on_test"
        Which accuracy the study reads.

    Raises
    ------
    AnalysisError
        If "selected" is asked for without validation accuracy.
    """
    if reading == "last":
        return test_accuracy
    if reading == "best_on_test":
        return np.maximum.accumulate(test_accuracy)
    if validation_accuracy is None:
        raise AnalysisError(
            "Without a validation set no epoch can be selected; read 'last' or 'best_on_test'."
        )
    best = np.maximum.accumulate(validation_accuracy)
    new = np.concatenate(([True], validation_accuracy[1:] > best[:-1]))
    epoch = np.maximum.accumulate(np.where(new, np.arange(best.size), 0))
    return np.asarray(test_accuracy[epoch])


def affordable_epochs(epoch_cost: Array, target: Target, share: float = SHARE) -> NDArray[np.int64]:
    """Epochs that each of these runs can have for a share of a study's cost, int64 [n].

    Lengths go with 1 / sqrt(cost of an epoch): were errors to fall as 1 / epochs, this division of the budget
    would make their sum smallest. No run gets more epochs than the study has; what is left over goes to the
    others.
    """
    budget = share * target.cost
    shape = 1.0 / np.sqrt(epoch_cost)
    low, high = 0.0, target.epochs / float(shape.min())
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        spent = float((epoch_cost * np.minimum(middle * shape, target.epochs)).sum())
        low, high = (middle, high) if spent <= budget else (low, middle)
    return np.floor(np.minimum(low * shape, target.epochs) + 1e-6).astype(np.int64)


def prefixes_of(
    study: StudyRuns, axis: str, where: Mapping[str, Any], reading: str | None, share: float
) -> tuple[list[Prefixes], Target]:
    """First epochs of one finished run at each level of a curve, as many as a share of the curve's cost buys.

    Costs are those of the plan, in links x samples x epochs. The first prefixes are those of the finished
    runs with the lowest replicate number; the next ones use other runs, as long as every level has them.

    Parameters
    ----------
    study : StudyRuns
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
    prefixes : list of Prefixes
    target : Target

    Raises
    ------
    AnalysisError
        If no level has a finished run.
    """
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
        curves = [
            _curve(study, run.identity, kind, count, table.score)
            for run, count in zip(runs, epochs, strict=True)
        ]
        names = tuple(run.identity for run in runs)
        told, test = zip(*curves, strict=True)
        found.append(
            Prefixes(direction, names, table[axis][rows], told, test, epoch_cost, table.score.oriented)
        )
    return found, target


def _curve(
    study: StudyRuns, identity: str, reading: Any, epochs: int, score: Score
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a run reports after each of its first epochs, and its test score; both better when higher."""
    history = study.arrays(identity, "history")
    test, validation = (all_epochs(history, f"{part}_{score.name}") for part in ("test", "validation"))
    assert test is not None
    test, validation = score.sign * test, None if validation is None else score.sign * validation
    return reported(test, validation, reading)[:epochs], test[:epochs]


def _replicates(levels: NDArray[np.float64]) -> int:
    """Runs that most levels have."""
    counts = np.unique(levels, return_counts=True)[1]
    return int(np.median(counts))


def _rounds(table: Table, axis: str, chosen: NDArray[np.bool_]) -> list[list[int]]:
    """Rows of the first finished run at each level, then of the second, as far as all levels have one."""
    rows: dict[float, list[int]] = {}
    finished = np.flatnonzero(chosen & (table["state"] == "finished"))
    for row in finished[np.argsort(table["replicate"][finished], kind="stable")].tolist():
        rows.setdefault(float(table[axis][row]), []).append(row)
    if not rows:
        raise AnalysisError("No run of this curve is finished; run the study first.")
    return [list(one) for one in zip(*(rows[level] for level in sorted(rows)), strict=False)]
