import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_helpers import ZETA, equation_1, make_sample
from gossamer.analysis import Settings, analyse
from gossamer.analysis.levels.bootstrap import generator
from gossamer.analysis.settings import settings_of
from gossamer.errors import ConfigError
from gossamer.lab import Study
from gossamer.simulate import Scenario, draw_study
from gossamer.study import StudyConfig

QUICK = Settings(draws=200, laws=("exponential", "broken_stick"))


@pytest.fixture(scope="module")
def study():
    noise, replicates = np.full(ZETA.size, 0.0065), np.full(ZETA.size, 3)
    return draw_study(Scenario(equation_1, ZETA, noise, replicates, ease=0.9), generator(0, 9)).sample


@pytest.fixture(scope="module")
def findings(study):
    return analyse(study, QUICK)


def test_the_papers_numbers_are_found_within_their_intervals(findings):
    curve, law = findings.everything.curve, findings.everything.law("exponential")
    assert curve.plateau.with_test_images.contains(0.868)
    assert curve.contour.with_test_images.contains(0.9835)
    assert curve.half.with_test_images.contains(0.9962)
    assert law.parameters["b"].with_test_images.contains(183.0)
    assert law.contour.with_test_images.contains(0.9835)
    assert [paper.esc_from for paper in findings.everything.paper] == ["given", "contour"]
    assert findings.everything.best_law == "exponential"


def test_findings_are_plain_json(findings):
    text = json.dumps(findings.to_json(), allow_nan=False)
    back = json.loads(text)
    assert back["everything"]["curve"]["contour"]["value"] == findings.everything.curve.contour.value
    assert back["settings"]["delta"] == 0.01
    assert back["without_diverged"] is None


def test_every_finding_names_its_runs(findings, study):
    view = findings.everything
    assert set(view.runs) == set(study.runs)
    assert view.curve.runs == view.runs
    assert all(law.runs == view.runs for law in view.laws)
    assert {name for level in view.levels for name in level.runs} == set(study.runs)


def test_the_same_seed_gives_the_same_findings(study, findings):
    assert analyse(study, QUICK).to_json() == findings.to_json()
    other = analyse(study, QUICK.model_copy(update={"seed": 1}))
    assert other.everything.curve.plateau.given_test_set != findings.everything.curve.plateau.given_test_set
    assert other.everything.curve.contour.value == findings.everything.curve.contour.value


@settings(max_examples=5)
@given(st.randoms(use_true_random=False))
def test_the_order_of_runs_does_not_matter(study, findings, random):
    order = list(range(len(study.runs)))
    random.shuffle(order)
    index = np.array(order)
    shuffled = replace(
        study,
        runs=tuple(study.runs[k] for k in order),
        level=study.level[index],
        accuracy=study.accuracy[index],
        replicate=study.replicate[index],
        predictions=study.predictions[index],
    )
    again = analyse(shuffled, QUICK).everything
    first = findings.everything
    assert again.curve.contour.value == pytest.approx(first.curve.contour.value, abs=1e-9)
    assert again.curve.contour.given_test_set.low == pytest.approx(
        first.curve.contour.given_test_set.low, abs=1e-9
    )
    assert again.curve.classes == first.curve.classes


def test_diverged_runs_count_and_are_left_out_beside_it(study):
    accuracy = study.accuracy.copy()
    accuracy[12] = 0.1
    found = analyse(replace(study, accuracy=accuracy, diverged=np.arange(accuracy.size) == 12), QUICK)
    assert found.diverged == (study.runs[12],)
    assert study.runs[12] in found.everything.runs
    assert study.runs[12] not in found.without_diverged.runs
    assert found.everything.levels[4].mean.value < found.without_diverged.levels[4].mean.value - 0.2


def test_missing_runs_are_listed_and_a_thin_level_is_not_fitted(study):
    accuracy = study.accuracy.copy()
    accuracy[[0, 1, 5]] = np.nan
    found = analyse(replace(study, accuracy=accuracy), QUICK)
    assert found.missing == tuple(study.runs[k] for k in (0, 1, 5))
    assert [u.level for u in found.everything.unfitted] == [0.0]
    assert found.everything.levels[0].level == 0.1
    assert found.everything.levels[0].count == 2


def test_what_is_not_determined_is_none_with_a_sentence():
    found = analyse(make_sample(replicates=1), QUICK).everything
    assert found.curve.contour.value == pytest.approx(0.9837, abs=1e-3)
    assert found.curve.contour.given_test_set is None
    assert found.levels[0].mean.given_test_set is None
    assert any("add a replicate" in note for note in found.notes)


def test_with_too_few_levels_there_is_a_table_and_sentences():
    found = analyse(make_sample(levels=(0.0, 1.0)), QUICK).everything
    assert len(found.levels) == 2
    assert found.curve is None
    assert found.laws == ()
    assert any("at least 3 levels" in note for note in found.notes)


def test_a_study_without_a_fall_says_so():
    found = analyse(make_sample(lambda z: 0.868 + 0 * z, sd=0.002), QUICK).everything
    assert found.curve.contour.value is None
    assert "does not fall" in found.curve.contour.note
    assert set(found.curve.classes) == {"normal"}


def test_on_epsilon_the_contour_is_in_epsilon_and_its_interval_in_order():
    epsilon = np.array([0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 8.0, 13.0, 20.0, 35.0, 50.0])
    sample = make_sample(lambda e: 0.87 - 0.3 * np.exp(-e), levels=epsilon, axis="epsilon", sd=0.002)
    found = analyse(sample, QUICK).everything
    assert [level.level for level in found.levels] == sorted(epsilon, reverse=True)
    contour = found.curve.contour
    assert contour.given_test_set.low < contour.value < contour.given_test_set.high
    assert contour.value == pytest.approx(np.log(30), abs=0.5)
    assert found.curve.safe.level > contour.value
    assert [paper.esc_from for paper in found.paper] == ["contour"]
    # The line of a law runs over the levels themselves.
    levels, accuracy = found.law("exponential").line
    assert (levels[0], levels[-1]) == pytest.approx((50.0, 0.2))
    assert accuracy[0] > accuracy[-1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"delta": 0.0}, "delta is 0"),
        ({"confidence": 95.0}, "confidence is 95"),
        ({"draws": 10}, "draws is 10, expected greater than or equal to 100"),
        ({"laws": []}, "laws is"),
        ({"laws": ["cubic"]}, "no law 'cubic'"),
        ({"harder": "sideways"}, "harder is 'sideways'"),
        ({"smoothing": 3}, "no name 'smoothing'"),
    ],
)
def test_settings_out_of_range_are_refused(change, sentence):
    with pytest.raises(ConfigError, match=sentence):
        settings_of(change)
    # A study says so before its first run.
    with pytest.raises(ConfigError, match=sentence):
        Study(StudyConfig(name="s", analysis=change))


def test_a_wider_confidence_gives_a_wider_interval(study):
    widths = []
    for confidence in (0.8, 0.95):
        found = analyse(study, QUICK.model_copy(update={"confidence": confidence})).everything
        widths.append(
            [
                found.curve.plateau.given_test_set.width,
                found.law("exponential").parameters["b"].given_test_set.width,
            ]
        )
    assert widths[0][0] < widths[1][0]
    assert widths[0][1] < widths[1][1]


def test_the_levels_are_the_papers(findings):
    assert [level.level for level in findings.everything.levels] == ZETA.tolist()
