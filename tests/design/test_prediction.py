import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis_helpers import ZETA, equation_1
from gossamer.analysis import Axis
from gossamer.design import Prefixes, Target, affordable_epochs, predict, reported, score
from gossamer.design.extrapolation import added
from gossamer.design.smoothing import smoothed
from gossamer.errors import AnalysisError

COST = 85_192 * 5000.0
STUDY = Target(epochs=1000, replicates=3, cost=38 * 3 * 1000 * COST)
TRUE = {"plateau": 0.868, "contour": 0.9835}


def prefixes(epochs=300, sd=0.0, growth=0.0, seed=0, levels=ZETA, axis="zeta", curve=equation_1):
    """One run a level; at epoch t accuracy is the curve minus growth (1000 / t - 1): gains halve."""
    random = np.random.default_rng(seed)
    left = np.minimum(growth * (1000 / np.arange(1, epochs + 1) - 1), 0.3)
    luck = sd * random.standard_normal((len(levels), 1))
    test = curve(levels)[:, None] - left + luck + sd * random.standard_normal((len(levels), epochs))
    names = tuple(f"{axis}={x:g}" for x in levels)
    told = tuple(test - sd * random.standard_normal(test.shape))
    return Prefixes(
        Axis.of(axis, levels), names, np.asarray(levels), told, tuple(test), np.full(len(levels), COST)
    )


def test_what_is_final_already_is_predicted_and_carried_exactly():
    extrapolated, carried, constants = predict(prefixes(), STUDY)
    for name, value in TRUE.items():
        assert constants.values[name] == pytest.approx(value, rel=1e-3)
        assert carried.values[name] == pytest.approx(value, rel=5e-3)
        assert extrapolated.values[name] == pytest.approx(value, rel=0.02)
    assert extrapolated.share == pytest.approx(0.1)
    assert constants.share == 0.0
    assert constants.intervals == carried.intervals == {}
    assert len(extrapolated.runs) == 38


def test_growth_that_halves_with_every_doubling_is_foreseen():
    growth = 0.004
    extrapolated, carried, _ = predict(prefixes(growth=growth, sd=1e-3), STUDY)
    left = growth * (1000 / 300 - 1)
    assert carried.values["plateau"] == pytest.approx(0.868 - left, abs=3e-3)
    assert extrapolated.values["plateau"] == pytest.approx(0.868, abs=3e-3)
    assert extrapolated.intervals["plateau"].contains(0.868)


@given(st.floats(0.0, 1.0), st.floats(0.0, 8.0))
def test_more_doublings_add_more_but_never_more_than_the_last_one_did_each(share, doublings):
    gain = float(added(np.array(share), np.array(doublings)))
    assert -1e-12 <= gain <= doublings + 1e-6
    assert gain <= float(added(np.array(share), np.array(doublings + 0.5))) + 1e-9
    whole = sum(share**k for k in range(1, int(doublings) + 1))
    assert float(added(np.array(share), np.array(float(int(doublings))))) == pytest.approx(whole, abs=1e-5)


def test_intervals_of_eighty_percent_hold_what_a_study_finds():
    # The truth that counts is what the study itself will find, with its own noise.
    hits, errors, carried_errors = np.zeros(2), [], []
    random = np.random.default_rng(0)
    for seed in range(40):
        made = prefixes(sd=0.004, growth=0.005 * random.uniform(), seed=seed)
        noise = 0.0057 / np.sqrt(3) * random.standard_normal(38)
        found = found_by(equation_1(ZETA) + noise)
        predicted, carried, _ = predict(made, STUDY, draws=200, seed=seed)
        hits += [predicted.intervals[name].contains(found[name]) for name in TRUE]
        errors.append([predicted.values[name] - found[name] for name in TRUE])
        carried_errors.append([carried.values[name] - found[name] for name in TRUE])
    # 40 studies at 80 %: a standard error of 6.3 points, three of them allowed.
    assert (hits / 40 > 0.61).all(), hits / 40
    assert (np.square(errors).mean(axis=0) < np.square(carried_errors).mean(axis=0)).all()


def found_by(accuracy):
    """Numbers of level means, as the analysis reads them: those of a prefix that ends with them."""
    told = tuple(np.full(8, value) for value in np.clip(accuracy, 0, 1))
    axis, names = Axis("zeta", "larger"), tuple(map(str, ZETA))
    return predict(Prefixes(axis, names, ZETA, told, told, np.full(38, 1e-9)), Target(8, 1, 1.0), draws=2)[
        1
    ].values


