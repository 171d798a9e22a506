"""The part of a bootstrap that resamples test images."""

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.levels.levels import Levels
from gossamer.analysis.levels.sample import Sample
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]

_CHUNK = 256


def image_errors(share: Array, draws: int, random: np.random.Generator) -> Array:
    """Errors of level means from resampling the test images with replacement, the same images for all levels,
    float64 [draws, L].

    Parameters
    ----------
    share : float64 [L, images]
        Share of each level's runs that get each image right (`correct_shares`).
    draws : int
    random : numpy.random.Generator
    """
    L, images = share.shape
    centred = (share - share.mean(axis=1, keepdims=True)).astype(np.float32)
    errors = np.empty((draws, L))
    for start in range(0, draws, _CHUNK):
        size = min(_CHUNK, draws - start)
        times = resampled_counts(images, size, random)
        errors[start : start + size] = (times @ centred.T) / np.float32(images)
    return errors


def resampled_counts(images: int, draws: int, random: np.random.Generator) -> NDArray[np.float32]:
    """How often each image is drawn when `images` are drawn with replacement, float32 [draws, images]."""
    picks = random.integers(0, images, size=(draws, images), dtype=np.int64)
    picks += np.arange(draws)[:, None] * images
    counts = np.bincount(picks.ravel(), minlength=draws * images)
    return counts.reshape(draws, images).astype(np.float32)


def correct_shares(sample: Sample, levels: Levels) -> tuple[Array, Array]:
    """Share of a level's runs that get each test image right, and how much its runs disagree.

    Returns
    -------
    share : float64 [L, images]
        A level without any prediction takes the shares of the nearest level that has some.
    disagreement : float64 [L]
        Mean over images of the variance between runs of being right; where a level has one run, the mean of
        the others.

    Raises
    ------
    AnalysisError
        If no run has predictions.
    """
    if not sample.score.proportion:
        raise AnalysisError(
            f"Intervals hold for other seeds on the same test samples: {sample.score.label} is no proportion "
            "of them, so they are not resampled."
        )
    if sample.predictions is None or sample.labels is None:
        raise AnalysisError(
            "Resampling test images needs the stored predictions of every run; give Sample.predictions."
        )
    usable = sample.has_predictions
    rows = [r[usable[r]] for r in levels.rows]
    seen = np.flatnonzero([r.size > 0 for r in rows])
    if not seen.size:
        raise AnalysisError(
            "No run has predictions of the epoch that was read; store them or leave predictions out."
        )
    share = np.zeros((levels.x.size, sample.test_size))
    disagreement = np.full(levels.x.size, np.nan)
    for i in seen.tolist():
        right = sample.predictions[rows[i]] == sample.labels
        share[i] = right.mean(axis=0)
        if len(right) > 1:
            disagreement[i] = float(right.var(axis=0, ddof=1).mean())
    known = ~np.isnan(disagreement)
    disagreement[~known] = disagreement[known].mean() if known.any() else 0.0
    near = seen[np.abs(np.arange(levels.x.size)[:, None] - seen).argmin(axis=1)]
    return share[near], disagreement
