import numpy as np
import pytest
from scipy import stats

from analysis_helpers import make_sample
from gossamer.analysis import Settings, summarise
from gossamer.analysis.laws.paper_law import paper_accuracy
from gossamer.errors import AnalysisError
from gossamer.simulate import coverage, paper_scenario
from gossamer.simulate.cases import TRUTHS, cases, noise_of, stated_noise, true_accuracy
from gossamer.simulate.scenario import PAPER_LEVELS, draw_study

SIMULATIONS, SEEDS = 40, (3, 5)
KINDS = 20
# The bar is 92 to 98 %. An interval type whose true rate is just 92 % falls below LEAST with a probability
# that, over all types and both designs, adds up to at most 1 in 1000.
LEAST = stats.binom.ppf(1e-3 / (KINDS * len(SEEDS)), SIMULATIONS, 0.92) / SIMULATIONS
MOST_UNSAFE = stats.binom.isf(1e-3, SIMULATIONS, 0.05) / SIMULATIONS


@pytest.fixture(scope="module", params=SEEDS)
def table(request):
    settings = Settings(draws=100)
    return coverage(paper_scenario(request.param, 0.0065), SIMULATIONS, settings=settings, seed=request.param)


def test_every_interval_type_holds_its_truth(table):
    found = {(row.quantity, row.method): row for row in table.rows}
    assert len(found) <= KINDS
    for row in table.rows:
        assert row.rate >= LEAST, f"{row.quantity} by {row.method}: {row.rate}"
        assert row.covered + row.low_misses + row.high_misses == row.trials
        assert np.isfinite(row.width)
    quantities = {"plateau", "fall", "contour", "half contour", "law contour", "law half contour"}
    assert quantities | {"law plateau", "law a", "law b", "level mean"} == {quantity for quantity, _ in found}
    # 38 levels times 40 studies.
    assert found["level mean", "t"].rate == pytest.approx(0.95, abs=0.025)


def test_intervals_that_are_too_short_are_found_out():
    # Made for 50 %, and held to what 95 % promise.
    short = coverage(paper_scenario(3, 0.0065), 20, settings=Settings(draws=100, confidence=0.51))
    assert np.mean([row.rate for row in short.rows]) < LEAST
    assert all(row.rate < LEAST for row in short.rows if row.quantity == "level mean")


def test_the_last_safe_level_is_safe(table):
    assert table.unsafe_rate <= MOST_UNSAFE


def test_with_test_images_the_plateau_is_far_less_certain_and_the_contour_hardly(table):
    width = {(row.quantity, row.method): row.width for row in table.rows}
    images = "bootstrap with test images"
    assert width["plateau", images] > 4 * width["plateau", "bootstrap"]
    assert width["contour", images] < 1.5 * width["contour", "bootstrap"]


def test_under_a_wrong_law_its_intervals_promise_nothing_but_the_others_hold():
    scenario = paper_scenario(3, 0.0065)
    table = coverage(scenario, 12, law="broken_stick", settings=Settings(draws=100), seed=1)
    found = {(row.quantity, row.method): row.rate for row in table.rows}
    assert table.law == "broken_stick"
    assert found["contour", "bootstrap"] >= stats.binom.ppf(1e-3, 12, 0.92) / 12


def test_progress_is_told():
    told = []
    coverage(paper_scenario(3), 3, settings=Settings(draws=100), progress=told.append)
    assert told == [1, 2, 3]


@pytest.mark.parametrize("truth", TRUTHS)
def test_truths_are_accuracies_that_fall_with_hardness(truth):
    accuracy = true_accuracy(truth, stated_noise(0.005, 1000))
    assert accuracy.shape == (38,)
    assert ((accuracy > 0) & (accuracy < 1)).all()
    assert (np.diff(accuracy) <= 1e-12).all()
    # Every law comes near to the curve that it is fitted to.
    assert np.abs(accuracy - paper_accuracy(np.array(PAPER_LEVELS))).max() < 0.12


def test_cases_are_all_combinations_and_only_the_true_law_promises():
    found = cases(stated_noise(0.005, 500), ["paper", "logistic"], ["shared", "independent"], [3, 5])
    made = [(c.truth, c.scenario.seeds, c.scenario.replicates, c.scenario.test_size) for c in found]
    assert made == [
        *(("paper", seeds, count, 500) for seeds in ("shared", "independent") for count in (3, 5)),
        *(("logistic", "shared", count, 500) for count in (3, 5)),
    ]
    paper, logistic = found[0], found[-1]
    assert [paper.promises(law) for law in ("exponential", "logistic")] == [True, False]
    assert [logistic.promises(law) for law in ("exponential", "logistic")] == [False, True]


def test_the_noise_of_a_study_is_simulated():
    scenario = paper_scenario(40, 0.02, ease=0.8)
    sample, _ = draw_study(scenario, np.random.default_rng(0))
    base = noise_of(sample, summarise(sample))
    assert base.ease == pytest.approx(0.8, abs=0.02)
    assert np.median(base.seed_sd) == pytest.approx(0.02, rel=0.1)
    again, _ = draw_study(cases(base, ["paper"], ["independent"], [40])[0].scenario, np.random.default_rng(1))
    assert np.median(summarise(again).sd) == pytest.approx(0.02, rel=0.15)


@pytest.mark.parametrize("seeds", ["independent", "shared"])
@pytest.mark.parametrize("seed_sd", [0.002, 0.005, 0.02])
def test_runs_scatter_as_much_as_was_asked_for_and_keep_their_mean(seed_sd, seeds):
    scenario = paper_scenario(60, seed_sd, seeds=seeds)
    sample, given = draw_study(scenario, np.random.default_rng(0))
    runs = sample.accuracy.reshape(38, 60)
    # 38 levels of 60 runs; with shared seeds the levels say nearly the same.
    assert np.sqrt(runs.var(axis=1, ddof=1).mean()) == pytest.approx(seed_sd, rel=0.1, abs=3e-4)
    error = seed_sd / np.sqrt(60)
    assert np.abs(runs.mean(axis=1) - given).max() < 5 * error
    shared = np.corrcoef(runs - runs.mean(axis=1, keepdims=True))[~np.eye(38, dtype=bool)].mean()
    assert (shared > 0.15) == (seeds == "shared")


def test_noise_that_is_not_known_is_not_simulated():
    sample = make_sample(replicates=1)
    with pytest.raises(AnalysisError, match="add a replicate"):
        noise_of(sample, summarise(sample))