def test_a_longer_confidence_gives_a_wider_interval():
    narrow, wide = (
        predict(prefixes(sd=0.004), STUDY, confidence=c)[0].intervals["plateau"].width for c in (0.6, 0.9)
    )
    assert narrow < wide


def test_the_order_of_the_levels_does_not_matter():
    made = prefixes(sd=0.004)
    turned = Prefixes(
        made.axis, made.runs[::-1], made.level[::-1], made.reported[::-1], made.test[::-1], made.epoch_cost
    )
    assert predict(made, STUDY)[0].values == predict(turned, STUDY)[0].values


def test_on_another_axis_the_papers_constants_are_no_baseline():
    epsilon = np.array([0.2, 0.5, 1.0, 2.0, 5.0, 13.0, 30.0, 50.0])
    made = prefixes(120, levels=epsilon, axis="epsilon", curve=lambda e: 0.87 - 0.3 * np.exp(-e), sd=1e-4)
    found = predict(made, Target(400, 3, 8 * 3 * 400 * COST))
    assert [p.method for p in found] == ["extrapolated", "last epoch carried forward"]
    # Straight lines between levels: 2 loses 4.06 points, 5 loses 0.2.
    assert found[1].values["contour"] == pytest.approx(4.4, abs=0.1)
    interval = found[0].intervals["contour"]
    assert interval.low < 4.4 < interval.high
    assert interval.high <= 50


@given(
    arrays(np.float64, st.integers(1, 12), elements=st.floats(1, 1000)), st.floats(0.01, 1), st.integers(1, 9)
)
def test_lengths_keep_the_budget_and_leave_little_of_it(costs, share, replicates):
    target = Target(100, replicates, float(costs.sum()) * 100 * replicates)
    epochs = affordable_epochs(costs, target, share)
    spent = (epochs * costs).sum()
    assert spent <= share * target.cost * (1 + 1e-6)
    assert (epochs <= 100).all()
    # At most one epoch a run is lost to rounding, unless all runs are whole.
    assert spent >= share * target.cost - costs.sum() - 1e-6 or (epochs == 100).all()
    # A dearer run never gets more epochs.
    assert (np.diff(epochs[np.argsort(costs, kind="stable")]) <= 0).all()


def test_a_tenth_is_the_limit():
    assert (affordable_epochs(np.full(38, COST), STUDY) == 300).all()
    with pytest.raises(AnalysisError, match=r"cost 10\.3 % of the study"):
        predict(prefixes(310), STUDY)


@pytest.mark.parametrize(("epochs", "levels"), [(7, ZETA), (50, ZETA[:4])])
def test_too_little_is_refused(epochs, levels):
    with pytest.raises(AnalysisError, match="needs prefixes of 8 epochs at 5 levels"):
        predict(prefixes(epochs, levels=levels), STUDY)


def test_prefixes_that_do_not_fit_together_are_refused():
    made = prefixes(10)
    with pytest.raises(AnalysisError, match="same level"):
        Prefixes(made.axis, made.runs, made.level * 0, made.reported, made.test, made.epoch_cost)
    short = tuple(curve[:-1] for curve in made.test)
    with pytest.raises(AnalysisError, match="10 and 9 epochs"):
        Prefixes(made.axis, made.runs, made.level, made.reported, short, made.epoch_cost)


def test_smoothing_keeps_a_curve_that_follows_a_law_and_calms_noise():
    random = np.random.default_rng(0)
    truth = equation_1(ZETA)
    same = smoothed(ZETA, truth, np.ones(38), truth[None, :], random)
    assert np.abs(same - truth).max() < 1e-4
    noisy = truth + 0.01 * random.standard_normal((50, 38))
    calm = smoothed(ZETA, noisy[0], np.ones(38), noisy, random)
    assert np.abs(calm - truth).mean() < 0.6 * np.abs(noisy - truth).mean()


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
    rows = score(predict(prefixes(sd=0.002), STUDY), {**TRUE, "contour": None})
    by_name = {(row.method, row.quantity): row for row in rows}
    row = by_name["extrapolated", "plateau"]
    assert row.error == pytest.approx(row.predicted - 0.868)
    assert row.inside in (True, False)
    assert by_name["extrapolated", "contour"].error is None
    assert by_name["the paper's constants", "plateau"].inside is None
