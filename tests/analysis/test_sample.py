from dataclasses import replace

import numpy as np
import pytest

from analysis_helpers import make_sample
from gossamer.analysis import summarise
from gossamer.errors import AnalysisError
from gossamer.train.score import R2


def with_predictions(sample, wrong_in):
    """The sample with 10 test images, of which `wrong_in[run]` are wrong, and accuracies to match."""
    predictions = (np.arange(10) < np.asarray(wrong_in)[:, None]).astype(np.uint8)
    return replace(
        sample,
        accuracy=1.0 - np.asarray(wrong_in) / 10,
        test_size=10,
        predictions=predictions,
        labels=np.zeros(10, np.uint8),
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"level": np.zeros(3)}, "'level' has shape"),
        ({"accuracy": np.full(6, 86.8)}, "divide percent by 100"),
        ({"accuracy": np.full(6, -0.1)}, "fractions in"),
        ({"level": np.full(6, np.nan)}, "not a finite number"),
        ({"runs": ("a",) * 6}, "named twice"),
        ({"test_size": 0}, "at least 1 image"),
        ({"predictions": np.zeros((6, 4), np.uint8)}, "go together"),
        ({"predictions": np.zeros((6, 4), np.uint8), "labels": np.zeros(4, np.uint8)}, "have shape"),
    ],
)
def test_what_contradicts_itself_is_refused_with_a_sentence(change, sentence):
    sample = make_sample(levels=(0.0, 0.5))
    with pytest.raises(AnalysisError, match=sentence):
        replace(sample, **change)


def test_predictions_must_give_the_accuracy_that_was_read():
    sample = with_predictions(make_sample(levels=(0.0, 0.5)), [1, 2, 1, 2, 3, 2])
    with pytest.raises(AnalysisError, match=r"zeta=0 #1 contradict its accuracy"):
        replace(sample, accuracy=np.where(np.arange(6) == 1, 0.5, sample.accuracy))


def test_a_missing_or_diverged_run_needs_no_predictions():
    sample = with_predictions(make_sample(levels=(0.0, 0.5)), [1, 2, 1, 2, 3, 2])
    accuracy = sample.accuracy.copy()
    accuracy[:2] = np.nan, 0.1
    changed = replace(sample, accuracy=accuracy, diverged=np.arange(6) == 1)
    assert changed.has_predictions.tolist() == [False, False, True, True, True, True]


def test_arrays_become_read_only_and_the_callers_stay_writable():
    level = np.array([0.0, 0.5])
    sample = replace(make_sample(levels=(0.0, 0.5), replicates=1), level=level)
    assert not sample.level.flags.writeable
    assert level.flags.writeable


def test_without_diverged_runs_they_are_missing():
    sample = replace(make_sample(levels=(0.0, 0.5)), diverged=np.arange(6) < 2)
    assert sample.without_diverged().present.tolist() == [False, False, True, True, True, True]
    levels = summarise(sample.without_diverged())
    assert levels.level.tolist() == [0.5]
    assert [(u.level, u.count, u.asked, u.runs) for u in levels.unfitted] == [(0.0, 1, 3, ("zeta=0 #2",))]


def test_another_score_has_its_own_range_and_no_counted_samples():
    """R squared: at most 1, without a lower bound."""
    sample = make_sample(lambda z: 0.6 - 2.0 * z, levels=(0.0, 0.3, 0.6, 0.9), sd=0.05, score=R2)
    levels = summarise(sample)
    assert levels.mean[-1] < -1
    assert levels.intervals()[-1].low < levels.mean[-1]
    equal = summarise(make_sample(lambda z: -1.0 - z, levels=(0.0, 0.5, 1.0), score=R2))
    assert (equal.noise.variance < 1e-12).all()
    with pytest.raises(AnalysisError, match="between -inf and 1"):
        make_sample(lambda z: 1.5 + z, score=R2)
