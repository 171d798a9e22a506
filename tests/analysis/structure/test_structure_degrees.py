"""Degree distributions: power laws are found where they are, and not where they are not."""

import numpy as np
import pytest
from scipy.special import zeta

from gossamer.analysis.structure.alternatives import exponential, lognormal, poisson
from gossamer.analysis.structure.degrees import describe_degrees
from gossamer.analysis.structure.power_law import (
    PowerLawDraws,
    fit_exponent,
    fit_power_law,
    log_probability,
)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("alpha", "xmin"), [(1.5, 1), (2.5, 1), (3.5, 4)])
def test_draws_follow_the_law(alpha, xmin):
    drawn = PowerLawDraws(alpha, xmin).draw(20_000, rng())
    assert drawn.min() == xmin
    # P(X >= x), to five standard errors; the far point lies beyond the table of 4096 values.
    for x in (xmin + 1, xmin + 3, 20 * xmin, 6000):
        p = zeta(alpha, x) / zeta(alpha, xmin)
        assert abs((drawn >= x).mean() - p) < 5 * np.sqrt(p * (1 - p) / 20_000) + 1e-9


def test_exponent_has_the_greatest_likelihood_and_its_stated_error():
    values = PowerLawDraws(2.3, 3).draw(4000, rng(1))
    alpha = fit_exponent(np.array([np.log(values).mean()]), np.array([3.0]))[0]
    best = log_probability(values, alpha, 3).sum()
    assert all(log_probability(values, alpha + d, 3).sum() < best for d in (-1e-3, 1e-3))
    found = fit_power_law(values, 0, rng())
    assert abs(found.alpha - 2.3) < 4 * found.alpha_error
    assert 0.01 < found.alpha_error < 0.2


def test_power_law_with_another_body_is_found_and_plausible():
    tail = PowerLawDraws(2.5, 6).draw(1000, rng(2))
    found = fit_power_law(np.concatenate([tail, rng(3).integers(1, 6, 800)]), 100, rng(4))
    assert abs(found.alpha - 2.5) < 4 * found.alpha_error
    assert 4 <= found.xmin <= 12
    assert found.verdict == "plausible"


@pytest.mark.parametrize(
    ("values", "law"),
    [
        (rng(5).poisson(20, 2000), "poisson"),
        (rng(6).geometric(0.1, 2000), "exponential"),
        (np.round(rng(7).lognormal(2.5, 0.6, 2000)).astype(int), "lognormal"),
        (PowerLawDraws(2.5, 1).draw(2000, rng(8)), "power law"),
    ],
)
def test_best_law_of_all_values_is_the_one_they_come_from(values, law):
    found = fit_power_law(values, 0, rng())
    assert found.best == law or (law == "power law" and found.best == "lognormal")
    assert found.p is None
    assert found.draws == 0
    if law != "power law":
        assert found.verdict != "plausible"
        assert found.share < 0.5


def test_power_law_test_rejects_what_is_none():
    found = fit_power_law(np.repeat([1, 2, 3, 40], [400, 300, 300, 40]), 60, rng())
    assert found.p < 0.1
    assert found.verdict == "rejected"


def test_p_is_not_small_for_power_laws():
    # p <= 0.1 has chance 0.1 each; 5 or more of 12 by luck has chance 0.004.
    fits = [fit_power_law(PowerLawDraws(2.2, 2).draw(150, rng(k)), 40, rng(k)) for k in range(12)]
    assert sum(fit.p <= 0.1 for fit in fits) < 5
    assert all(fit.draws == 40 or fit.p == 20 / fit.draws for fit in fits)
    assert any(fit.draws < 40 for fit in fits), "drawing stops early where the fit is good"


def test_too_few_or_equal_degrees_have_no_fit():
    assert fit_power_law(np.full(100, 7), 0, rng()) is None
    assert fit_power_law(np.array([1, 2, 3, 4]), 0, rng()) is None
    assert fit_power_law(np.zeros(50, np.int64), 0, rng()) is None


@pytest.mark.parametrize("law", [exponential, poisson, lognormal])
def test_laws_are_distributions(law):
    values = np.arange(3, 4000)
    weight = np.where(values < 30, 30 - values, 0)
    assert np.exp(law(values, weight, 3)).sum() == pytest.approx(1, abs=2e-3)


def test_laws_fit_their_own_samples():
    geometric = rng(9).geometric(0.2, 5000) + 4
    values, weight = np.unique(geometric, return_counts=True)
    slope = np.diff(exponential(values, weight, 5))[0]
    assert slope == pytest.approx(np.log(0.8), abs=0.02)
    drawn = rng(10).poisson(8, 5000)
    values, weight = np.unique(drawn[drawn >= 6], return_counts=True)
    ratio = np.exp(np.diff(poisson(values, weight, 6))[0])
    assert ratio == pytest.approx(8 / 7, rel=0.05)


def test_degrees_are_pooled_over_runs():
    found = describe_degrees(1, "targets", [np.array([0, 2]), np.array([2, 4])], 10, 0, rng())
    assert (found.layer, found.end, found.neurons) == (1, "targets", 4)
    assert (found.mean, found.smallest, found.largest, found.without_links) == (2, 0, 4, 1)
    # Variance 2 over 10 * 0.2 * 0.8, that of random links.
    assert found.dispersion == pytest.approx(2 / 1.6)
    assert found.power_law is None
    assert describe_degrees(0, "sources", [np.zeros(3, np.int64)], 10, 0, rng()).dispersion is None


def test_random_links_have_dispersion_one():
    degrees = rng(11).binomial(50, 0.6, 4000)
    # Standard error of a variance: sqrt(2 / n) of it.
    found = describe_degrees(0, "sources", [degrees], 50, 0, rng())
    assert abs(found.dispersion - 1) < 4 * np.sqrt(2 / 4000)
