"""Statistics of maps against the data: laws, known values, and the null."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gossamer.analysis.structure.chance import Stage, generator_of
from gossamer.analysis.structure.correspondence import holm
from gossamer.analysis.structure.pixels import label_information
from gossamer.analysis.structure.statistics import (
    bins_for,
    correlation_with,
    has_grid,
    moran,
    mutual_information_with,
    permutations,
    quantile_bins,
)


def orders(count, n, name="a"):
    return np.concatenate(list(permutations(generator_of(0, name, Stage.PERMUTATION), count, n)))


def null_of(statistic, maps, some):
    """The statistic of permuted rows, [m, P]."""
    return np.stack([statistic.of(row[some]) for row in statistic.rows(maps)])


def test_permuting_rows_is_permuting_maps():
    random = np.random.default_rng(0)
    maps, feature = random.normal(size=(3, 24)), random.normal(size=24)
    some = orders(40, 24)
    for statistic in (correlation_with(feature), moran((4, 6)), mutual_information_with(feature)):
        expected = np.stack([statistic(maps[:, row]) for row in some], axis=1)
        assert np.allclose(null_of(statistic, maps, some), expected)


def test_permutations_are_permutations_and_belong_to_a_name():
    first, second, other = orders(50, 7), orders(50, 7), orders(50, 7, "b")
    assert (np.sort(first, axis=1) == np.arange(7)).all()
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_permutations_are_uniform():
    # Each of 6 orders of 3 things has chance 1/6: chi-square with 5 degrees of freedom.
    counts = np.unique(orders(6000, 3) @ [9, 3, 1], return_counts=True)[1]
    assert counts.size == 6
    assert stats.chisquare(counts).pvalue > 1e-4


def test_moran_of_known_maps():
    chessboard = np.indices((6, 8)).sum(axis=0) % 2
    assert moran((6, 8))(chessboard.reshape(1, -1).astype(float))[0] == pytest.approx(-1)
    # Two halves: 6 of the 6*7 + 5*8 pairs join unlike pixels, each other pair joins like ones.
    halves = np.repeat([0.0, 1.0], 4)[None, :].repeat(6, axis=0)
    assert moran((6, 8))(halves.reshape(1, -1))[0] == pytest.approx((82 - 2 * 6) / 82)
    # By the definition with a matrix of weights.
    z = np.random.default_rng(1).normal(size=(3, 3))
    weights = (
        np.abs(np.indices((3, 3)).reshape(2, 9).T[:, None] - np.indices((3, 3)).reshape(2, 9).T).sum(2) == 1
    )
    d = z.ravel() - z.mean()
    expected = 9 / weights.sum() * (d @ weights @ d) / (d @ d)
    assert moran((3, 3))(z.reshape(1, -1))[0] == pytest.approx(expected)


def test_moran_takes_channels_as_separate_images_and_needs_a_grid():
    z = np.random.default_rng(2).normal(size=(5, 4))
    both = np.stack([z, z], axis=-1).reshape(1, -1)
    assert moran((5, 4, 2))(both)[0] == pytest.approx(moran((5, 4))(z.reshape(1, -1))[0])
    assert has_grid((1, 2))
    assert not any(map(has_grid, (None, (7,), (1, 1), (2, 2, 2, 2))))


def test_null_of_moran_has_its_known_mean():
    # E[I] = -1 / (d - 1); the standard error of 4000 permutations is measured.
    null = null_of(moran((5, 6)), np.random.default_rng(3).normal(size=(1, 30)), orders(4000, 30))[0]
    assert abs(null.mean() + 1 / 29) < 5 * null.std() / np.sqrt(null.size)


def test_constant_maps_have_no_statistics():
    maps = np.array([[1.0, 1, 1, 1], [1, 2, 3, 4]])
    feature = np.array([1.0, 0, 0, 1])
    for values in (
        correlation_with(feature)(maps),
        moran((2, 2))(maps),
        mutual_information_with(feature)(maps),
    ):
        assert np.isnan(values[0])
        assert np.isfinite(values[1])
    assert np.isnan(correlation_with(np.ones(4))(maps)).all()
    assert np.isnan(mutual_information_with(np.ones(4))(maps)).all()


def test_information_of_labels_on_known_inputs():
    labels = np.tile(np.arange(4), 500)
    telling, half = labels.astype(float), (labels % 2).astype(float)
    silent = np.repeat([0.0, 1.0], 1000)
    constant = np.ones(2000)
    found = label_information(np.stack([telling, half, silent, constant], axis=1), labels, 4)
    # The correction takes (K - 1)(C - 1) / (2 n ln 2) off the 2 bits and the 1 bit.
    assert found[0] == pytest.approx(2 - 9 / (4000 * np.log(2)))
    assert found[1] == pytest.approx(1 - 3 / (4000 * np.log(2)))
    assert found[2] == pytest.approx(0, abs=1e-12)
    assert found[3] == 0


def test_information_of_independent_inputs_is_nearly_unbiased():
    random = np.random.default_rng(4)
    labels = random.integers(0, 10, 2000)
    found = label_information(random.normal(size=(2000, 200)), labels, 10)
    # Uncorrected it would be about 63 / (2 n ln 2) = 0.023 bits.
    assert found.mean() < 0.004


def test_mutual_information_of_a_map_with_itself_is_the_entropy_of_its_bins():
    d = 625
    values = np.random.default_rng(5).normal(size=(1, d))
    assert bins_for(d) == 5
    assert np.bincount(quantile_bins(values)[0]).tolist() == [125] * 5
    assert mutual_information_with(np.exp(values[0]))(values)[0] == pytest.approx(np.log2(5))


def test_equal_values_share_a_quantile_bin():
    bins = quantile_bins(np.array([[0.0] * 14 + [5, 7]]))[0]
    assert len(set(bins[:14].tolist())) == 1
    assert bins[15] > bins[0]


def test_p_values_are_uniform_under_independence():
    # Maps and permutations are independent of each other, so each p is uniform on {1, ..., 200} / 200, but
    # for ties, which make it larger. Largest excess of its distribution over 300 maps: Kolmogorov's one-sided
    # bound, P(sqrt(n) D > 2.3) = exp(-2 * 2.3^2) = 3e-5.
    random = np.random.default_rng(6)
    feature, p = random.normal(size=36), {"correlation": [], "moran": []}
    for number in range(300):
        values, some = random.poisson(3, size=(1, 36)).astype(float), orders(199, 36, str(number))
        for name, statistic in (("correlation", correlation_with(feature)), ("moran", moran((6, 6)))):
            reached = null_of(statistic, values, some)[0] >= statistic(values)[0] - 1e-12
            p[name].append((1 + reached.sum()) / 200)
    for found in p.values():
        assert np.sqrt(300) * (np.arange(1, 301) / 300 - np.sort(found)).max() < 2.3


def test_holm_on_a_known_family():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([None, 0.04, None]) == (None, 0.04, None)
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=12))
def test_holm_lies_between_no_correction_and_bonferroni_and_keeps_the_order(p):
    adjusted = np.array(holm(p))
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= np.minimum(1, np.array(p) * len(p)) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
