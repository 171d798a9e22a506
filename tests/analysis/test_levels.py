from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis_helpers import make_sample
from gossamer.analysis import summarise
from gossamer.analysis.levels.noise import draw_noise
from gossamer.errors import AnalysisError

FIVE = (0.0, 0.2, 0.4, 0.6, 0.8)


def test_mean_sd_and_count_of_a_hand_made_level():
    sample = replace(make_sample(levels=(0.0,)), accuracy=np.array([0.80, 0.82, 0.87]))
    levels = summarise(sample)
    assert levels.mean[0] == pytest.approx(0.83)
    assert levels.sd[0] == pytest.approx(np.sqrt((0.03**2 + 0.01**2 + 0.04**2) / 2))
    assert levels.count.tolist() == [3]
    assert levels.runs == (("zeta=0 #0", "zeta=0 #1", "zeta=0 #2"),)


def test_the_interval_of_the_hardest_level_is_the_textbook_one():
    sample = make_sample(levels=FIVE, sd=0.01, replicates=4)
    interval = summarise(sample).intervals(0.9)[-1]
    own = sample.accuracy[-4:]
    assert (interval.low, interval.high) == pytest.approx(
        stats.t.interval(0.9, 3, own.mean(), stats.sem(own))
    )


@given(st.permutations(range(15)))
def test_the_order_of_runs_does_not_matter(order):
    sample = make_sample(levels=FIVE, sd=0.01)
    index = np.array(order)
    shuffled = replace(
        sample,
        runs=tuple(sample.runs[k] for k in order),
        level=sample.level[index],
        accuracy=sample.accuracy[index],
        replicate=sample.replicate[index],
    )
    one, other = summarise(sample), summarise(shuffled)
    assert np.allclose(one.mean, other.mean, atol=1e-15)
    assert np.allclose(one.noise.variance, other.noise.variance)
    assert [set(names) for names in one.runs] == [set(names) for names in other.runs]


@given(st.floats(-0.3, 0.05), st.floats(0.1, 1.0))
def test_intervals_move_and_scale_with_accuracy(shift, scale):
    sample = make_sample(lambda x: 0.6 - 0.1 * x, levels=FIVE, sd=0.01)
    moved = replace(sample, accuracy=np.clip(sample.accuracy * scale + 0.3 + shift, 0, 1))
    before, after = summarise(sample).intervals(), summarise(moved).intervals()
    for a, b in zip(before, after, strict=True):
        assert b.low == pytest.approx(a.low * scale + 0.3 + shift, abs=1e-12)
        assert b.high == pytest.approx(a.high * scale + 0.3 + shift, abs=1e-12)


def test_a_higher_confidence_gives_a_wider_interval():
    levels = summarise(make_sample(levels=FIVE, sd=0.01))
    widths = [levels.intervals(c)[2].width for c in (0.6, 0.8, 0.95, 0.99)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_a_level_with_under_half_of_its_replicates_is_not_fitted():
    sample = make_sample(levels=FIVE, replicates=4)
    accuracy = sample.accuracy.copy()
    accuracy[4:6] = np.nan  # 2 of 4 are left: fitted
    accuracy[8:11] = np.nan  # 1 of 4 is left: not
    levels = summarise(replace(sample, accuracy=accuracy))
    assert levels.level.tolist() == [0.0, 0.2, 0.6, 0.8]
    assert levels.count.tolist() == [4, 2, 4, 4]
    assert [(u.level, u.count, u.asked) for u in levels.unfitted] == [(0.4, 1, 4)]


def test_without_any_finished_level_there_is_a_sentence():
    sample = make_sample(levels=FIVE)
    with pytest.raises(AnalysisError, match="half of its replicates"):
        summarise(replace(sample, accuracy=np.full(15, np.nan)))


def test_one_run_a_level_has_means_but_no_intervals():
    levels = summarise(make_sample(levels=FIVE, replicates=1))
    assert levels.intervals() is None
    assert np.isnan(levels.sd).all()
    assert levels.weights.tolist() == [1.0] * 5


def test_a_single_level_with_replicates_lends_its_variance_to_easier_ones():
    sample = make_sample(lambda x: 0.5 + 0 * x, levels=FIVE, sd=0.01, replicates=2)
    # The second replicate was asked for at level 0.8 only.
    rows = np.flatnonzero((sample.replicate == 0) | (sample.level == 0.8))
    lone = replace(
        sample,
        runs=tuple(sample.runs[k] for k in rows),
        level=sample.level[rows],
        accuracy=sample.accuracy[rows],
        replicate=sample.replicate[rows],
    )
    levels = summarise(lone)
    assert levels.noise.known
    assert np.allclose(levels.noise.variance, levels.sd[-1] ** 2)


def test_drawn_errors_have_the_variance_of_students_t():
    levels = summarise(make_sample(levels=FIVE, sd=0.01, replicates=6))
    errors = draw_noise(levels.noise, 40_000, np.random.default_rng(1))
    freedom = levels.noise.freedom
    expected = levels.error**2 * freedom / (freedom - 2)
    # Heavy tails: with 5 degrees of freedom the relative error of such a variance is about 1.5 %.
    assert np.allclose(errors.var(axis=0), expected, rtol=0.08)
    assert abs(np.corrcoef(errors.T)[0, 1]) < 0.05


def test_shared_seeds_move_all_levels_together():
    levels = np.arange(20) / 20
    fields = {"levels": levels, "sd": 0.004, "luck": 0.01, "replicates": 5, "seed": 3}
    together = summarise(make_sample(lambda x: 0.5 + 0 * x, seeds="shared", **fields))
    apart = summarise(make_sample(lambda x: 0.5 + 0 * x, **fields | {"luck": 0.0, "sd": 0.011}))
    assert together.noise.shared == pytest.approx(0.01**2, rel=0.9)
    assert apart.noise.shared == 0.0
    # A shared part is seen five times only, however many levels are pooled: less is known.
    assert (together.noise.freedom < apart.noise.freedom)[:-1].all()
    random = np.random.default_rng(1)
    drawn = draw_noise(together.noise, 4000, random), draw_noise(apart.noise, 4000, random)
    differences = [np.diff(errors, axis=1).std() for errors in drawn]
    means = [errors.mean(axis=1).std() for errors in drawn]
    assert differences[0] < 0.7 * differences[1]
    assert means[0] > 2 * means[1]
