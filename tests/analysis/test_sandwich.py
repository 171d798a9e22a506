from dataclasses import replace

import numpy as np
import pytest

from analysis_helpers import equation_1, make_sample
from gossamer.analysis.laws.fit import fit, problem
from gossamer.analysis.laws.sandwich import correction, design
from gossamer.analysis.laws.shapes import LAWS
from gossamer.analysis.levels.levels import summarise

LAW = LAWS["exponential"]


def corrected(sd=0.005, window=5, seed=0, curve=equation_1, replicates=3):
    levels = summarise(make_sample(curve, sd=sd, seed=seed, replicates=replicates), window)
    p = problem(LAW, levels)
    best = fit(p)
    return levels, p, best, correction(p, best, levels)


def test_weights_that_are_the_pooled_variances_need_no_correction():
    levels, p, best, _ = corrected()
    even = replace(levels.noise, own=levels.noise.trend)
    found = correction(p, best, replace(levels, noise=even))
    assert found.ratio == pytest.approx(1.0)


def test_the_correction_is_the_variance_that_simulated_fits_have():
    # Noise of the three hardest levels is four times what the trend says.
    levels, p, best, _ = corrected()
    own = levels.noise.trend * np.where(np.arange(38) >= 35, 16.0, 1.0)
    found = correction(p, best, replace(levels, noise=replace(levels.noise, own=own)))
    random = np.random.default_rng(0)
    draws = []
    for _ in range(200):
        y = best.accuracy(p.z) + np.sqrt(own / levels.count) * random.standard_normal(38)
        one = fit(replace(p, y=y))
        draws.append([one.plateau, one.fall, one.theta[0]])
    slopes = design(p, best)
    model = np.diag(np.linalg.inv(slopes.T @ (p.w[:, None] * slopes)))
    assert found.ratio * model == pytest.approx(np.var(draws, axis=0), rel=0.3)
    assert found.ratio[1] > 3


def test_degrees_of_freedom_grow_with_replicates_and_stay_below_all_runs():
    few, many = (corrected(replicates=count)[3].freedom for count in (3, 6))
    assert (few < many).all()
    assert (few <= 38 * 2 + 1e-9).all()
    # The fall is seen at a handful of levels, the plateau at many.
    assert few[1] < few[0] / 2


def test_misfit_is_one_where_the_law_holds_and_more_where_it_does_not():
    right = np.mean([corrected(seed=seed)[3].misfit for seed in range(30)])
    assert right == pytest.approx(1.0, abs=0.15)
    bent = corrected(curve=lambda x: 0.86 - 0.1 * np.maximum(x - 0.5, 0) - 0.1 * (np.asarray(x) > 0.99))[3]
    assert bent.misfit > 5


def test_ratios_are_finite_where_the_law_finds_no_fall():
    found = corrected(curve=lambda x: np.full(np.shape(x), 0.8))[3]
    assert np.isfinite(found.ratio).all()
