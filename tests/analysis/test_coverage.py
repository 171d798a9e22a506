import numpy as np
import pytest

from gossamer.analysis import Settings, coverage, paper_scenario

SIMULATIONS = 60
# True coverage anywhere in 92 to 98 %: with 60 simulations a share below 0.92 - 3.3 * 0.035 = 0.80 has
# probability below 1 in 1000, and all of 60 have up to 30 %.
LEAST = 0.80


@pytest.fixture(scope="module", params=[3, 5])
def table(request):
    settings = Settings(draws=200)
    return coverage(paper_scenario(request.param, 0.0065), SIMULATIONS, settings=settings, seed=request.param)


def test_every_interval_type_holds_its_truth(table):
    found = {(row.quantity, row.method): row for row in table.rows}
    for row in table.rows:
        assert row.rate >= LEAST, f"{row.quantity} by {row.method}: {row.rate}"
        assert row.covered + row.low_misses + row.high_misses == row.trials
        assert np.isfinite(row.width)
    quantities = {"plateau", "fall", "contour", "half contour", "law contour", "law half contour"}
    assert quantities | {"law plateau", "law a", "law b", "level mean"} == {quantity for quantity, _ in found}
    # 38 levels times 60 studies.
    assert found["level mean", "t"].rate == pytest.approx(0.95, abs=0.02)


def test_the_last_safe_level_is_safe(table):
    # At most 5 % promised; more than 9 of 60 have a probability below 0.1 %.
    assert table.unsafe_rate <= 0.15


def test_with_test_images_the_plateau_is_far_less_certain_and_the_contour_hardly(table):
    width = {(row.quantity, row.method): row.width for row in table.rows}
    images = "bootstrap with test images"
    assert width["plateau", images] > 4 * width["plateau", "bootstrap"]
    assert width["contour", images] < 1.5 * width["contour", "bootstrap"]


def test_under_a_wrong_law_its_intervals_promise_nothing_but_the_others_hold():
    scenario = paper_scenario(3, 0.0065)
    table = coverage(scenario, 20, law="broken_stick", settings=Settings(draws=200), seed=1)
    found = {(row.quantity, row.method): row.rate for row in table.rows}
    assert table.law == "broken_stick"
    assert found["contour", "bootstrap"] >= 0.7


def test_progress_is_told():
    told = []
    coverage(paper_scenario(3), 3, settings=Settings(draws=100), progress=told.append)
    assert told == [1, 2, 3]
