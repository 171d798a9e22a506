"""Other laws for the tail of degrees, and Vuong's comparison of the power law with them.

All are laws of whole numbers x >= xmin, fitted by greatest likelihood on the same tail:
exponential p ~ exp(-lambda x); Poisson p ~ mu^x / x!; lognormal p ~ the mass of a lognormal variable between
x - 1/2 and x + 1/2. Reference: Vuong 1989, *Likelihood ratio tests for model selection and non-nested
hypotheses*.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import erfc, gammaln, log_ndtr, logsumexp

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Law = Literal["exponential", "poisson", "lognormal"]


@dataclass(frozen=True)
class Comparison:
    """The power law against another law.

    Attributes
    ----------
    law : str
    ratio : float
        Log likelihood of the power law minus that of the other one, over the tail; above 0 favours the power
        law.
    normalised : float
        `ratio` over its standard deviation if both were equally good (Vuong's statistic).
    p : float
        Chance of a ratio as far from 0 as this if both were equally good; its sign means nothing unless this
        is small.
    """

    law: Law
    ratio: float
    normalised: float
    p: float


def compare_with_alternatives(tail: Counts, xmin: int, power_law: Array) -> tuple[Comparison, ...]:
    """Compare a fitted power law with each of the other laws.

    Parameters
    ----------
    tail : int64 [n], all at least `xmin`
    xmin : int
    power_law : float64 [n]
        Log probability of each value under the power law.
    """
    values, place, weight = np.unique(tail, return_inverse=True, return_counts=True)
    fits: dict[Law, Array] = {
        "exponential": exponential(values, weight, xmin),
        "poisson": poisson(values, weight, xmin),
        "lognormal": lognormal(values, weight, xmin),
    }
    return tuple(_compare(law, power_law, log_p[place]) for law, log_p in fits.items())


def exponential(values: Counts, weight: Counts, xmin: int) -> Array:
    """Log probability of each of the (distinct) values under the best exponential law, `weight` of each."""
    excess = np.average(values - xmin, weights=weight)
    rate = np.log1p(1 / excess)
    return np.asarray(np.log(-np.expm1(-rate)) - rate * (values - xmin))


def poisson(values: Counts, weight: Counts, xmin: int) -> Array:
    """Log probability of each of the (distinct) values under the best Poisson law cut at xmin."""
    mean = np.average(values, weights=weight)
    # Beyond ten standard deviations above both the mean and the values there is no mass that counts.
    top = values[-1] + mean
    support = np.arange(xmin, int(top + 10 * np.sqrt(top) + 30))
    log_factorial = gammaln(support + 1.0)

    def log_p(log_mu: float) -> Array:
        terms = support * log_mu - log_factorial
        return np.asarray((terms - logsumexp(terms))[values - xmin])

    found = minimize_scalar(
        lambda log_mu: -float(weight @ log_p(log_mu)),
        bounds=(np.log(mean) - 12, np.log(mean) + 0.1),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return log_p(float(found.x))


def lognormal(values: Counts, weight: Counts, xmin: int) -> Array:
    """Log probability of each of the (distinct) values under the best lognormal law cut at xmin."""
    logs = np.log(values)
    centre = float(np.average(logs, weights=weight))
    spread = float(np.sqrt(np.average((logs - centre) ** 2, weights=weight)))

    def log_p(at: Array) -> Array:
        mean, sd = at[0], np.exp(at[1])
        low, high = (-(np.log(values + h) - mean) / sd for h in (-0.5, 0.5))
        beyond = log_ndtr(-(np.log(xmin - 0.5) - mean) / sd)
        upper, lower = log_ndtr(low), log_ndtr(high)
        return np.asarray(upper + np.log1p(-np.exp(np.minimum(lower - upper, -1e-15))) - beyond)

    def cost(at: Array) -> float:
        return -float(weight @ log_p(at))

    start = float(np.log(spread))
    found = minimize(
        cost,
        x0=[centre, start],
        method="Nelder-Mead",
        bounds=[(centre - 30 * spread, centre + 3 * spread), (start - 2, start + 3)],
        options={"xatol": 1e-5, "fatol": 1e-7, "maxiter": 1000},
    )
    return log_p(found.x)


def _compare(law: Law, power_law: Array, other: Array) -> Comparison:
    difference = power_law - other
    deviation = float(difference.std() * np.sqrt(len(difference)))
    ratio = float(difference.sum())
    normalised = ratio / deviation if deviation > 0 else 0.0
    return Comparison(law, ratio, normalised, float(erfc(abs(normalised) / np.sqrt(2))))
