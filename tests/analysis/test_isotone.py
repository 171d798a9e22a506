import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import isotonic_regression

from gossamer.analysis.contour.isotone import antitonic, block_centres, last_crossing

rows = arrays(
    np.float64, st.tuples(st.integers(1, 3), st.integers(1, 12)), elements=st.floats(0, 1, width=32)
)


@given(rows, st.integers(0, 10_000))
def test_the_fit_is_scipys_isotonic_regression_turned_round(values, seed):
    weights = np.random.default_rng(seed).uniform(0.5, 3.0, values.shape[1])
    expected = [isotonic_regression(row, weights=weights, increasing=False).x for row in values]
    assert np.allclose(antitonic(values, weights), expected, atol=1e-12)


@given(rows, st.floats(-1, 1), st.floats(0.1, 5))
def test_the_fit_moves_and_scales_with_the_values(values, shift, scale):
    weights = np.ones(values.shape[1])
    moved = antitonic(values * scale + shift, weights)
    assert np.allclose(moved, antitonic(values, weights) * scale + shift, atol=1e-9)


def test_what_falls_already_is_left_alone():
    values = np.array([[0.9, 0.8, 0.8, 0.3]])
    assert np.allclose(antitonic(values, np.array([1.0, 2.0, 1.0, 1.0])), values)


def test_flat_pieces_sit_at_their_weighted_centre():
    x, weights = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 1.0, 3.0, 1.0])
    fit = antitonic(np.array([[0.9, 0.5, 0.6, 0.1]]), weights)
    assert fit[0].tolist() == pytest.approx([0.9, 0.575, 0.575, 0.1])
    assert block_centres(x, fit, weights)[0].tolist() == pytest.approx([0.0, 1.75, 1.75, 3.0])


@given(st.floats(0.11, 0.89))
def test_the_crossing_of_a_line_is_exact(height):
    x = np.linspace(0.0, 1.0, 11)
    found = last_crossing(x, (1.0 - x)[None, :], np.ones(11), np.array([height]), np.array([0]))
    assert found[0] == pytest.approx(1.0 - height)


def test_a_curve_that_stays_above_never_crosses():
    x = np.linspace(0.0, 1.0, 5)
    found = last_crossing(x, np.full((1, 5), 0.9), np.ones(5), np.array([0.8]), np.array([4]))
    assert np.isinf(found[0])
