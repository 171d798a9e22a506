from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import curve_fit
from test_laws import LINKS, THETA, variable

from analysis_helpers import ZETA, equation_1, make_sample
from gossamer.analysis import LAWS, Settings, summarise
from gossamer.analysis.laws.compare import Compared, compare, left_out_error
from gossamer.analysis.laws.fit import fit, fit_many, problem
from gossamer.analysis.laws.law_findings import estimate_law, law_contours, law_half_contours
from gossamer.analysis.levels.bootstrap import draw_given_test_set
from gossamer.errors import AnalysisError

ALL = tuple(LAWS.values())


def following(law, sd=0.0, seed=0, replicates=3):
    """Levels of a study that follows a law with plateau 0.87 and fall 0.2."""
    truth = 0.87 - 0.2 * law.shape(variable(law), np.array(THETA[law.name]))
    links = np.repeat(LINKS, replicates)
    return summarise(
        make_sample(lambda z: np.interp(z, ZETA, truth), sd=sd, seed=seed, replicates=replicates, links=links)
    )


@pytest.mark.parametrize("law", ALL, ids=lambda law: law.name)
def test_a_law_is_recovered_from_its_own_curve(law):
    found = fit(problem(law, following(law)))
    assert found.plateau == pytest.approx(0.87, abs=1e-6)
    assert found.fall == pytest.approx(0.2, rel=1e-4)
    assert np.allclose(found.theta, THETA[law.name], rtol=1e-4)
    assert found.flags == ()


@pytest.mark.parametrize("law", ALL, ids=lambda law: law.name)
def test_many_fits_at_once_equal_scipys_one_by_one(law):
    p = problem(law, following(law, sd=0.004))
    random = np.random.default_rng(1)
    curves = p.y + 0.003 * random.standard_normal((5, p.y.size))
    together = fit_many(law, p.z, curves, p.w)
    for k in range(5):
        alone = fit(replace(p, y=curves[k]))
        assert together.chi2[k] == pytest.approx(alone.chi2, rel=1e-5)
        both = replace_batch(together, k)
        assert law_contours(p, both, 0.01)[0] == pytest.approx(
            law_contours(p, alone.as_fits(), 0.01)[0], abs=2e-5
        )


def replace_batch(fits, k):
    return replace(
        fits,
        plateau=fits.plateau[k : k + 1],
        fall=fits.fall[k : k + 1],
        theta=fits.theta[k : k + 1],
        chi2=fits.chi2[k : k + 1],
    )


def test_the_fit_agrees_with_scipys_curve_fit():
    levels = summarise(make_sample(sd=0.004))
    found = fit(problem(LAWS["exponential"], levels)).natural()

    def law(z, plateau, a, b):
        return plateau - a * np.exp(b * (z - 1))

    best, _ = curve_fit(law, levels.x, levels.mean, p0=(0.85, 0.2, 150), sigma=levels.weights**-0.5)
    assert [found["plateau"], found["a"], found["b"]] == pytest.approx(best, rel=1e-5)


@given(st.floats(-0.2, 0.1), st.floats(0.3, 1.0))
def test_shift_and_scale_of_accuracy_change_plateau_and_fall_only(shift, scale):
    p = problem(LAWS["exponential"], summarise(make_sample(sd=0.004)))
    before = fit(p)
    after = fit(replace(p, y=scale * p.y + shift, w=p.w / scale**2))
    assert after.plateau == pytest.approx(scale * before.plateau + shift, abs=1e-8)
    assert after.fall == pytest.approx(scale * before.fall, rel=1e-6)
    assert after.natural()["b"] == pytest.approx(before.natural()["b"], rel=1e-6)
    assert after.chi2 == pytest.approx(before.chi2, rel=1e-6)


def test_the_papers_constants_give_its_contours():
    levels = summarise(make_sample())
    p = problem(LAWS["exponential"], levels)
    found = fit(p).as_fits()
    for delta, contour in ((0.001, 0.9709), (0.01, 0.9835), (0.02, 0.9873)):
        assert law_contours(p, found, delta)[0] == pytest.approx(contour, abs=5e-5)
    assert law_half_contours(p, found)[0] == pytest.approx(0.9962, abs=5e-5)


def test_the_law_in_links_gives_the_same_contour_as_the_exponential_at_constant_nnz():
    levels = following(LAWS["persisting_links"], sd=0.004)
    contours = []
    for name in ("exponential", "persisting_links"):
        p = problem(LAWS[name], levels)
        contours.append(law_contours(p, fit(p).as_fits(), 0.01)[0])
    assert contours[0] == pytest.approx(contours[1], abs=2e-5)


def test_a_law_that_does_not_fall_by_delta_has_no_contour():
    levels = summarise(make_sample(lambda z: 0.868 - 0.005 * np.exp(183 * (z - 1)), sd=1e-4))
    p = problem(LAWS["exponential"], levels)
    assert np.isinf(law_contours(p, fit(p).as_fits(), 0.01)[0])


def test_a_parameter_at_its_bound_is_flagged():
    step = make_sample(lambda z: np.where(z > 0.9995, 0.6, 0.868), sd=1e-4)
    assert "b is at its upper bound" in fit(problem(LAWS["exponential"], summarise(step))).flags


@pytest.mark.parametrize(
    ("levels", "name", "sentence"),
    [
        ((0.0, 0.9, 1.0), "exponential", "at least 4 levels, but 3"),
        ((0.0, 0.5, 0.9, 1.0), "weibull", "at least 5 levels, but 4"),
        (ZETA, "persisting_links", "give Sample.links"),
    ],
)
def test_what_cannot_be_fitted_is_refused(levels, name, sentence):
    with pytest.raises(AnalysisError, match=sentence):
        problem(LAWS[name], summarise(make_sample(levels=levels)))


