"""Test images as a source of error that all runs share."""

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.levels.levels import Levels
from gossamer.analysis.levels.sample import Sample
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]

_CHUNK = 250


def image_errors(sample: Sample, levels: Levels, draws: int, random: np.random.Generator) -> Array:
    """Errors of the level means from the choice of test images, float64 [draws, L].

    Test images are resampled with replacement, the same images for every run, so that the luck of the test
    set moves all levels together. What is resampled is each level's chance of getting an image right
    (`image_chances`), not the outcome of its few runs, because the noise of single runs is drawn elsewhere.
    """
    chances = image_chances(sample, levels).astype(np.float32)
    centred = chances - chances.mean(axis=1, keepdims=True)
    errors = np.empty((draws, levels.x.size))
    for start in range(0, draws, _CHUNK):
        size = min(_CHUNK, draws - start)
        times = resampled_counts(sample.test_size, size, random)
        errors[start : start + size] = (times @ centred.T) / np.float32(sample.test_size)
    return errors


def resampled_counts(images: int, draws: int, random: np.random.Generator) -> NDArray[np.float32]:
    """How often each image is drawn when `images` are drawn with replacement, float32 [draws, images]."""
    picks = random.integers(0, images, size=(draws, images), dtype=np.int64)
    picks += np.arange(draws)[:, None] * images
    counts = np.bincount(picks.ravel(), minlength=draws * images)
    return counts.reshape(draws, images).astype(np.float32)


def image_chances(sample: Sample, levels: Levels) -> Array:
    """Each level's chance of getting each test image right, as far as their covariance goes, float64 [L,
    images].

    The share of a level's R runs that get an image right is its chance plus noise of R runs; over images that
    noise adds (disagreement / R) to the variance of a level, and nothing between levels with independent
    seeds. The shares are mapped linearly so that their covariance over images is the one without this part:
    the symmetric map A with A S A = S - N for covariance S and noise N (the optimal transport between the two
    Gaussians), negative eigenvalues of S - N being set to 0.

    Raises
    ------
    AnalysisError
        If no run has predictions.
    """
    share, noise = correct_shares(sample, levels)
    centre = share.mean(axis=1, keepdims=True)
    deviation = share - centre
    covariance = deviation @ deviation.T / sample.test_size
    root, inverse = _roots(covariance)
    target = covariance - noise
    values, vectors = np.linalg.eigh((target + target.T) / 2)
    target = (vectors * np.maximum(values, 0.0)) @ vectors.T
    middle, _ = _roots(root @ target @ root)
    return np.asarray(centre + inverse @ middle @ inverse @ deviation)


def _roots(matrix: Array) -> tuple[Array, Array]:
    """Symmetric square root of a positive semidefinite matrix, and its pseudo-inverse."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    values = np.sqrt(np.maximum(values, 0.0))
    usable = values > 1e-7 * values.max(initial=0.0)
    inverse = np.where(usable, 1.0 / np.where(usable, values, 1.0), 0.0)
    return (vectors * np.where(usable, values, 0.0)) @ vectors.T, (vectors * inverse) @ vectors.T


def correct_shares(sample: Sample, levels: Levels) -> tuple[Array, Array]:
    """Share of a level's runs that get each test image right, and the covariance of its noise.

    Returns
    -------
    share : float64 [L, images]
        A level without any prediction takes the shares of the nearest level that has some.
    noise : float64 [L, L]
        Covariance over images of the shares' deviation from the chances: on the diagonal the disagreement of
        a level's runs divided by their number, pooled over neighbouring levels; elsewhere 0, or what
        replicates with a shared seed have in common.
    """
    if sample.predictions is None or sample.labels is None:
        raise AnalysisError(
            "Resampling test images needs the stored predictions of every run; give Sample.predictions."
        )
    usable = sample.has_predictions
    L, images = levels.x.size, sample.test_size
    rows = [r[usable[r]] for r in levels.rows]
    seen = np.array([r.size > 0 for r in rows])
    if not seen.any():
        raise AnalysisError(
            "No run has predictions of the epoch that was read; store them or leave predictions out."
        )
    share = np.zeros((L, images))
    disagreement = np.zeros(L)
    by_replicate: dict[int, Array] = {}
    for i, r in enumerate(rows):
        if not r.size:
            continue
        right = (sample.predictions[r] == sample.labels).astype(np.float64)
        share[i] = right.mean(axis=0)
        deviation = (right - share[i]) / np.sqrt(max(r.size - 1, 1))
        disagreement[i] = float((deviation**2).sum(axis=0).mean())
        if sample.seeds == "shared":
            for k, row in enumerate(r.tolist()):
                own = by_replicate.setdefault(int(sample.replicate[row]), np.zeros((L, images)))
                own[i] = deviation[k] / np.sqrt(r.size)
    noise = sum((own @ own.T / images for own in by_replicate.values()), np.zeros((L, L)))
    np.fill_diagonal(noise, levels.noise.pool(disagreement) / levels.count)
    near = np.flatnonzero(seen)[np.abs(np.arange(L)[:, None] - np.flatnonzero(seen)).argmin(axis=1)]
    return share[near], noise
