"""Noise between runs: how much one level tells of another."""

import numpy as np
import pytest
from scipy import stats

from analysis_helpers import ZETA, equation_1, make_sample
from gossamer.analysis import summarise

FLAT = np.arange(20) / 20


def noise_of(**fields):
    return summarise(make_sample(**fields)).noise


def test_levels_that_are_alike_are_pooled():
    sample = make_sample(lambda x: 0.5 + 0 * x, levels=FLAT, sd=0.01, replicates=4)
    levels = summarise(sample)
    pooled = (levels.sd**2).mean()
    assert np.allclose(levels.noise.prior, pooled, rtol=0.05)
    # All but the hardest level, which stands alone.
    assert levels.noise.variance[:-1] == pytest.approx(np.full(19, pooled), rel=0.4)
    assert (levels.noise.freedom[:-1] > 20).all()
    assert levels.noise.variance[-1] == pytest.approx(levels.sd[-1] ** 2)
    assert levels.noise.freedom[-1] == 3


def test_levels_that_differ_keep_their_own():
    """Smyth's moderated variance lies between a level's own and that of all; wild levels stay wild."""
    spread = 0.002 * np.where(np.arange(20) % 2, 1.0, 30.0)
    levels = summarise(make_sample(lambda x: 0.5 + 0 * x, levels=FLAT, sd=spread, replicates=5, seed=4))
    assert levels.noise.freedom[:-1].max() < 8
    own, moderated = levels.sd[:-1] ** 2, levels.noise.variance[:-1]
    between = (moderated - own) * (moderated - levels.noise.prior[:-1])
    assert (between <= 1e-18).all()
    assert moderated[::2].min() > 10 * np.median(moderated[1::2])


def test_prior_degrees_of_freedom_are_those_that_variances_were_drawn_with():
    """An external truth: variances are scaled inverse chi-square with 6 degrees of freedom."""
    from gossamer.analysis.levels.noise import prior_variance

    random, d0 = np.random.default_rng(1), 6.0
    found = []
    for _ in range(40):
        true = 1e-4 * d0 / random.chisquare(d0, size=200)
        sample = true * random.chisquare(3, size=200) / 3
        prior, worth = prior_variance(sample, np.full(200, 3.0), np.full(200, 0.5))
        found.append((prior[0], worth))
    prior, worth = np.median(found, axis=0)
    assert prior == pytest.approx(1e-4, rel=0.1)
    assert worth == pytest.approx(d0, rel=0.25)


def test_a_line_in_ln_variance_is_found_and_none_is_invented():
    spread = 0.004 * 5.0 ** ((0.868 - equation_1(ZETA)) / 0.204)
    rising = noise_of(sd=spread, replicates=5, seed=1).prior
    assert np.sqrt(rising[0]) == pytest.approx(0.004, rel=0.3)
    assert np.sqrt(rising[-1]) == pytest.approx(0.02, rel=0.5)
    lines = [np.ptp(noise_of(sd=0.005, seed=seed).prior) > 0 for seed in range(60)]
    # A test at 5 %: 9 or more of 60 would have probability below 0.3 %.
    assert sum(lines) <= 8


def test_a_jump_at_the_last_level_is_not_hidden_by_quiet_neighbours():
    """Truth: equation (1). The interval of the last level mean must hold it in 95 %."""
    spread = np.where(ZETA == 1, 0.03, 0.003)
    held = []
    for seed in range(150):
        interval = summarise(make_sample(sd=spread, seed=seed)).intervals()[-1]
        held.append(interval.contains(equation_1(1.0)))
    assert np.mean(held) > stats.binom.ppf(1e-3, 150, 0.95) / 150


def test_shared_seeds_that_were_not_declared_are_found():
    fields = {"levels": FLAT, "sd": 0.004, "replicates": 5}
    found = [noise_of(curve=lambda x: 0.5 + 0 * x, luck=0.004, seed=s, **fields) for s in range(20)]
    assert np.mean([noise.blocks == 5 for noise in found]) > 0.8
    assert all("seeds = 'common'" in noise.notes[0] for noise in found if noise.blocks)
    apart = [noise_of(curve=lambda x: 0.5 + 0 * x, seed=s, **fields) for s in range(100)]
    # A test at 1 %: more than 5 of 100 have probability 5e-4.
    assert sum(noise.blocks > 0 for noise in apart) <= 5


def test_hard_levels_without_replicates_are_said_and_not_taken_for_quiet():
    sample = make_sample(sd=np.where(ZETA > 0.9, 0.02, 0.002), replicates=3)
    rows = np.flatnonzero((sample.replicate == 0) | (sample.level <= 0.9))
    from dataclasses import replace

    lone = replace(
        sample,
        runs=tuple(sample.runs[k] for k in rows),
        level=sample.level[rows],
        accuracy=sample.accuracy[rows],
        replicate=sample.replicate[rows],
    )
    noise = summarise(lone).noise
    assert "have one run each" in noise.notes[0]
    assert np.sqrt(np.median(noise.variance[ZETA > 0.9])) > 0.01
    assert np.sqrt(noise.variance[0]) < 0.004
    assert noise.freedom[-1] == 1


def test_equal_runs_leave_the_rounding_of_counted_images():
    assert np.allclose(noise_of(test_size=1000).variance, 1e-6 / 12)
