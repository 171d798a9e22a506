"""A small version of the coverage table, against the curves that runs were drawn from."""

import numpy as np
import pytest
from scipy import stats

from analysis_helpers import ZETA, equation_1
from gossamer.analysis import Settings
from gossamer.simulate import all_cases, check_case
from gossamer.simulate.coverage import truths

SIMULATIONS = 40
SMALL = (
    "exponential, 3 runs",
    "cut-off power",
    "coarse: steps of 0.1",
    "no fall",
    "only the last level is noisy",
)
# The bar is 90 %. An interval whose true rate is just that falls below LEAST with a probability that, over
# all of them, adds up to at most 1 in 100.
LEAST = stats.binom.ppf(1e-2 / 40, SIMULATIONS, 0.90) / SIMULATIONS


@pytest.mark.parametrize("name", SMALL)
def test_intervals_hold_the_truth_that_runs_were_drawn_from(name):
    case = next(case for case in all_cases() if case.name == name)
    found = check_case(case, SIMULATIONS, settings=Settings(draws=100), seed=1)
    for row in found.rows:
        assert row.held >= LEAST, f"{row.quantity}: {row.held}"
        assert row.trials + row.silent >= SIMULATIONS
        assert row.held + row.low_misses + row.high_misses == pytest.approx(1.0) or not row.low_misses
    quantities = {row.quantity for row in found.rows}
    assert {"plateau", "fall", "contour", "half", "level mean", "last safe level"} <= quantities
    assert bool(case.law) == any(quantity.startswith("law: ") for quantity in quantities)


def test_intervals_that_are_too_short_are_found_out():
    case = next(case for case in all_cases() if case.name == "exponential, 3 runs")
    found = check_case(case, 20, settings=Settings(draws=100, confidence=0.51), seed=1)
    rates = {row.quantity: row.held for row in found.rows}
    assert rates["level mean"] == pytest.approx(0.51, abs=0.1)
    assert rates["plateau"] < LEAST


def test_truths_are_those_of_the_curve_wherever_levels_lie():
    found = truths(equation_1, np.array([0.0, 0.5, 1.0]), 0.01)
    assert found == pytest.approx(
        {
            "plateau": 0.868,
            "fall": 0.204,
            "contour": 1 + np.log(0.01 / 0.204) / 183,
            "half": 1 + np.log(0.5) / 183,
        },
        abs=1e-4,
    )
    assert truths(equation_1, ZETA, 0.01) == pytest.approx(found)
    assert truths(lambda x: 0.8 + 0 * x, ZETA, 0.01)["contour"] == np.inf


def test_kinds_of_studies_have_names_of_their_own():
    names = [case.name for case in all_cases()]
    assert len(set(names)) == len(names)
