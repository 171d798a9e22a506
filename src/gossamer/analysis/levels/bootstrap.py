"""Parametric bootstrap of level means: seeds alone, or seeds and test images together."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.estimate import GIVEN_TEST_SET, WITH_TEST_IMAGES
from gossamer.analysis.levels.images import correct_shares, image_errors
from gossamer.analysis.levels.levels import Levels
from gossamer.analysis.levels.noise import draw_noise
from gossamer.analysis.levels.sample import Sample
from gossamer.errors import AnalysisError
from gossamer.random import Purpose, words64

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Draws:
    """Level means that other runs might have given.

    Parameters
    ----------
    means : float64 [B, L]
    method : str
        `GIVEN_TEST_SET` or `WITH_TEST_IMAGES`.
    """

    means: Array
    method: str


def generator(seed: int, stage: int) -> np.random.Generator:
    """NumPy generator (Philox) of one stage of an analysis, a function of (seed, stage) alone."""
    key = words64(seed, 2, step=stage, purpose=Purpose.ANALYSIS)
    return np.random.Generator(np.random.Philox(key=key))


def draw_given_test_set(levels: Levels, draws: int, seed: int) -> Draws:
    """Level means under other seeds, on the same test images.

    Errors are Gaussian with the moderated variance, whose own uncertainty is drawn too; with shared seeds the
    part of the error that all levels share is drawn once (see `noise.draw_noise`). Draws are centred at the
    raw level means and each is made monotone afterwards, not before (Chakraborty and Ghosal 2021, *Coverage
    of credible intervals in nonparametric monotone regression*).

    Raises
    ------
    AnalysisError
        If no level has two runs.
    """
    _need_replicates(levels)
    return _draws(levels, draw_noise(levels.noise, draws, generator(seed, 1)), GIVEN_TEST_SET)


def draw_with_test_images(sample: Sample, levels: Levels, draws: int, seed: int) -> Draws:
    """Level means under other seeds and other test images: a bootstrap of both ways, seeds and images.

    Images are resampled jointly for all runs. What chance on single images adds to the scatter of runs comes
    with that, so it is taken out of the variance between seeds, which would count it twice.

    Raises
    ------
    AnalysisError
        If the sample has no predictions, or no level has two runs.
    """
    _need_replicates(levels)
    random = generator(seed, 2)
    share, disagreement = correct_shares(sample, levels)
    rest = np.maximum(levels.noise.own - disagreement / sample.test_size, 0.0)
    errors = draw_noise(replace(levels.noise, own=rest), draws, random) + image_errors(share, draws, random)
    return _draws(levels, errors, WITH_TEST_IMAGES)


def _draws(levels: Levels, errors: Array, method: str) -> Draws:
    # An score beyond its range at one wild level would lift a monotone curve everywhere.
    return Draws(np.clip(levels.mean + errors, levels.score.low, levels.score.high), method)


def _need_replicates(levels: Levels) -> None:
    if not levels.noise.known:
        raise AnalysisError("No level has two runs, so noise between runs is unknown; add a replicate.")
