"""Comparing groups of runs where no axis makes a curve, such as methods: means, differences, tests.

Intervals are Student's. Where all groups share their seeds, differences are paired by seed, which takes out
what a seed does to all of them alike; else they are Welch's. p values are corrected by Holm over all pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gossamer.analysis.curves import choose_reading
from gossamer.analysis.structure.correspondence import holm
from gossamer.errors import AnalysisError
from gossamer.study import StudyRuns, Table
from gossamer.train.readings import READINGS
from gossamer.train.score import Score

CONFIDENCE, ALPHA = 0.95, 0.05
_NO_SPREAD = 1e-9
_SHORT = {"last": "last epoch", "selected": "epoch selected on validation", "best_on_test": "best on test"}


@dataclass(frozen=True)
class Group:
    """Runs with one combination of levels.

    Attributes
    ----------
    label : str
    levels : mapping from axis to level
    values : tuple of float
        The score of every run that has one, in the order of `runs`.
    mean, sd, low, high : float or None
        Mean, standard deviation over runs, and ends of the interval of the mean; None with too few runs.
    asked, diverged : int
        Runs that are planned; runs among `values` that diverged and count with their last finite score.
    runs : tuple of str
    seeds : tuple of int
    """

    label: str
    levels: Mapping[str, Any]
    values: tuple[float, ...]
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    asked: int
    diverged: int
    runs: tuple[str, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Difference:
    """How much one group is above another.

    Attributes
    ----------
    one, other : str
    paired : bool
        By seed; else between the means.
    count : int
        Pairs, or runs of both.
    mean : float
    low, high : float or None
        Ends of the interval.
    p, p_holm : float or None
        Of no difference, two-sided; corrected over all pairs of groups. None with too few runs, or where all
        differences are equal.
    """

    one: str
    other: str
    paired: bool
    count: int
    mean: float
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None = None

    @property
    def shown(self) -> bool:
        """Whether the corrected test shows a difference."""
        return self.p_holm is not None and self.p_holm <= ALPHA


@dataclass(frozen=True)
class GroupFindings:
    """What a study without a numeric axis shows.

    Attributes
    ----------
    score : Score
    reading : str
    groups : tuple of Group, the best mean first
    differences : tuple of Difference
        Of every pair of groups that have runs, the better one first.
    notes : tuple of str
    """

    score: Score
    reading: str
    groups: tuple[Group, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The answer."""
        there = [group for group in self.groups if group.mean is not None]
        read = f"test {self.score.label} ({_SHORT[self.reading]})"
        if not there:
            return f"No group has a finished run, so there is no {read} to compare."
        best = there[0]
        start = f"{best.label} has the best mean {read}, {self.score.text(best.mean or 0.0)}"
        if len(there) == 1:
            return f"{start}; there is no other group with runs."
        tail = [self._against(d) for d in self.differences if d.one == best.label]
        return f"{start}: {'; '.join(tail)}."

    def _against(self, found: Difference) -> str:
        size = self.score.difference(found.mean)
        if found.low is None or found.high is None:
            return f"{size} above {found.other} (no interval: too few runs, or all alike)"
        interval = f"{100 * CONFIDENCE:g} % interval {self.interval_text(found.low, found.high)}"
        if found.shown:
            return f"{size} above {found.other} ({interval})"
        tests = len(self.differences)
        p = f", p {found.p_holm:.2g} corrected for {tests} tests" if tests > 1 and found.p_holm else ""
        return f"no difference shown to {found.other} ({size}, {interval}{p})"

    def interval_text(self, low: float, high: float) -> str:
        """Ends of an interval of a difference, in the unit of `Score.difference`."""
        return f"{self.score.scale * low:.3g} to {self.score.scale * high:.3g}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": "groups",
            "score": self.score.name,
            "reading": self.reading,
            "confidence": CONFIDENCE,
            "answer": self.sentence,
            "groups": [asdict(group) for group in self.groups],
            "differences": [{**asdict(found), "shown": found.shown} for found in self.differences],
            "notes": list(self.notes),
        }


def has_numeric_axis(study: StudyRuns, table: Table) -> bool:
    """Whether a curve may be read along an axis: three numbers, or two where no words are varied."""
    columns = [table[name] for name in study.axes() if name in table]
    counts = [len(np.unique(column[np.isfinite(column)])) for column in columns if column.dtype.kind == "f"]
    words = any(len(set(map(str, column))) > 1 for column in columns if column.dtype.kind != "f")
    return max(counts, default=0) >= (3 if words else 2)


