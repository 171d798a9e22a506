import numpy as np
import pytest

from analysis_helpers import ZETA, equation_1
from gossamer.analysis.laws.paper_law import (
    first_esc,
    fit_given_esc,
    fit_with_contour,
    gradient_descent,
    mse_surface,
    paper_accuracy,
    paper_contour,
    plateau_mean,
)
from gossamer.errors import AnalysisError


def noisy(seed, sd=0.003):
    return equation_1(ZETA) + sd * np.random.default_rng(seed).standard_normal(ZETA.size)


def test_equation_1_and_its_contours_are_those_of_the_paper():
    assert paper_accuracy(np.array([0.9, 0.98, 0.99, 1.0])) == pytest.approx(
        [0.8680, 0.8628, 0.8353, 0.664], abs=5e-5
    )
    known = {0.001: 0.9709, 0.005: 0.9797, 0.01: 0.9835, 0.02: 0.9873, 0.102: 0.9962}
    for delta, level in known.items():
        assert paper_contour(delta) == pytest.approx(level, abs=5e-5)
    assert np.isinf(paper_contour(0.3))


def test_the_plateau_of_equation_3_is_a_plain_mean_up_to_esc():
    accuracy = np.arange(ZETA.size, dtype=float)
    assert plateau_mean(ZETA, accuracy, 0.96) == np.arange(16).mean()  # 0 to 0.9, and 0.91 to 0.96
    with pytest.raises(AnalysisError, match="no plateau"):
        plateau_mean(ZETA[10:], accuracy[10:], 0.5)


@pytest.mark.parametrize("seed", range(5))
def test_gradient_descent_agrees_with_least_squares_to_three_digits(seed):
    found = fit_given_esc(ZETA, noisy(seed))
    assert found.gradient_norm < 1e-10
    assert found.a == pytest.approx(found.a_least_squares, rel=1e-4)
    assert found.b == pytest.approx(found.b_least_squares, rel=1e-4)


def test_the_gradient_at_the_end_is_really_that_small():
    accuracy, plateau = noisy(1), 0.867
    a, b, _, norm = gradient_descent(ZETA, accuracy, plateau)
    shape = np.exp(b * (ZETA - 1))
    residual = a * shape - (plateau - accuracy)
    gradient = [2 * (residual * shape).mean(), 2 * (residual * a * b * (ZETA - 1) * shape).mean()]
    assert np.hypot(*gradient) == pytest.approx(norm, rel=1e-3)
    assert norm < 1e-10


def test_the_papers_curve_gives_nearly_the_papers_constants():
    found = fit_given_esc(ZETA, equation_1(ZETA))
    assert found.plateau == pytest.approx(0.868, abs=2e-5)
    assert (found.a, found.b) == pytest.approx((0.204, 183.0), rel=1e-3)
    assert found.mse < 1e-9
    assert found.contour == pytest.approx(0.9835, abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_the_contour_is_a_fixed_point(seed):
    accuracy = noisy(seed)
    found = fit_with_contour(ZETA, accuracy)
    again = fit_given_esc(ZETA, accuracy, found.esc)
    assert found.esc_from == "contour"
    assert found.esc == pytest.approx(found.contour, abs=1e-6)
    assert again.contour == pytest.approx(found.contour, abs=1e-6)
    assert (again.plateau, again.a) == pytest.approx((found.plateau, found.a), rel=1e-6)


def test_a_cycle_of_the_iteration_ends_with_its_smallest_contour():
    # A level that lies just on the contour and pulls the plateau down throws itself out again.
    x = np.array([0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0])
    found = []
    for dent in np.linspace(0.0, 0.03, 61):
        accuracy = 0.9 - 0.5 * np.exp(9 * (x - 1)) - dent * (x == 0.6)
        found.append(fit_with_contour(x, accuracy, 0.01, start=0.4))
    assert all(f.a > 0.3 for f in found)


def test_the_surface_is_the_mean_squared_error_and_lowest_at_the_fit():
    accuracy = noisy(2)
    found = fit_given_esc(ZETA, accuracy)
    a, b = found.a * np.linspace(0.5, 1.5, 11), found.b * np.linspace(0.5, 1.5, 21)
    surface = mse_surface(ZETA, accuracy, found.plateau, a, b)
    assert surface.shape == (21, 11)
    direct = ((paper_accuracy(ZETA, found.plateau, a[3], b[7]) - accuracy) ** 2).mean()
    assert surface[7, 3] == pytest.approx(direct)
    assert np.unravel_index(surface.argmin(), surface.shape) == (10, 5)
    assert surface.min() == pytest.approx(found.mse, rel=1e-6)


def test_the_order_of_levels_does_not_matter():
    accuracy, order = noisy(3), np.random.default_rng(0).permutation(ZETA.size)
    one, other = fit_given_esc(ZETA, accuracy), fit_given_esc(ZETA[order], accuracy[order])
    assert (one.plateau, one.a, one.b) == pytest.approx((other.plateau, other.a, other.b), rel=1e-6)


@pytest.mark.parametrize(
    ("x", "accuracy", "sentence"),
    [
        (ZETA[:3], np.full(3, 0.8), "at least 4 levels"),
        (ZETA, np.full(ZETA.size, 0.8), "no fall"),
    ],
)
def test_what_cannot_be_fitted_is_refused(x, accuracy, sentence):
    with pytest.raises(AnalysisError, match=sentence):
        fit_given_esc(x, accuracy)


def test_the_iteration_starts_at_the_papers_contour_on_its_own_axis_only():
    assert first_esc("zeta", ZETA) == 0.96
    assert first_esc("epsilon", np.array([0.1, 0.5, 0.9])) == 0.5