def test_links_must_fall_along_the_axis():
    sample = make_sample(links=np.full(3 * ZETA.size, 1000.0))
    with pytest.raises(AnalysisError, match="fewer persisting links"):
        problem(LAWS["persisting_links"], summarise(sample))


def law_findings(law, levels, **fields):
    settings = Settings(draws=200, **fields)
    draws = [draw_given_test_set(levels, settings.draws, 0)] if levels.noise.known else []
    p = problem(law, levels)
    return estimate_law(Compared(fit(p), p, None, None, 0.0, None), levels, draws, settings)


@pytest.mark.parametrize("law", ALL, ids=lambda law: law.name)
def test_intervals_hold_the_estimate_and_grow_with_confidence(law):
    levels = following(law, sd=0.004)
    narrow, wide = (law_findings(law, levels, confidence=confidence).parameters for confidence in (0.8, 0.95))
    for name, estimate in wide.items():
        assert narrow[name].given_test_set.contains(estimate.value)
        assert wide[name].given_test_set.width >= narrow[name].given_test_set.width


def test_an_interval_that_reaches_the_bound_of_the_search_is_open():
    # The power law tends to the exponential for large k, so data of the latter bound k from below only.
    interval = law_findings(LAWS["power"], following(LAWS["exponential"], sd=0.004)).parameters["k"]
    assert interval.given_test_set.high is None
    assert interval.given_test_set.low > 1


def test_the_best_law_predicts_best_by_the_stated_rule():
    """Over simulated studies of every law: no other law has a smaller leave-one-level-out error."""
    for k, law in enumerate(ALL):
        comparison = compare(ALL, following(law, sd=0.006, seed=k))
        assert comparison.best is comparison.laws[0]
        different = [c for c in comparison.laws if c.same_as is None]
        assert comparison.best.left_out == min(c.left_out for c in different)
        assert comparison.best.left_out == pytest.approx(left_out_error(comparison.best.problem))


def test_a_contour_before_the_easiest_level_is_none_with_a_sentence():
    epsilon = np.array([0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0])
    levels = summarise(make_sample(lambda e: 0.2 + 0.006 * e, levels=epsilon, axis="epsilon", sd=0.005))
    for name in ("exponential", "weibull", "power"):
        found = law_findings(LAWS[name], levels)
        assert found.contour.value is None
        assert "before the easiest level" in found.contour.note


def test_comparison_finds_the_law_that_made_the_data():
    for name in ("exponential", "logistic", "gompertz", "broken_stick"):
        best = compare(ALL, following(LAWS[name], sd=0.002)).best
        assert best.fit.law.name == name


def test_criteria_of_the_comparison_are_those_of_the_book():
    comparison = compare(ALL, following(LAWS["exponential"], sd=0.004))
    found = {c.fit.law.name: c for c in comparison.laws}
    n, K = ZETA.size, 4  # plateau, a, b and the overdispersion
    one = found["exponential"]
    expected = one.fit.chi2 / comparison.overdispersion + 2 * K + 2 * K * (K + 1) / (n - K - 1)
    assert one.qaicc == pytest.approx(expected)
    weights = [c.weight for c in comparison.laws if c.weight is not None]
    assert sum(weights) == pytest.approx(1.0)
    assert found["broken_stick"].qaicc is None
    assert found["persisting_links"].same_as == "exponential"
    assert found["persisting_links"].weight is None


def test_the_left_out_error_is_that_of_refitting_without_each_level():
    p = problem(LAWS["exponential"], following(LAWS["exponential"], sd=0.004))
    errors = []
    for i in range(p.y.size):
        kept = np.arange(p.y.size) != i
        without = fit(replace(p, x=p.x[kept], z=p.z[kept], y=p.y[kept], w=p.w[kept]))
        errors.append(float(without.accuracy(p.z[i : i + 1])[0]) - p.y[i])
    expected = np.sqrt(np.average(np.square(errors), weights=p.w))
    assert left_out_error(p) == pytest.approx(expected, rel=1e-4)


def test_a_law_that_cannot_be_fitted_is_skipped_with_its_sentence():
    comparison = compare(ALL, summarise(make_sample(sd=0.004)))
    assert set(comparison.skipped) == {"persisting_links"}
    with pytest.raises(AnalysisError, match="at least 4 levels"):
        compare((LAWS["exponential"],), summarise(make_sample(levels=(0.0, 0.9, 1.0))))


def test_without_replicates_laws_are_fitted_and_intervals_come_from_the_residuals():
    levels = summarise(make_sample(sd=0.004, replicates=1))
    p = problem(LAWS["exponential"], levels)
    found = fit(p)
    assert found.natural()["b"] == pytest.approx(183, rel=0.15)
    interval = law_findings(LAWS["exponential"], levels).parameters["b"].given_test_set
    assert interval.contains(183.0)
    assert interval.width < 100


def test_on_an_axis_of_epsilon_the_law_is_found_in_the_remaining_fraction():
    epsilon = np.array([0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 35.0, 50.0])
    levels = summarise(make_sample(lambda e: 0.87 - 0.3 * np.exp(-e), levels=epsilon, axis="epsilon"))
    p = problem(LAWS["exponential"], levels)
    found = fit(p)
    assert found.natural()["b"] == pytest.approx(50.0, rel=1e-5)
    contour = levels.axis.level(law_contours(p, found.as_fits(), 0.01)[0])
    assert contour == pytest.approx(np.log(0.3 / 0.01), rel=1e-5)


def test_equation_1_is_the_papers():
    assert equation_1(1.0) == pytest.approx(0.664)