def compare_groups(study: StudyRuns, table: Table, reading: str | None = None) -> GroupFindings:
    """Compare the groups of a study: the combinations of levels of its axes.

    Parameters
    ----------
    study : StudyRuns
    table : Table
        All planned runs.
    reading : "last", "selected" or "best_on_test", optional
        `selected` where there are validation samples if not given.

    Raises
    ------
    AnalysisError
        If there is no run, or no such reading.
    """
    if not table.n_runs:
        raise AnalysisError(f"The study {study.config.name} has no runs yet; run it first.")
    every = np.ones(table.n_runs, np.bool_)
    reading = reading or study.config.analysis.get("reading") or choose_reading(table, every)
    if reading not in READINGS:
        raise AnalysisError(f"The reading is {reading!r}, expected one of {', '.join(READINGS)}.")
    axes = [name for name in study.axes() if name in table]
    score = table.score.oriented
    groups = _groups(table, axes, table.reading(reading))
    groups.sort(key=lambda group: -np.inf if group.mean is None else group.mean, reverse=True)
    return GroupFindings(
        score, reading, tuple(groups), _differences(groups, study.config.seeds == "common"), _notes(groups)
    )


def _groups(table: Table, axes: Sequence[str], values: NDArray[np.float64]) -> list[Group]:
    levels = list(zip(*(table[name].tolist() for name in axes), strict=True)) or [()] * table.n_runs
    found, keys = [], [_key(level) for level in levels]
    for level in dict.fromkeys(keys):
        rows = np.array([k for k, key in enumerate(keys) if key == level])
        there = rows[np.isfinite(values[rows])]
        own = values[there]
        mean, sd, low, high = _mean_and_interval(own)
        first = dict(zip(axes, levels[rows[0]], strict=True))
        found.append(
            Group(
                _label(first, axes),
                {name: None if _lacks(value) else value for name, value in first.items()},
                tuple(own.tolist()),
                mean,
                sd,
                low,
                high,
                len(rows),
                int((table["state"][there] == "diverged").sum()),
                tuple(table["identity"][there].tolist()),
                tuple(table["seed"][there].tolist()),
            )
        )
    return found


def _key(level: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple("" if _lacks(value) else str(value) for value in level)


def _lacks(value: Any) -> bool:
    """Whether a row has no level of an axis: it belongs to a block without it."""
    return value is None or value == "" or (isinstance(value, float) and np.isnan(value))


def _label(levels: Mapping[str, Any], axes: Sequence[str]) -> str:
    """``set``, or with several axes ``method set, zeta 0.3``."""
    named = {name: value for name, value in levels.items() if not _lacks(value)}
    if len(axes) == 1 and named:
        return str(next(iter(named.values())))
    return ", ".join(f"{name} {value}" for name, value in named.items()) or "all"


def _mean_and_interval(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    """Mean, standard deviation, ends of Student's interval."""
    if len(values) < 2:
        return (float(values[0]) if len(values) else None, None, None, None)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * sd / np.sqrt(len(values))
    return mean, sd, mean - half, mean + half


def _differences(groups: Sequence[Group], common: bool) -> tuple[Difference, ...]:
    there = [group for group in groups if group.values]
    found = [_difference(one, other, common) for one, other in combinations(there, 2)]
    corrected = holm([difference.p for difference in found])
    return tuple(
        Difference(**{**asdict(difference), "p_holm": p})
        for difference, p in zip(found, corrected, strict=True)
    )


def _difference(one: Group, other: Group, common: bool) -> Difference:
    first, second = (dict(zip(g.seeds, g.values, strict=True)) for g in (one, other))
    seeds = [seed for seed in first if seed in second] if common else []
    if seeds:
        gaps = np.array([first[seed] - second[seed] for seed in seeds])
        mean, sd, low, high = _mean_and_interval(gaps)
        # Gaps that are equal to the last digit happen with few runs and few test samples; they prove nothing.
        spread = sd is not None and sd > _NO_SPREAD
        p = float(stats.ttest_1samp(gaps, 0.0).pvalue) if spread else None
        ends = (low, high) if spread else (None, None)
        return Difference(one.label, other.label, True, len(gaps), mean or 0.0, *ends, p)
    a, b = np.array(one.values), np.array(other.values)
    gap, count = float(a.mean() - b.mean()), len(a) + len(b)
    if min(len(a), len(b)) < 2 or not (one.sd or other.sd):
        return Difference(one.label, other.label, False, count, gap, None, None, None)
    test = stats.ttest_ind(a, b, equal_var=False)
    interval = test.confidence_interval(CONFIDENCE)
    return Difference(
        one.label,
        other.label,
        False,
        count,
        gap,
        float(interval.low),
        float(interval.high),
        float(test.pvalue),
    )


def _notes(groups: Sequence[Group]) -> tuple[str, ...]:
    notes = []
    for group in groups:
        if len(group.values) < group.asked:
            notes.append(f"{group.label}: {len(group.values)} of {group.asked} runs have a score.")
        if group.diverged:
            notes.append(
                f"{group.label}: {group.diverged} runs diverged and count with their last finite score."
            )
    if any(0 < len(group.values) < 2 for group in groups):
        notes.append("A group of one run has no interval; ask for more replicates.")
    return tuple(notes)
