"""How the variance between runs changes along the fall of accuracy: a smooth trend of two parameters.

Runs scatter more where accuracy has fallen. A plain average over neighbouring levels is then too low at the
hard end of the axis, where all neighbours lie on the quiet side, and weights made of few runs are noisy
themselves. Both are cured by a trend: ln variance = alpha + beta * (share of the fall reached), fitted to all
sample variances.
"""

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.contour.isotone import antitonic

Array = NDArray[np.float64]

_STEPS = 50
_SLOPE_SD = 2.0
"""Slopes of ln variance expected beforehand: a factor of e**2 either way between the ends of a fall."""


def variance_trend(own: Array, freedom: Array, mean: Array, count: Array) -> Array:
    """Trend of the variance at every level, float64 [L].

    Sample variances are gamma distributed; their likelihood with a logarithmic link is maximised by Fisher
    scoring (McCullagh and Nelder 1989, *Generalized Linear Models*, chapter 8). The slope, whose variance is
    2 / information, is then shrunk as by a Gaussian prior around 0, so that few runs do not invent a trend,
    and is never negative.

    Parameters
    ----------
    own : float64 [L]
        Sample variance of each level.
    freedom : float64 [L]
        Its degrees of freedom, 0 where there is none.
    mean : float64 [L]
        Level means in order of hardness.
    count : float64 [L]
        Runs per level.
    """
    total = freedom.sum()
    overall = float((own * freedom).sum() / total)
    constant = np.full(own.size, overall)
    fit = antitonic(mean[None, :], count)[0]
    depth = (fit[0] - fit) / max(float(fit[0] - fit[-1]), 1e-12)
    depth = depth - (depth * freedom).sum() / total
    information = float((freedom * depth**2).sum())
    if overall <= 0 or information < 1e-9:
        return constant
    slope, height = 0.0, np.log(overall)
    for _ in range(_STEPS):
        ratio = own / np.exp(np.clip(height + slope * depth, -700.0, 700.0)) - 1.0
        change = float((freedom * depth * ratio).sum()) / information
        height += float((freedom * ratio).sum()) / total
        slope += float(np.clip(change, -1.0, 1.0))
        if abs(change) < 1e-9:
            break
    # A network that has collapsed says one class whatever the seed. That its runs agree does not make them
    # more precise than those of a plateau, as a falling trend would have it.
    shrunk = max(0.0, slope / (1.0 + 2.0 / information / _SLOPE_SD**2))
    trend = np.exp(shrunk * depth)
    # The height that fits best with the shrunk slope.
    return np.asarray(trend * (own / trend * freedom).sum() / total)
