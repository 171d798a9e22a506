"""Level means replaced by smooth laws, when nobody knows which law holds."""

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.laws.fit import fit_many
from gossamer.analysis.laws.shapes import LAWS, Law
from gossamer.train.score import ACCURACY, Score

Array = NDArray[np.float64]

_SMOOTH = tuple(law for law in LAWS.values() if law.variable == "hardness" and not law.change_point)


def smoothed(
    x: Array, mean: Array, weights: Array, curves: Array, random: np.random.Generator, score: Score = ACCURACY
) -> Array:
    """Each curve replaced by its fit of a law, float64 [B, L]; the law is picked at random for each.

    A law is picked as often as its Akaike weight (small-sample criterion) for `mean` says. With too few
    levels for any law the curves stay as they are.

    Parameters
    ----------
    x : float64 [L], increasing
        Hardness.
    mean : float64 [L]
        Level means that decide between the laws.
    weights : float64 [L]
        Weights of the levels; their scale does not matter.
    curves : float64 [B, L]
        Level means to be smoothed.
    random : numpy.random.Generator
        Picks the laws.
    score : Score
        What the levels have means of.
    """
    laws = [law for law in _SMOOTH if x.size > _count(law) + 1]
    if not laws:
        return curves
    criterion = np.array([_criterion(law, x, mean, weights, score) for law in laws])
    likelihood = np.exp(-(criterion - criterion.min()) / 2)
    picked = random.choice(len(laws), size=len(curves), p=likelihood / likelihood.sum())
    result = curves.copy()
    for k, law in enumerate(laws):
        rows = np.flatnonzero(picked == k)
        if rows.size:
            fits = fit_many(law, x, curves[rows], weights, score)
            result[rows] = fits.plateau[:, None] - fits.fall[:, None] * law.shape(x, fits.theta)
    return result


def _count(law: Law) -> int:
    """Parameters: plateau, fall, those of the shape, and the scale of the noise."""
    return 3 + len(law.parameters)


def _criterion(law: Law, x: Array, mean: Array, weights: Array, score: Score) -> float:
    n, K = x.size, _count(law)
    chi2 = float(fit_many(law, x, mean[None, :], weights, score).chi2[0])
    return float(n * np.log(max(chi2, 1e-300) / n) + 2 * K + 2 * K * (K + 1) / (n - K - 1))
