"""Simulated studies: runs with seeds, and where asked test images, of known effect."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from gossamer.analysis.axis import Axis
from gossamer.analysis.levels.sample import Sample

Array = NDArray[np.float64]
Curve = Callable[[Array], Array]
"""Accuracy at hardnesses, same shape; it never rises."""

PAPER_LEVELS = tuple(
    [k / 10 for k in range(10)] + [k / 100 for k in range(91, 99)] + [k / 1000 for k in range(981, 1001)]
)
"""The paper's 38 levels of zeta."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """A study whose truth is known.

    Parameters
    ----------
    curve : Curve
        Expected accuracy, in (0, 1).
    levels : float64 [L]
        Levels of zeta (hardness), increasing.
    seed_sd : float64 [L]
        Standard deviation of one run's accuracy on a fixed test set.
    replicates : int64 [L]
    seeds : "independent", "shared" or "undeclared"
        "shared": half of the variance between seeds is that of the replicate, the same at all levels.
        "undeclared": the same, but the analysis is not told.
    jumps : float
        Standard deviation of ln seed_sd, drawn for every level of every study.
    missing : float in [0, 1)
        Share of runs that failed.
    test_size : int
    ease : float in [0, 1) or None
        With test images: the share of the variance of being right that belongs to the image (0 makes runs
        disagree like coins, towards 1 they fail at the same images). None: runs have no predictions.
    """

    curve: Curve
    levels: Array
    seed_sd: Array
    replicates: NDArray[np.int64]
    seeds: Literal["independent", "shared", "undeclared"] = "independent"
    jumps: float = 0.0
    missing: float = 0.0
    test_size: int = 1000
    ease: float | None = None


@dataclass(frozen=True, eq=False)
class Drawn:
    """A simulated study, and what infinitely many seeds would average to on its test images.

    Parameters
    ----------
    sample : Sample
    given_test_set : Curve
    """

    sample: Sample
    given_test_set: Curve


def draw_study(scenario: Scenario, random: np.random.Generator) -> Drawn:
    """One simulated study.

    With test images a run gets an image right if the sum of four Gaussian terms is positive: what its level
    allows, how easy the image is (the same for all runs), how lucky the run is (the same for all images), and
    chance. Chance alone makes accuracies scatter; luck makes up the rest of `seed_sd`.
    """
    levels = np.repeat(scenario.levels, scenario.replicates)
    replicate = np.concatenate([np.arange(count) for count in scenario.replicates.tolist()])
    own = random.standard_normal(levels.size)
    if scenario.seeds != "independent":
        common = random.standard_normal(int(scenario.replicates.max()))
        own = np.sqrt(0.5) * (own + common[replicate])
    spread = scenario.seed_sd * np.exp(scenario.jumps * random.standard_normal(scenario.levels.size))
    if scenario.ease is None:
        seen, predictions, labels = scenario.curve, None, None
        accuracy = scenario.curve(levels) + np.repeat(spread, scenario.replicates) * own
    else:
        easy = np.sqrt(scenario.ease) * random.standard_normal(scenario.test_size)
        luck = _luck(scenario, spread)
        seen = _on_images(scenario, easy, luck)
        height = ndtri(scenario.curve(scenario.levels)) * np.sqrt(1.0 + luck**2)
        margin = np.repeat(height, scenario.replicates) + np.repeat(luck, scenario.replicates) * own
        probability = ndtr((margin[:, None] + easy) / np.sqrt(1.0 - scenario.ease))
        predictions = (random.random(probability.shape) >= probability).astype(np.uint8)
        labels = np.zeros(scenario.test_size, dtype=np.uint8)
        accuracy = 1.0 - predictions.mean(axis=1)
    lost = random.random(levels.size) < scenario.missing
    sample = Sample(
        axis=Axis("zeta", "larger"),
        runs=tuple(f"zeta {x:g} #{r}" for x, r in zip(levels.tolist(), replicate.tolist(), strict=True)),
        level=levels,
        accuracy=np.where(lost, np.nan, np.clip(accuracy, 0.0, 1.0)),
        replicate=replicate,
        test_size=scenario.test_size,
        seeds="shared" if scenario.seeds == "shared" else "independent",
        predictions=predictions,
        labels=labels,
    )
    return Drawn(sample, seen)


def _luck(scenario: Scenario, spread: Array) -> Array:
    """Standard deviation of the luck term, the other terms having variance 1, float64 [L]."""
    height = ndtri(scenario.curve(scenario.levels))
    slope = np.exp(-(height**2) / 2) / np.sqrt(2 * np.pi)
    chance = disagreement(scenario.curve(scenario.levels), float(scenario.ease or 0.0)) / scenario.test_size
    return np.asarray(np.sqrt(np.maximum(spread**2 - chance, 0.0)) / slope)


def _on_images(scenario: Scenario, easy: Array, luck: Array) -> Curve:
    """Expected accuracy on the images that were drawn."""

    def accuracy(x: Array) -> Array:
        own = np.interp(x, scenario.levels, luck)
        height = ndtri(scenario.curve(x)) * np.sqrt(1.0 + own**2)
        spread = np.sqrt(1.0 - float(scenario.ease or 0.0) + own**2)
        return np.asarray(ndtr((height[..., None] + easy) / spread[..., None]).mean(axis=-1))

    return accuracy


def disagreement(accuracy: Array, ease: float) -> Array:
    """Mean over images of the variance between runs of being right, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    margin = ndtri(accuracy)[..., None] + np.sqrt(ease) * nodes
    chance = ndtr(margin / np.sqrt(1.0 - ease))
    return np.asarray((chance * (1.0 - chance)) @ weights / weights.sum())
