"""Degree distributions: power laws are found where they are, and not where they are not."""

import numpy as np
import pytest
from scipy.special import zeta

from gossamer.analysis.structure.degrees import (
    describe_degrees,
    exponential,
    law_of,
    lognormal,
    poisson,
)
from gossamer.analysis.structure.power_law import Tail, draw_tail, fit_exponent, fit_tail, log_power_law


def rng(seed=0):
    return np.random.default_rng(seed)


def power_law(alpha, xmin, count, random):
    return draw_tail(Tail(alpha, xmin, count, 0.0), count, random)


def described(values, draws=0, random=None):
    return describe_degrees(0, "sources", [values], 10**6, draws, random or rng())


@pytest.mark.parametrize(("alpha", "xmin"), [(1.5, 1), (2.5, 1), (3.5, 4)])
def test_draws_follow_the_law(alpha, xmin):
    drawn = power_law(alpha, xmin, 20_000, rng())
    assert drawn.min() == xmin
    # P(X >= x), to five standard errors; the far point lies beyond the table of 4096 values.
    for x in (xmin + 1, xmin + 3, 20 * xmin, 6000):
        p = zeta(alpha, x) / zeta(alpha, xmin)
        assert abs((drawn >= x).mean() - p) < 5 * np.sqrt(p * (1 - p) / 20_000) + 1e-9


def test_exponent_has_the_greatest_likelihood():
    values = power_law(2.3, 3, 4000, rng(1))
    alpha = fit_exponent(np.array([np.log(values).mean()]), np.array([3.0]))[0]
    best = log_power_law(values, alpha, 3).sum()
    assert all(log_power_law(values, alpha + d, 3).sum() < best for d in (-1e-3, 1e-3))
    # The standard error of an exponent near 2.3 is about (alpha - 1) / sqrt(n).
    assert abs(alpha - 2.3) < 4 * 1.3 / np.sqrt(4000)


def test_power_law_with_another_body_is_found_and_plausible():
    tail = power_law(2.5, 6, 1000, rng(2))
    found = described(np.concatenate([tail, rng(3).integers(1, 6, 800)]), 100, rng(4))
    assert abs(found.tail.alpha - 2.5) < 4 * 1.5 / np.sqrt(found.tail.size)
    assert 4 <= found.tail.xmin <= 12
    assert found.verdict == "plausible"


@pytest.mark.parametrize(
    ("law", "draw"),
    [
        ("power law", lambda random: random.zipf(2.5, 1000)),
        ("Poisson", lambda random: random.poisson(20, 1000)),
        ("exponential", lambda random: random.geometric(0.1, 1000)),
        ("lognormal", lambda random: np.round(random.lognormal(2.5, 0.6, 1000)).astype(int)),
    ],
)
def test_the_law_of_all_values_is_the_one_they_come_from(law, draw):
    # BIC prefers a second parameter that means nothing where it gains over ln(1000) / 2 in log likelihood, a
    # chance of P(chi2_1 > ln 1000) = 0.9 % each: 3 or more of 30 by luck have 0.3 %.
    found = [law_of(draw(rng(seed))) for seed in range(30)]
    assert sum(one != law for one in found) < 3


def test_a_law_without_tail_is_no_plausible_power_law():
    for values in (rng(5).poisson(20, 2000), rng(6).geometric(0.1, 2000)):
        found = described(values)
        assert found.p is None
        assert found.verdict != "plausible"
        assert found.tail.size < 0.5 * len(values)


def test_power_law_test_rejects_what_is_none():
    found = described(np.repeat([1, 2, 3, 40], [400, 300, 300, 40]), 60)
    assert found.p < 0.1
    assert found.verdict == "rejected"


def test_p_is_not_small_for_power_laws():
    # p <= 0.1 has chance 0.1 each; 5 or more of 12 by luck has chance 0.004.
    p = np.array([described(power_law(2.2, 2, 150, rng(k)), 40, rng(k)).p for k in range(12)])
    assert (p <= 0.1).sum() < 5
    # All 40 draws, or fewer because 20 of them lay as far off.
    made = np.where(np.isclose(p * 41 % 1, 0) | np.isclose(p * 41 % 1, 1), 40, 20 / p)
    assert made.max() <= 40
    assert made.min() < 40, "drawing stops early where the fit is good"


def test_too_few_or_equal_degrees_have_no_fit():
    for values in (np.full(100, 7), np.array([1, 2, 3, 4]), np.zeros(50, np.int64)):
        found = described(values)
        assert (found.tail, found.verdict, found.law) == (None, None, None)
    assert fit_tail(np.zeros(0, np.int64)) is None


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
    assert (found.mean, found.largest, found.without_links) == (2, 4, 1)
    # Variance 2 over 10 * 0.2 * 0.8, that of random links.
    assert found.dispersion == pytest.approx(2 / 1.6)
    assert found.tail is None
    assert describe_degrees(0, "sources", [np.zeros(3, np.int64)], 10, 0, rng()).dispersion is None


def test_random_links_have_dispersion_one():
    degrees = rng(11).binomial(50, 0.6, 4000)
    # Standard error of a variance: sqrt(2 / n) of it.
    found = describe_degrees(0, "sources", [degrees], 50, 0, rng())
    assert abs(found.dispersion - 1) < 4 * np.sqrt(2 / 4000)
