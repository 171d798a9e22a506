"""The levels of a study: mean, spread, count and interval of accuracy at each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gossamer.analysis.axis import Axis
from gossamer.analysis.estimate import Interval
from gossamer.analysis.levels.noise import Noise, RunsOfLevels, estimate_noise
from gossamer.analysis.levels.sample import Sample
from gossamer.errors import AnalysisError
from gossamer.train.score import ACCURACY, Score


@dataclass(frozen=True)
class Unfitted:
    """A level that is left out of every fit because under half of its replicates are there."""

    level: float
    mean: float | None
    count: int
    asked: int
    runs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Levels:
    """L levels in order of hardness, each with at least half of its replicates.

    Parameters
    ----------
    axis : Axis
    level, x : float64 [L]
        Level in its own unit, and its hardness (increasing).
    mean, sd : float64 [L]
        Mean and standard deviation (n - 1) of the runs' accuracies; sd is NaN for a single run.
    accuracy : tuple of float64 arrays
        Accuracies of the runs of each level.
    asked : int64 [L]
        Replicates asked for; ``noise.count`` has those that are there.
    noise : Noise
        Variances of one run, each moderated by those of all levels.
    links : float64 [L] or None
        Mean persisting links.
    runs : tuple of tuple of str
        Runs behind each level.
    rows : tuple of int64 arrays
        Rows of the sample behind each level.
    unfitted : tuple of Unfitted
    score : Score
        What `accuracy` holds.
    """

    axis: Axis
    level: NDArray[np.float64]
    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    accuracy: tuple[NDArray[np.float64], ...]
    asked: NDArray[np.int64]
    noise: Noise
    links: NDArray[np.float64] | None
    runs: tuple[tuple[str, ...], ...]
    rows: tuple[NDArray[np.int64], ...]
    unfitted: tuple[Unfitted, ...]
    score: Score = ACCURACY

    @property
    def count(self) -> NDArray[np.int64]:
        """Runs per level, int64 [L]."""
        return self.noise.count

    @cached_property
    def error(self) -> NDArray[np.float64]:
        """Standard error of each level mean given the test set, float64 [L]; NaN without replicates."""
        return np.sqrt(self.noise.variance / self.count)

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """Weights of least squares, float64 [L]: runs / variance by `noise.prior`; runs where it is unknown.

        The variance never sinks along the axis here: that collapsed networks all say one class does not make
        them more precise about a law than those of a plateau.
        """
        count = self.count.astype(np.float64)
        return count / np.maximum.accumulate(self.noise.prior) if self.noise.known else count

    @property
    def all_runs(self) -> tuple[str, ...]:
        """Names of all runs behind these levels, in order of hardness."""
        return tuple(name for names in self.runs for name in names)

    def intervals(self, confidence: float = 0.95) -> tuple[Interval, ...] | None:
        """Student-t interval of each level mean given the test set, in its range; None without replicates."""
        if not self.noise.known:
            return None
        half = stats.t.ppf((1 + confidence) / 2, self.noise.freedom) * self.error
        ends = np.clip((self.mean - half, self.mean + half), self.score.low, self.score.high).T.tolist()
        return tuple(Interval(low, high, confidence, "t") for low, high in ends)


def summarise(sample: Sample) -> Levels:
    """Levels of a sample, easiest first.

    A level with under half of its replicates is listed in `unfitted` and not used.

    Parameters
    ----------
    sample : Sample
        All runs of the study along one axis.

    Raises
    ------
    AnalysisError
        If no level has half of its replicates.
    """
    x = sample.axis.hardness(sample.level)
    unique, index = np.unique(x, return_inverse=True)
    asked = np.bincount(index, minlength=unique.size)
    count = np.bincount(index[sample.present], minlength=unique.size)
    fitted = np.flatnonzero(2 * count >= asked)
    if not fitted.size:
        raise AnalysisError(
            f"No level of '{sample.axis.name}' has half of its replicates; finish or retry more of its runs."
        )
    rows = [np.flatnonzero((index == i) & sample.present) for i in range(unique.size)]
    unfitted = tuple(
        _unfitted(sample, rows[i], index == i) for i in np.flatnonzero(2 * count < asked).tolist()
    )
    used = [rows[i] for i in fitted.tolist()]
    mean = np.array([sample.accuracy[r].mean() for r in used])
    deviation = np.concatenate([sample.accuracy[r] - m for r, m in zip(used, mean, strict=True)])
    place = np.repeat(np.arange(fitted.size), count[fitted])
    seen = RunsOfLevels(
        unique[fitted], mean, deviation, place, np.concatenate([sample.replicate[r] for r in used])
    )
    return Levels(
        axis=sample.axis,
        level=np.array([sample.level[r[0]] for r in used]),
        x=unique[fitted],
        mean=mean,
        sd=np.array([sample.accuracy[r].std(ddof=1) if r.size > 1 else np.nan for r in used]),
        accuracy=tuple(sample.accuracy[r] for r in used),
        asked=asked[fitted],
        noise=estimate_noise(seen, shared=sample.seeds == "shared", floor=sample.least_variance),
        score=sample.score,
        links=None if sample.links is None else np.array([sample.links[r].mean() for r in used]),
        runs=tuple(tuple(sample.runs[k] for k in r.tolist()) for r in used),
        rows=tuple(used),
        unfitted=unfitted,
    )


def _unfitted(sample: Sample, present: NDArray[np.int64], asked: NDArray[np.bool_]) -> Unfitted:
    return Unfitted(
        level=float(sample.level[asked][0]),
        mean=float(sample.accuracy[present].mean()) if present.size else None,
        count=int(present.size),
        asked=int(asked.sum()),
        runs=tuple(sample.runs[k] for k in present.tolist()),
    )
