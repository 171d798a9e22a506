from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_helpers import ZETA, equation_1, make_sample
from gossamer.analysis import Estimate, Interval, Settings, summarise
from gossamer.analysis.contour.contour import classify, last_safe_level, read, structural_contour
from gossamer.analysis.contour.curve import estimate_curve
from gossamer.analysis.contour.plateau import curves, dips, flatness
from gossamer.errors import AnalysisError


def read_one(x, accuracy, delta=0.01):
    return read(np.asarray(x), np.asarray(accuracy)[None, :], np.ones(len(x)), delta)


def test_the_papers_curve_has_its_known_contours():
    # Hand values of equation (1): a fall of 1 point at 0.9835, of half of its 0.204 at 0.9962. The plateau of
    # the definition holds the levels up to half a point below it, so it lies 0.04 points under 0.868.
    reading = read_one(ZETA, equation_1(ZETA))
    assert reading.plateau[0] == pytest.approx(0.868, abs=5e-4)
    assert ZETA[reading.edge[0]] == 0.98
    assert reading.contour[0] == pytest.approx(0.9835, abs=3e-4)
    assert reading.half[0] == pytest.approx(0.9962, abs=1e-4)


@given(st.floats(-0.2, 0.1), st.floats(0.2, 1.1))
def test_the_contour_does_not_move_when_accuracy_and_delta_are_shifted_and_scaled(shift, scale):
    noisy = equation_1(ZETA) + 0.003 * np.random.default_rng(5).standard_normal(ZETA.size)
    before = read_one(ZETA, noisy, 0.01)
    after = read_one(ZETA, scale * noisy + shift, scale * 0.01)
    assert after.contour == pytest.approx(before.contour, abs=1e-9)
    assert after.half == pytest.approx(before.half, abs=1e-9)
    assert after.plateau == pytest.approx(scale * before.plateau + shift, abs=1e-12)


@given(st.floats(0.002, 0.05), st.floats(1.01, 3.0))
def test_a_larger_fall_is_reached_later(delta, factor):
    assert (
        read_one(ZETA, equation_1(ZETA), delta).contour
        < read_one(ZETA, equation_1(ZETA), delta * factor).contour
    )


def test_the_contour_is_the_last_crossing():
    values = np.array([0.9, 0.9, 0.9, 0.9, 0.85, 0.9, 0.9, 0.7, 0.5, 0.3])
    sample = make_sample(
        lambda z: np.interp(z, np.arange(10) / 10, values), levels=np.arange(10) / 10, sd=1e-3
    )
    found = estimate_curve(summarise(sample), [], Settings())
    assert 0.6 < found.contour.value < 0.7
    assert found.dips == (0.4,)
    assert found.plateau_levels == (0.0, 0.1, 0.2, 0.3, 0.5, 0.6)


def test_noise_makes_no_dips():
    # alpha is 1 % for a whole study: 3 or more of 60 would have probability below 3 %.
    studies = [summarise(make_sample(sd=0.006, seed=seed)) for seed in range(60)]
    assert sum(dips(levels).any() for levels in studies) <= 2


def test_a_lower_first_level_does_not_end_the_plateau():
    x = np.arange(10) / 10
    accuracy = np.array([0.89, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.7, 0.5, 0.3])
    assert read_one(x, accuracy).edge[0] == 6


def test_without_a_fall_there_is_no_contour():
    reading = read_one(np.arange(5) / 5, np.full(5, 0.9))
    assert np.isinf(reading.contour[0])
    assert np.isinf(reading.half[0])
    assert reading.plateau[0] == pytest.approx(0.9)


def test_a_steady_decline_has_a_plateau_of_one_level():
    reading = read_one(np.arange(6) / 5, 0.9 - 0.1 * np.arange(6))
    assert reading.edge[0] == 0
    assert reading.contour[0] == pytest.approx(0.02)


@given(st.integers(0, 500))
def test_the_plateau_ends_at_most_half_of_delta_low_and_before_the_contour(seed):
    means = equation_1(ZETA) + 0.01 * np.random.default_rng(seed).standard_normal((3, ZETA.size))
    lines = curves(means, np.ones(ZETA.size), 0.01)
    reading = read(ZETA, means, np.ones(ZETA.size), 0.01)
    for b in range(3):
        assert lines.fit[b, lines.edge[b]] >= lines.plateau[b] - 0.005
        assert lines.plateau[b] == pytest.approx(means[b, : lines.edge[b] + 1].mean())
        assert reading.contour[b] >= ZETA[lines.edge[b]]


@pytest.mark.parametrize(
    ("levels", "delta", "sentence"),
    [(2, 0.01, "at least 3 levels"), (5, 0.0, "delta is 0"), (5, 1.0, "delta is 1")],
)
def test_what_cannot_be_read_is_refused(levels, delta, sentence):
    with pytest.raises(AnalysisError, match=sentence):
        read_one(np.arange(levels) / 10, np.full(levels, 0.9), delta)


def test_the_last_safe_level_of_a_quiet_study_is_the_last_one_above():
    safe = last_safe_level(summarise(make_sample(sd=1e-4)), 0.01)
    assert safe.level == 0.983  # equation (1) lies 0.9 points low there and 1.1 points at 0.984
    assert [test.shown for test in safe.tests] == [True] * (len(safe.tests) - 1) + [False]


