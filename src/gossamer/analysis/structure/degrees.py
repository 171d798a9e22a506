"""Degree distributions: how the links of a layer spread over its neurons, and which law describes that.

The laws are laws of whole numbers x >= xmin, fitted by greatest likelihood: power law p ~ x^-alpha,
exponential p ~ exp(-lambda x), Poisson p ~ mu^x / x!, lognormal p ~ the mass of a lognormal variable between
x - 1/2 and x + 1/2.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import gammaln, log_ndtr, logsumexp
from scipy.stats import norm

from gossamer.analysis.structure.power_law import Tail, fit_exponent, fit_tail, goodness_of_fit, log_power_law

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
End = Literal["sources", "targets"]
Law = Literal["power law", "exponential", "Poisson", "lognormal"]
Verdict = Literal["rejected", "plausible", "undecided"]

_CONVINCING_TAIL = 50
_GOOD_FIT = 0.1
_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Degrees:
    """Degrees of the neurons at one end of a layer of links.

    Attributes
    ----------
    layer : int
        Layer of links, 0 being the one that reads the inputs.
    end : "sources" or "targets"
        Links that leave each source neuron, or that enter each target neuron.
    neurons : int
    mean : float
    dispersion : float or None
        Variance over that of links placed at random (binomial, with the same mean): about 1 at random, larger
        where some neurons gather links, 0 where all have the same number. None in an empty or full layer.
    largest, without_links : int
    tail : Tail or None
        Power law fitted to the tail; None where the degrees are too few or too much alike for a fit.
    p : float or None
        Chance of a distance as large as the tail's under the fitted power law; None without a bootstrap.
    verdict : "rejected", "plausible", "undecided" or None
        On a power law in the tail. Rejected: p <= 0.1, or another law is significantly better. Plausible: a
        tail of at least 50 values, p > 0.1, and significantly better than the exponential and the Poisson
        law.
    law : str or None
        Law with the smallest BIC when each has to describe all degrees above 0. It is the best of four and
        may describe them badly.
    """

    layer: int
    end: End
    neurons: int
    mean: float
    dispersion: float | None
    largest: int
    without_links: int
    tail: Tail | None
    p: float | None
    verdict: Verdict | None
    law: Law | None


def describe_degrees(
    layer: int,
    end: End,
    degrees: Sequence[Counts],
    other_end: int,
    draws: int,
    random: np.random.Generator,
) -> Degrees:
    """Describe degrees pooled over the runs of a level.

    Parameters
    ----------
    layer : int
    end : "sources" or "targets"
    degrees : sequence of int64 arrays, one a run
    other_end : int
        Neurons at the other end: the most links that a neuron can have.
    draws : int
        Most bootstrap draws of the power law, 0 for none; see `power_law.goodness_of_fit`.
    random : numpy Generator
    """
    pooled = np.sort(np.concatenate(degrees))
    mean = float(pooled.mean())
    at_random = mean * (1 - mean / other_end)
    values = pooled[pooled >= 1]
    tail = fit_tail(values)
    p = goodness_of_fit(values, tail, draws, random) if tail is not None and draws else None
    return Degrees(
        layer=layer,
        end=end,
        neurons=len(pooled),
        mean=mean,
        dispersion=float(pooled.var()) / at_random if at_random > 0 else None,
        largest=int(pooled.max()),
        without_links=int(np.count_nonzero(pooled == 0)),
        tail=tail,
        p=p,
        verdict=None if tail is None else _verdict(values[values >= tail.xmin], tail, p),
        law=None if tail is None else law_of(values),
    )


def law_of(values: Counts) -> Law:
    """Law with the smallest Bayesian information criterion over all values, int64 [n], at least 1."""
    distinct, weight = np.unique(values, return_counts=True)
    xmin = int(distinct[0])
    mean_log = np.average(np.log(distinct), weights=weight)
    alpha = float(fit_exponent(np.array([mean_log]), np.array([float(xmin)]))[0])
    log_p = {law: fit(distinct, weight, xmin) for law, (_, fit) in OTHERS.items()}
    criteria: dict[Law, float] = {
        law: parameters * np.log(len(values)) - 2 * float(weight @ log_p[law])
        for law, (parameters, _) in OTHERS.items()
    }
    criteria["power law"] = np.log(len(values)) - 2 * float(weight @ log_power_law(distinct, alpha, xmin))
    return min(criteria, key=lambda law: criteria[law])


def _verdict(values: Counts, tail: Tail, p: float | None) -> Verdict:
    distinct, weight = np.unique(values, return_counts=True)
    power = log_power_law(distinct, tail.alpha, tail.xmin)
    z = {law: _vuong(power - fit(distinct, weight, tail.xmin), weight) for law, (_, fit) in OTHERS.items()}
    limit = float(norm.isf(_SIGNIFICANT / 2))
    if any(value < -limit for value in z.values()) or (p is not None and p <= _GOOD_FIT):
        return "rejected"
    fits = p is not None and tail.size >= _CONVINCING_TAIL
    return "plausible" if fits and min(z["exponential"], z["Poisson"]) > limit else "undecided"


def _vuong(difference: Array, weight: Counts) -> float:
    """Vuong's statistic: log likelihood ratio over its standard deviation if both laws were equally good.

    Vuong 1989, *Likelihood ratio tests for model selection and non-nested hypotheses*.
    """
    n, total = int(weight.sum()), float(weight @ difference)
    variance = float(weight @ (difference - total / n) ** 2)
    return total / float(np.sqrt(variance)) if variance > 0 else 0.0


def exponential(values: Counts, weight: Counts, xmin: int) -> Array:
    """Log probability of each of the (distinct) values under the best exponential law, `weight` of each."""
    rate = np.log1p(1 / np.average(values - xmin, weights=weight))
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


OTHERS: dict[Law, tuple[int, Callable[[Counts, Counts, int], Array]]] = {
    "exponential": (1, exponential),
    "Poisson": (1, poisson),
    "lognormal": (2, lognormal),
}
"""The laws beside the power law: number of parameters, and the fit."""
