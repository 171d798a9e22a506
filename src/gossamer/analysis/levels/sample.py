"""The rows of a study that the analysis reads: one run a row."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis
from gossamer.errors import AnalysisError
from gossamer.train.score import ACCURACY, Score

Reading = Literal["selected", "last", "best_on_test"]


@dataclass(frozen=True, eq=False)
class Sample:
    """Runs of one study along one axis, with one reading of their score; arrays become read-only.

    The score is accuracy unless `score` says otherwise. It must be better when higher; of one that is better
    when lower give the negative values and `score.oriented`.

    Every run that the study asked for is a row, also one that failed or has not finished: its accuracy is
    NaN, so that a level knows how many replicates it should have.

    Parameters
    ----------
    axis : Axis
    runs : tuple of str, length n
        Names of the runs; every finding names the runs it came from.
    level : float64 [n]
        Level of the axis, in its own unit.
    accuracy : float64 [n], in the range of the score or NaN
        NaN for a missing run. A diverged run has its last finite accuracy.
    replicate : int64 [n]
    test_size : int >= 1
        Number of test images behind every accuracy.
    reading : str
        Which accuracy this is: "selected", "last" or "best_on_test".
    seeds : "independent" or "shared"
        "shared": replicate r used the same seed at every level, so its errors are correlated along the axis.
    diverged : bool [n] or None
    links : float64 [n] or None
        Persisting links, sum over evolving layers of (1 - zeta) nnz; needed by the law in persisting links.
    predictions : unsigned integer [n, test_size] or None
        Predicted classes on the test set at the epoch of this reading. Rows of missing runs are not read.
    labels : unsigned integer [test_size] or None
    score : Score
        What `accuracy` holds.

    Raises
    ------
    AnalysisError
        If shapes disagree, an accuracy leaves its range, a level is not finite, a run is named twice, or
        predictions contradict the accuracies.
    """

    axis: Axis
    runs: tuple[str, ...]
    level: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    replicate: NDArray[np.int64]
    test_size: int
    reading: Reading = "selected"
    seeds: Literal["independent", "shared"] = "independent"
    diverged: NDArray[np.bool_] | None = None
    links: NDArray[np.float64] | None = None
    predictions: NDArray[np.unsignedinteger[Any]] | None = None
    labels: NDArray[np.unsignedinteger[Any]] | None = None
    score: Score = ACCURACY

    def __post_init__(self) -> None:
        if not self.score.higher_is_better:
            raise AnalysisError(
                f"Of the {self.score.label} lower is better; give its negative values and score.oriented."
            )
        for name, kind in (("level", np.float64), ("accuracy", np.float64), ("replicate", np.int64)):
            self._freeze(name, np.asarray(getattr(self, name), dtype=kind))
        if self.diverged is not None:
            self._freeze("diverged", np.asarray(self.diverged, dtype=np.bool_))
        if self.links is not None:
            self._freeze("links", np.asarray(self.links, dtype=np.float64))
        self._check_rows()
        self._check_predictions()

    def _freeze(self, name: str, array: NDArray[Any]) -> None:
        view = array.view()
        view.flags.writeable = False
        object.__setattr__(self, name, view)

    def _check_rows(self) -> None:
        n = len(self.runs)
        for name in ("level", "accuracy", "replicate", "diverged", "links"):
            array = getattr(self, name)
            if array is not None and array.shape != (n,):
                raise AnalysisError(
                    f"Column '{name}' has shape {array.shape}, but there are {n} runs; give one value a run."
                )
        if len(set(self.runs)) != n:
            raise AnalysisError("A run is named twice; every row of a sample is a run of its own.")
        if not np.isfinite(self.level).all():
            raise AnalysisError("A level is not a finite number; leave such runs out of the sample.")
        found = self.accuracy[self.present]
        score = self.score
        if found.size and not (found.min() >= score.low and found.max() <= score.high):
            wrong = found.min() if found.min() < score.low else found.max()
            raise AnalysisError(
                f"An accuracy is {wrong:g}, but accuracies are fractions in [0, 1]; divide percent by 100."
                if score.proportion
                else f"A value of {score.label} is {wrong:g}, but must lie between {score.low:g} and "
                f"{score.high:g}."
            )
        if self.test_size < 1:
            raise AnalysisError(f"The test size is {self.test_size}, but must be at least 1 image.")

    def _check_predictions(self) -> None:
        if (self.predictions is None) != (self.labels is None):
            raise AnalysisError("Predictions and labels go together; give both or neither.")
        if self.predictions is None or self.labels is None:
            return
        shape = (len(self.runs), self.test_size)
        if self.predictions.shape != shape or self.labels.shape != shape[1:]:
            raise AnalysisError(
                f"Predictions have shape {self.predictions.shape} and labels {self.labels.shape};"
                f" expected {shape} and {shape[1:]}."
            )
        contradicting = self.present & ~self.has_predictions & ~self.diverged_runs
        if contradicting.any():
            name = self.runs[int(np.flatnonzero(contradicting)[0])]
            raise AnalysisError(
                f"The predictions of run {name} contradict its {self.score.label};"
                " give predictions of the epoch that was read."
            )

    @property
    def least_variance(self) -> float:
        """Smallest variance of a run that the score can show: of counted samples the rounding of one."""
        step = 1.0 / self.test_size if self.score.proportion else float(np.finfo(np.float32).eps)
        return step**2 / 12.0

    @property
    def present(self) -> NDArray[np.bool_]:
        """Runs that have an accuracy, bool [n]."""
        return ~np.isnan(self.accuracy)

    @property
    def diverged_runs(self) -> NDArray[np.bool_]:
        """Runs that diverged, bool [n] (all False where nothing was said)."""
        return np.zeros(len(self.runs), dtype=np.bool_) if self.diverged is None else self.diverged

    @property
    def has_predictions(self) -> NDArray[np.bool_]:
        """Runs whose stored predictions give their accuracy, bool [n]; a diverged run may have none."""
        if self.predictions is None or self.labels is None:
            return np.zeros(len(self.runs), dtype=np.bool_)
        share = (self.predictions == self.labels).mean(axis=1)
        # Half an image: accuracies may have been stored in float32.
        return np.asarray(np.abs(share - self.accuracy) < 0.5 / self.test_size)

    def without_diverged(self) -> "Sample":
        """The same sample with diverged runs missing."""
        return replace(self, accuracy=np.where(self.diverged_runs, np.nan, self.accuracy))