def test_a_plateau_of_one_level_is_its_own_safe_level():
    sample = make_sample(curve=lambda x: 0.9 - 0.5 * x, levels=(0.0, 0.5, 1.0), sd=1e-3)
    assert last_safe_level(summarise(sample), 0.01).level == 0.0


def test_more_noise_makes_it_safer_not_bolder():
    found = [last_safe_level(summarise(make_sample(sd=sd, seed=2)), 0.01).level for sd in (1e-4, 2e-3, 8e-3)]
    assert found == sorted(found, reverse=True)


def test_a_dip_before_the_plateaus_end_does_not_matter():
    sample = make_sample(
        lambda z: np.where(np.isclose(z, 0.98), 0.84, np.where(z > 0.985, 0.6, 0.87)), sd=1e-4
    )
    safe = last_safe_level(summarise(sample), 0.01)
    assert safe.level == 0.985  # a dip is no fall


def test_where_the_edge_is_not_shown_the_sequence_goes_inward_and_no_further_out():
    levels = summarise(make_sample(sd=0.012, seed=1))
    safe = last_safe_level(levels, 0.01)
    shown = [test.shown for test in safe.tests]
    steps = np.diff([test.level for test in safe.tests])
    assert shown == [False] * (len(shown) - 1) + [True]
    assert (steps < 0).all()
    assert safe.level == safe.tests[-1].level


def test_without_replicates_no_level_is_shown_to_be_safe():
    safe = last_safe_level(summarise(make_sample(replicates=1)), 0.01)
    assert safe.level is None
    assert "two runs" in safe.note


def test_an_unsafe_level_is_called_safe_in_at_most_five_percent():
    # 400 studies: with a true rate of 5 % more than 8.3 % are 3 standard errors away.
    truth = equation_1(ZETA)
    plateau = read_one(ZETA, truth).plateau[0]
    unsafe = 0
    for seed in range(400):
        found = last_safe_level(summarise(make_sample(sd=0.005, seed=seed)), 0.01).level
        unsafe += found is not None and equation_1(found) < plateau - 0.01
    assert unsafe / 400 <= 0.083


def test_classes_follow_the_contours_and_intervals_make_undecided():
    x = np.array([0.5, 0.8, 0.9, 0.95, 1.0])
    near = Interval(0.75, 0.85, 0.95, "t")
    assert classify(x, Estimate(0.8), Estimate(0.95)) == (
        "normal",
        "normal",
        "transition",
        "transition",
        "extreme",
    )
    assert classify(x, Estimate(0.8, near), Estimate(0.95))[1] == "undecided"
    late = Estimate(None, Interval(0.92, None, 0.95, "t"))
    assert classify(x, Estimate(0.8), late) == ("normal", "normal", "transition", "undecided", "undecided")
    assert classify(x, Estimate(None), Estimate(None)) == ("normal",) * 5


def test_the_widest_interval_decides():
    wide, narrow = Interval(0.7, 0.9, 0.95, "b"), Interval(0.79, 0.81, 0.95, "a")
    assert classify(np.array([0.75]), Estimate(0.8, narrow, wide), Estimate(None)) == ("undecided",)


def test_a_plateau_of_two_accuracies_is_not_flat():
    levels = np.arange(10) / 10
    steps = make_sample(lambda z: np.where(z < 0.5, 0.86, 0.864), levels=levels, sd=5e-4)
    flat = make_sample(lambda z: 0.86 + 0 * z, levels=levels, sd=5e-4)
    assert flatness(summarise(steps), np.arange(10)).p < 1e-3
    assert flatness(summarise(flat), np.arange(10)).p > 1e-3
    assert flatness(summarise(flat), np.arange(1)) is None


def test_a_structural_contour_is_where_the_excess_is_halved():
    x = np.arange(11) / 10
    excess = np.where(x < 0.45, 0.3, 0.3 - 0.6 * (x - 0.4))
    # The plateau (0 to 0.5) holds one level that lies lower: its mean is 0.29, half of it is met at 0.6583.
    assert structural_contour(x, excess) == pytest.approx(0.4 + (0.3 - 0.29 / 2) / 0.6)
    assert structural_contour(x, 1000 * excess) == pytest.approx(0.4 + (0.3 - 0.29 / 2) / 0.6)
    assert structural_contour(x, np.full(11, 0.3)) is None
    assert structural_contour(x, np.full(11, -0.1)) is None


def test_undefined_structure_is_left_out_and_too_little_is_refused():
    x = np.arange(6) / 5
    excess = np.array([0.3, np.nan, 0.3, 0.1, 0.0, np.nan])
    assert 0.4 < structural_contour(x, excess) < 0.6
    with pytest.raises(AnalysisError, match="3 levels"):
        structural_contour(x, np.where(x < 0.3, excess, np.nan))


def test_replicates_weigh_in_the_monotone_fit_only():
    sample = make_sample(levels=(0.0, 0.5, 0.9, 1.0), replicates=4)
    dropped = np.where((sample.level == 0.5) & (sample.replicate > 1), np.nan, sample.accuracy)
    levels = summarise(replace(sample, accuracy=dropped))
    reading = read(levels.x, levels.mean[None, :], levels.count.astype(float), 0.01)
    assert reading.plateau[0] == pytest.approx(0.868, abs=1e-6)
