"""Completed runs of a study, as a policy sees them, to the sample that the analysis reads."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from gossamer.analysis.axis import Axis
from gossamer.analysis.levels.sample import Reading, Sample
from gossamer.study.axes import name_of
from gossamer.study.plan.policies import Outcome
from gossamer.train.score import ACCURACY
from gossamer.train.task import task_of_summary


def sample_of_outcomes(
    outcomes: Sequence[Outcome],
    path: str,
    *,
    axis: Axis | None = None,
    accuracy: Reading = "selected",
    seeds: Literal["independent", "shared"] = "independent",
) -> Sample:
    """Sample of one curve; a failed run is a row without accuracy.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Runs along one axis, at one combination of the others.
    path : str
        Path of the axis in the levels of the outcomes.
    axis : Axis or None
        None for an axis whose hard end is known.
    accuracy, seeds : str
        See `Sample`.
    """
    level = np.array([float(outcome.cell.level[path]) for outcome in outcomes])
    found = [outcome.accuracy(accuracy) for outcome in outcomes]
    score = next((task_of_summary(o.summary).score for o in outcomes if o.summary), ACCURACY)
    summaries = [outcome.summary or {} for outcome in outcomes]
    sizes = [int(summary["data"]["samples"]["test"]) for summary in summaries if summary]
    return Sample(
        axis=axis or Axis.of(name_of(path), level),
        runs=tuple(outcome.identity for outcome in outcomes),
        level=level,
        accuracy=np.array([np.nan if value is None else value for value in found]),
        replicate=np.array([outcome.cell.replicate for outcome in outcomes]),
        test_size=max(sizes, default=1),
        reading=accuracy,
        seeds=seeds,
        diverged=np.array([summary.get("state") == "diverged" for summary in summaries], dtype=np.bool_),
        score=score.oriented,
    )
