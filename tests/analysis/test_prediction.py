import numpy as np
import pytest
from analysis_helpers import ZETA, equation_1
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gossamer.analysis import Axis, Prefixes, Target, affordable_epochs, predict, reported, score
from gossamer.errors import AnalysisError

COST = 85_192 * 5000.0
STUDY = Target(epochs=1000, replicates=3, cost=38 * 3 * 1000 * COST)
TRUE = {"plateau": 0.868, "contour": 0.9835, "a": 0.204, "b": 183.0}


def prefixes(epochs=300, sd=0.0, growth=0.0, seed=0, levels=ZETA, axis="zeta", curve=equation_1):
    """One run a level; accuracy at epoch t is the curve minus `growth` for every octave that is left."""
    random = np.random.default_rng(seed)
    octaves = np.log2(1000 / np.arange(1, epochs + 1))
    accuracy = curve(levels)[:, None] - growth * octaves + sd * random.standard_normal((len(levels), 1))
    names = tuple(f"{axis}={x:g}" for x in levels)
    return Prefixes(Axis.of(axis, levels), names, np.asarray(levels), accuracy, np.full(len(levels), COST))


def test_what_is_final_already_is_predicted_exactly():
    extrapolated, carried, constants = predict(prefixes(), STUDY)
    for prediction in (extrapolated, carried, constants):
        for name, value in TRUE.items():
            assert prediction.values[name] == pytest.approx(value, rel=1e-3)
    assert extrapolated.share == pytest.approx(0.1)
    assert constants.share == 0.0
    assert constants.intervals == {}
    assert len(extrapolated.runs) == 38


def test_growth_is_carried_on_half_way_and_the_interval_holds_none_and_nearly_all_of_it():
    extrapolated, carried, _ = predict(prefixes(growth=0.01, sd=1e-4), STUDY)
    left = 0.01 * np.log2(1000 / 300)
    now = carried.values["plateau"]
    assert now == pytest.approx(0.868 - left, abs=2e-3)
    assert extrapolated.values["plateau"] == pytest.approx(now + left / 2, abs=2e-3)
    interval = extrapolated.intervals["plateau"]
    assert interval.low == pytest.approx(now + 0.1 * left, abs=2e-3)
    assert interval.high == pytest.approx(now + 0.9 * left, abs=2e-3)


def test_intervals_of_eighty_percent_hold_what_a_study_finds():
    # The truth that counts is what the study itself will find: its own fit, with its own noise.
    hits = np.zeros(4)
    random = np.random.default_rng(0)
    for seed in range(40):
        share = random.uniform()
        made = prefixes(sd=0.005, growth=0.004, seed=seed)
        now, rest = np.log2(1000 / 300), 0.004 * np.log2(1000 / 300)
        goal = equation_1(ZETA) - 0.004 * now + share * rest
        found = fit_of(goal + 0.005 / np.sqrt(3) * random.standard_normal(38))
        predicted = predict(made, STUDY, draws=100, seed=seed)[0]
        hits += [predicted.intervals[name].contains(found[name]) for name in TRUE]
    # 40 studies at 80 %: a standard error of 6.3 points, three of them allowed.
    assert (hits / 40 > 0.61).all(), hits / 40


def fit_of(accuracy):
    study = Prefixes(
        Axis("zeta", "larger"), tuple(map(str, ZETA)), ZETA, np.tile(accuracy[:, None], 4), np.full(38, 1e-9)
    )
    return predict(study, Target(4, 1, 1.0), draws=10)[1].values


def test_a_longer_confidence_gives_a_wider_interval():
    narrow, wide = (
        predict(prefixes(sd=0.004), STUDY, confidence=c)[0].intervals["b"].width for c in (0.6, 0.9)
    )
    assert narrow < wide


def test_on_another_axis_the_papers_constants_are_no_baseline():
    epsilon = np.array([0.2, 0.5, 1.0, 2.0, 5.0, 13.0, 30.0, 50.0])
    made = prefixes(120, levels=epsilon, axis="epsilon", curve=lambda e: 0.87 - 0.3 * np.exp(-e))
    target = Target(400, 3, 8 * 3 * 400 * COST)
    found = predict(made, target)
    assert [p.method for p in found] == ["extrapolated", "last epoch carried forward"]
    assert found[1].values["contour"] == pytest.approx(np.log(30.0), rel=1e-3)
    assert found[1].intervals["contour"].low < found[1].intervals["contour"].high


def test_a_tenth_is_the_limit():
    assert affordable_epochs(np.full(38, COST), STUDY.cost) == 300
    with pytest.raises(AnalysisError, match=r"cost 10\.3 % of the study"):
        predict(prefixes(310), STUDY)


@pytest.mark.parametrize(("epochs", "levels"), [(3, ZETA), (50, ZETA[:4])])
def test_too_little_is_refused(epochs, levels):
    with pytest.raises(AnalysisError, match="needs prefixes of 4 epochs at 5 levels"):
        predict(prefixes(epochs, levels=levels), STUDY)


curves = arrays(np.float64, st.integers(1, 20), elements=st.floats(0, 1, width=16))


@given(curves, st.integers(0, 1000))
def test_what_a_run_reports_is_what_its_prefix_alone_would_report(test, seed):
    validation = np.random.default_rng(seed).integers(0, 5, test.size) / 5
    for reading in ("last", "best_on_test", "selected"):
        whole = reported(test, validation, reading)
        for epoch in range(1, test.size + 1):
            part = reported(test[:epoch], validation[:epoch], reading)
            assert part[-1] == whole[epoch - 1]
    assert reported(test, validation, "selected")[-1] == test[validation.argmax()]
    assert reported(test, None, "best_on_test")[-1] == test.max()


def test_without_validation_nothing_is_selected():
    with pytest.raises(AnalysisError, match="validation"):
        reported(np.ones(3))


def test_scores_compare_with_what_was_found():
    rows = score(predict(prefixes(sd=0.002), STUDY), {**TRUE, "b": None})
    by_name = {(row.method, row.quantity): row for row in rows}
    row = by_name["extrapolated", "plateau"]
    assert row.error == pytest.approx(row.predicted - 0.868)
    assert row.inside in (True, False)
    assert by_name["extrapolated", "b"].error is None
    assert by_name["the paper's constants", "a"].inside is None
