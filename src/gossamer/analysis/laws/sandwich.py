"""How much a fit's weights mistake the variance of its parameters.

A fit is weighted by a smooth trend of the variance between runs. Where the variances pooled over neighbouring
levels tell another story, the likelihood promises too much or too little. The variance of a parameter under
the pooled variances, over that under the weights, corrects it (the sandwich: Kent 1982, *Robust properties of
likelihood ratio tests*).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.laws.fit import Fit, Problem
from gossamer.analysis.levels.levels import Levels

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Correction:
    """Variances of K parameters, as pooled variances have it.

    Parameters
    ----------
    ratio : float64 [K]
        Variance of each parameter over that which the weights give.
    freedom : float64 [K]
        Degrees of freedom of that variance (Satterthwaite).
    misfit : float
        Sum of squared residuals in units of the pooled variances, per degree of freedom of the fit; about 1
        where the law holds.
    """

    ratio: Array
    freedom: Array
    misfit: float


def correction(problem: Problem, fit: Fit, levels: Levels) -> Correction:
    """Correction of a fit to levels with replicates.

    Parameters
    ----------
    problem : Problem
        A law and these levels.
    fit : Fit
        Its fit.
    levels : Levels
        Their noise must be known.
    """
    noise = levels.noise
    slopes = design(problem, fit)
    bread = np.linalg.pinv(slopes.T @ (problem.w[:, None] * slopes))
    influence = bread @ (slopes * problem.w[:, None]).T
    variance = noise.own / noise.count
    model = np.diag(bread)
    found = influence**2 @ variance
    known = (model > 0) & (found > 0)
    # What the sample variance of each level adds to the variance of each parameter.
    pooled = noise.window @ noise.freedom_own
    shares = (influence**2 * noise.trend / noise.count / pooled) @ noise.window * noise.freedom_own
    own_freedom = np.where(noise.freedom_own > 0, noise.freedom_own, 1.0)
    spread = (shares**2 / own_freedom).sum(axis=1)
    freedom = np.where(known & (spread > 0), shares.sum(axis=1) ** 2 / np.maximum(spread, 1e-300), np.inf)
    # Pooled variances are estimates: the mean of 1 / variance is too large by freedom / (freedom - 2).
    residual = fit.accuracy(problem.z) - problem.y
    freedom_of_own = noise.pooled_freedom
    weight = np.maximum(freedom_of_own - 2.0, 1.0) / freedom_of_own / variance
    return Correction(
        np.where(known, found / np.where(known, model, 1.0), 1.0),
        freedom,
        float((weight * residual**2).sum() / problem.freedom),
    )


def design(problem: Problem, fit: Fit) -> Array:
    """Derivatives of accuracy by plateau, fall and the parameters of the shape, float64 [L, K]."""
    slopes = -fit.fall * problem.law.slopes(problem.z, fit.theta)
    return np.column_stack((np.ones(problem.z.size), -problem.law.shape(problem.z, fit.theta), slopes))
