"""Everything that an analysis found, as one frozen value that can be written as JSON."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gossamer.analysis.contour.curve import CurveFindings
from gossamer.analysis.estimate import Estimate
from gossamer.analysis.laws.law_findings import LawFindings
from gossamer.analysis.laws.paper_law import PaperLaw
from gossamer.analysis.levels.levels import Unfitted
from gossamer.train.score import ACCURACY, Score


@dataclass(frozen=True)
class LevelFindings:
    """The score at one level.

    Parameters
    ----------
    level : float
    mean : Estimate
    sd : float or None
        Standard deviation of its runs; None for a single run.
    pooled_sd : float or None
        Square root of the moderated variance; None without replicates.
    count, asked : int
        Runs that are there, and runs asked for.
    links : float or None
        Mean persisting links.
    runs : tuple of str
    """

    level: float
    mean: Estimate
    sd: float | None
    pooled_sd: float | None
    count: int
    asked: int
    links: float | None
    runs: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """Findings from one choice of runs.

    Parameters
    ----------
    levels : tuple of LevelFindings
        Easiest first; only these are fitted.
    unfitted : tuple of Unfitted
        Levels with under half of their replicates.
    curve : CurveFindings or None
        Without any law; None where there are too few levels (`notes` says so).
    laws : tuple of LawFindings
        In order of leave-one-level-out error.
    best_law : str or None
        Name of the law that predicts best, the first of `laws` (see `compare.Comparison.best`).
    best_law_sentence : str
        The same in a sentence; empty where no law could be fitted.
    overdispersion : float or None
    paper : tuple of PaperLaw
        Equation (2) with ESC given and with ESC from the contour, where they can be had.
    notes : tuple of str
        One sentence for each thing that could not be had.
    runs : tuple of str
        All runs used.
    """

    levels: tuple[LevelFindings, ...]
    unfitted: tuple[Unfitted, ...]
    curve: CurveFindings | None
    laws: tuple[LawFindings, ...]
    best_law: str | None
    best_law_sentence: str
    overdispersion: float | None
    paper: tuple[PaperLaw, ...]
    notes: tuple[str, ...]
    runs: tuple[str, ...]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to know of the curve, and what could not be had: each sentence once."""
        return tuple(dict.fromkeys((*(self.curve.remarks if self.curve else ()), *self.notes)))

    def law(self, name: str) -> LawFindings | None:
        """The findings of the law of this name, None if it was not fitted."""
        return next((law for law in self.laws if law.name == name), None)


@dataclass(frozen=True)
class Findings:
    """Everything that `analyse` found along one axis for one reading of the score.

    Parameters
    ----------
    axis, reading, seeds : str
    test_size : int
    settings : mapping
    everything : View
        With diverged runs at their last finite accuracy.
    without_diverged : View or None
        The same without diverged runs; None where none diverged.
    diverged, missing : tuple of str
        Names of diverged runs, and of runs without accuracy.
    notes : tuple of str
    score : Score
        What is analysed; in JSON its name.
    """

    axis: str
    reading: str
    seeds: str
    test_size: int
    settings: Mapping[str, Any]
    everything: View
    without_diverged: View | None
    diverged: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...] = ()
    score: Score = ACCURACY

    def to_json(self) -> dict[str, Any]:
        """Nested dicts and lists of numbers, strings and None; numbers that are not finite become None."""
        return dict(plain(self))


def plain(value: Any) -> Any:
    """A value of dataclasses, mappings, sequences, NumPy arrays and numbers in terms that JSON knows."""
    if isinstance(value, Score):
        return value.name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
