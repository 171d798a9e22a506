"""Simulated studies: runs with seeds and test images of known effect, and the accuracies they estimate."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, owens_t

from gossamer.analysis.axis import Axis
from gossamer.analysis.laws.paper_law import paper_accuracy
from gossamer.analysis.levels.images import correct_shares
from gossamer.analysis.levels.levels import Levels
from gossamer.analysis.levels.sample import Sample
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]
Seeds = Literal["independent", "shared"]

PAPER_LEVELS = tuple(
    [k / 10 for k in range(10)] + [k / 100 for k in range(91, 99)] + [k / 1000 for k in range(981, 1001)]
)
"""The paper's 38 levels of zeta."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """A study whose truth is known.

    A run gets a test image right if the sum of four terms is positive: what its level allows, how easy the
    image is (the same for all runs), how lucky the run is (the same for all images), and chance. With
    Gaussian terms every average is known in closed form.

    Real runs can agree better about how many images are right than about which: their accuracies then scatter
    less than chance on single images gives. For as many images as that takes, chance is drawn systematically
    (equal steps through the sum of their probabilities), which keeps every probability and takes out the
    scatter.

    Parameters
    ----------
    levels : float64 [L]
        Levels of zeta (hardness).
    accuracy : float64 [L], in (0, 1)
        Accuracy on the population of images.
    seed_sd : float64 [L]
        Standard deviation of one run's accuracy on a fixed test set.
    replicates : int
    test_size : int
    ease : float in [0, 1)
        Share of the variance that belongs to the images: 0 makes runs disagree like coins, towards 1 they
        fail at the same images.
    seeds : "independent" or "shared"
        With shared seeds luck is at least half of `seed_sd` squared, and half of it belongs to the number of
        the replicate.
    """

    levels: Array
    accuracy: Array
    seed_sd: Array
    replicates: int
    test_size: int = 1000
    ease: float = 0.9
    seeds: Seeds = "independent"

    @property
    def _chance(self) -> Array:
        """Variance of a run's accuracy from single images alone, float64 [L]."""
        return disagreement(self.accuracy, self.ease) / self.test_size

    @property
    def calm(self) -> Array:
        """Share of the images for which chance is drawn systematically, float64 [L] in [0, 1]."""
        return np.asarray(np.clip(1.0 - (self.seed_sd**2 - self._luck) / self._chance, 0.0, 1.0))

    @property
    def _luck(self) -> Array:
        """Variance of a run's accuracy from its luck, float64 [L]."""
        least = 0.5 * self.seed_sd**2 if self.seeds == "shared" else 0.0
        return np.asarray(np.maximum(self.seed_sd**2 - self._chance, least))

    @property
    def luck(self) -> Array:
        """Standard deviation of the luck term of a run, float64 [L], the other terms having variance 1."""
        height = ndtri(self.accuracy)
        slope = np.exp(-(height**2) / 2) / np.sqrt(2 * np.pi)
        return np.asarray(np.sqrt(self._luck) / slope)


def paper_scenario(replicates: int, seed_sd: Array | float = 0.005, **changes: object) -> Scenario:
    """The paper's 38 levels with equation (1) as truth; `changes` are further fields of `Scenario`."""
    levels = np.array(PAPER_LEVELS)
    spread = np.broadcast_to(np.asarray(seed_sd, dtype=np.float64), levels.shape)
    return Scenario(levels, paper_accuracy(levels), spread, replicates, **changes)  # type: ignore[arg-type]


def scenario_like(sample: Sample, levels: Levels, accuracy: Array, replicates: int) -> Scenario:
    """Scenario with the noise of a real study: its pooled seed variance and the disagreement of its runs.

    Parameters
    ----------
    sample, levels : Sample, Levels
        The study; it needs predictions and replicates.
    accuracy : float64 [L]
        The truth to simulate, such as a fitted law at the study's levels.
    replicates : int
        Runs per level of the simulated studies.

    Raises
    ------
    AnalysisError
        If the study has no replicates or no predictions.
    """
    if not levels.noise.known:
        raise AnalysisError(
            "A scenario like this study needs its noise, but no level has two runs; add a replicate."
        )
    seen = float(correct_shares(sample, levels)[1].mean())
    ease = ease_of(float(levels.mean.mean()), seen)
    spread = np.sqrt(levels.noise.variance)
    return Scenario(levels.x, accuracy, spread, replicates, sample.test_size, ease, sample.seeds)


def disagreement(accuracy: Array, ease: float) -> Array:
    """Mean over images of the variance between runs of being right: P(first run right, second wrong)."""
    height = ndtri(accuracy)
    return np.asarray(2.0 * owens_t(height, np.sqrt((1.0 - ease) / (1.0 + ease))))


def ease_of(accuracy: float, seen: float) -> float:
    """The `ease` at which runs of this accuracy disagree as much as was seen; cut to [0, 0.999]."""
    low, high = 0.0, 0.999

    def excess(ease: float) -> float:
        return float(disagreement(np.array(accuracy), ease)) - seen

    if excess(low) <= 0:
        return low
    return high if excess(high) >= 0 else float(brentq(excess, low, high))


def draw_study(scenario: Scenario, random: np.random.Generator) -> tuple[Sample, Array]:
    """One simulated study, and its level accuracies given its test images.

    Returns
    -------
    sample : Sample
        With predictions: class 0 is right, class 1 wrong.
    given_test_set : float64 [L]
        What the mean over infinitely many seeds would be on the test images that were drawn.
    """
    L, R, n = scenario.levels.size, scenario.replicates, scenario.test_size
    luck = scenario.luck[:, None]
    height = ndtri(scenario.accuracy)[:, None] * np.sqrt(1.0 + luck**2)
    easy = np.sqrt(scenario.ease) * random.standard_normal(n)
    own = random.standard_normal((L, R))
    if scenario.seeds == "shared":
        own = np.sqrt(0.5) * (own + random.standard_normal(R))
    margin = (height + luck * own).astype(np.float32)[:, :, None] + easy.astype(np.float32)
    probability = ndtr(margin / np.float32(np.sqrt(1.0 - scenario.ease)))
    right = random.random((L, R, n), dtype=np.float32) < probability
    for i, size in enumerate(np.round(scenario.calm * n).astype(np.int64).tolist()):
        calm = random.permutation(n)[:size]
        right[i][:, calm] = _systematic(probability[i][:, calm].astype(np.float64), random)
    wrong = (~right).astype(np.uint8).reshape(L * R, n)
    sample = Sample(
        axis=Axis("zeta", "larger"),
        runs=tuple(f"level {i} replicate {r}" for i in range(L) for r in range(R)),
        level=np.repeat(scenario.levels, R),
        accuracy=1.0 - wrong.mean(axis=1),
        replicate=np.tile(np.arange(R), L),
        test_size=n,
        seeds=scenario.seeds,
        predictions=wrong,
        labels=np.zeros(n, dtype=np.uint8),
    )
    spread = np.sqrt(1.0 - scenario.ease + luck**2)
    return sample, ndtr((height + easy) / spread).mean(axis=1)


def _systematic(probability: Array, random: np.random.Generator) -> NDArray[np.bool_]:
    """Draws with these probabilities [R, n] whose sums over a row are the expected ones, rounded."""
    reached = np.floor(np.cumsum(probability, axis=1) + random.random((len(probability), 1)))
    start = np.zeros((len(probability), 1))
    return np.asarray(np.diff(reached, axis=1, prepend=start) > 0)
