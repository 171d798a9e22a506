import numpy as np
import pytest

from analysis_helpers import ZETA, equation_1
from gossamer.analysis.laws.paper_law import ESC, equation_2, first_esc, fit_with_contour


def test_many_curves_are_fitted_as_each_one_is():
    random = np.random.default_rng(0)
    means = equation_1(ZETA) + 0.004 * random.standard_normal((20, 38))
    a, b = equation_2(ZETA, means, 0.01, ESC)
    agree = 0
    for k in range(20):
        one = fit_with_contour(ZETA, means[k], 0.01, ESC)
        # A curve whose ESC runs in a cycle may end at another of its levels.
        agree += one.note != "" or (one.a, one.b) == pytest.approx((a[k], b[k]), rel=1e-4)
    assert agree == 20


def test_the_iteration_starts_at_the_papers_contour_on_its_own_axis_only():
    assert first_esc("zeta", ZETA) == 0.96
    assert first_esc("epsilon", np.array([0.1, 0.5, 0.9])) == 0.5


def test_a_curve_without_a_fall_has_no_fall():
    a, b = equation_2(ZETA, np.full((1, 38), 0.8), 0.01, ESC)
    assert a[0] == pytest.approx(0.0, abs=1e-9)
    assert np.isfinite(b[0])
