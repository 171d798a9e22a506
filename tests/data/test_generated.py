import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gossamer.data import DataConfig, MadelonConfig, TeacherConfig, load_dataset
from gossamer.data.draws import bell, distinct
from gossamer.data.madelon import make_madelon
from gossamer.data.teacher import draw_teacher, make_teacher

SEEDS = st.integers(0, 2**63 - 1)


@given(
    seed=SEEDS,
    samples=st.integers(4, 60),
    informative=st.integers(1, 5),
    redundant=st.integers(0, 4),
    extra=st.integers(0, 9),
)
def test_the_signs_of_the_informative_features_decide_the_class_of_madelon(
    seed, samples, informative, redundant, extra
):
    features = informative + redundant + extra
    config = MadelonConfig(samples=samples, features=features, informative=informative, redundant=redundant)
    source = make_madelon(config, seed)
    inputs, labels = source.train.inputs, source.train.labels
    relevant = source.answer.relevant_features
    assert len(relevant) == informative + redundant
    signs = inputs[:, relevant] > 0
    if redundant == 0:
        classes = {}
        for corner, label in zip(map(bytes, signs), labels, strict=True):
            assert classes.setdefault(corner, label) == label
    again = make_madelon(config, seed)
    np.testing.assert_array_equal(inputs, again.train.inputs)
    np.testing.assert_array_equal(labels, again.train.labels)


@given(
    seed=SEEDS,
    samples=st.integers(4, 60),
    features=st.integers(1, 30),
    hidden=st.integers(1, 12),
    data=st.data(),
)
def test_the_teacher_labels_its_set_and_reads_relevant_features_only(seed, samples, features, hidden, data):
    fan_in = data.draw(st.integers(1, min(features, hidden)))
    config = TeacherConfig(samples=samples, features=features, hidden=hidden, fan_in=fan_in)
    source, teacher = make_teacher(config, seed), draw_teacher(config, seed)
    inputs = source.train.inputs
    np.testing.assert_array_equal(source.train.labels, teacher.labels(inputs))
    irrelevant = np.setdiff1d(np.arange(features), source.answer.relevant_features)
    changed = inputs.copy()
    changed[:, irrelevant] = 5
    np.testing.assert_array_equal(teacher.raw_scores(changed), teacher.raw_scores(inputs))
    for links in (teacher.hidden_sources, teacher.output_sources):
        assert (np.diff(links, axis=1) > 0).all()
    assert ((np.abs(teacher.hidden_weights) >= 0.5) & (np.abs(teacher.hidden_weights) <= 1)).all()


@pytest.mark.parametrize("name", ["madelon", "teacher"])
@given(seed=SEEDS, fewer=st.integers(4, 50))
@settings(max_examples=10)
def test_a_larger_set_begins_with_the_smaller_one(name, seed, fewer):
    kind, make = {"madelon": (MadelonConfig, make_madelon), "teacher": (TeacherConfig, make_teacher)}[name]
    small, large = (make(kind(samples=n, label_noise=0.2), seed).train for n in (fewer, 60))
    np.testing.assert_array_equal(small.inputs, large.inputs[:fewer])
    np.testing.assert_array_equal(small.labels, large.labels[:fewer])


@given(seed=SEEDS, rows=st.integers(1, 20), below=st.integers(1, 12), data=st.data())
def test_distinct_draws_are_distinct_and_in_range(seed, rows, below, data):
    count = data.draw(st.integers(1, below))
    drawn = distinct(seed, rows, count, below, 3)
    assert drawn.shape == (rows, count)
    assert (np.diff(drawn, axis=1) > 0).all()
    assert drawn.min() >= 0
    assert drawn.max() < below


def test_distinct_draws_are_uniform():
    # 6000 sets of 2 out of 4: each of the 6 is binomial(6000, 1/6) with deviation 28.9; five are 145.
    drawn = distinct(1, 6000, 2, 4, 3)
    counts = np.bincount(drawn[:, 0] * 4 + drawn[:, 1])
    assert np.abs(counts[counts > 0] - 1000).max() < 145
    assert (counts > 0).sum() == 6


def test_bell_draws_have_mean_0_variance_1_and_stay_within_their_bound():
    values = np.concatenate([block for _, block in bell(1, 2000, 50, 2)])
    assert values.shape == (2000, 50)
    # 10**5 draws: the mean has deviation 0.0032. The fourth moment of a sum of four uniforms is 2.7 (3 minus
    # 6/5/4), so the mean square has deviation sqrt(1.7 / 10**5) = 0.0041. Five deviations each.
    assert abs(values.mean()) < 0.016
    assert abs((values**2).mean() - 1) < 0.021
    assert np.abs(values).max() <= 2 * np.sqrt(3)


@pytest.mark.parametrize("name", ["madelon", "teacher"])
def test_label_noise_has_the_asked_rate_and_never_keeps_the_label(name):
    kind, make = {"madelon": (MadelonConfig, make_madelon), "teacher": (TeacherConfig, make_teacher)}[name]
    clean, noisy = (make(kind(samples=4000, features=20, label_noise=p), 3) for p in (0.0, 0.3))
    rate = (clean.train.labels != noisy.train.labels).mean()
    # Binomial(4000, 0.3): the rate has deviation 0.0072; five are 0.036.
    assert abs(rate - 0.3) < 0.036
    assert (clean.answer.best_accuracy, noisy.answer.best_accuracy) == (1.0, 0.7)


def test_classes_of_the_default_sets_are_about_equally_frequent():
    for name in ("madelon", "teacher"):
        data = load_dataset(DataConfig(name=name))
        frequency = np.bincount(data.train.labels) / len(data.train)
        assert frequency.min() > 0.5 / data.n_classes
        assert data.answer.best_accuracy == 1.0


def test_no_single_feature_of_madelon_gives_the_class_away():
    data = load_dataset(DataConfig(name="madelon"))
    means = [data.train.inputs[data.train.labels == k].mean(axis=0) for k in (0, 1)]
    # Noise features: the difference of two means of about 650 samples has deviation 0.055; five are 0.275.
    noise = np.setdiff1d(np.arange(500), data.answer.relevant_features)
    assert np.abs(means[0] - means[1])[noise].max() < 0.275


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (MadelonConfig, {"features": 10}, "do not fit into features = 10"),
        (MadelonConfig, {"informative": 2, "classes": 5}, "above 2 \\*\\* informative = 4"),
        (MadelonConfig, {"samples": 10**7, "features": 10**6}, "lower one"),
        (MadelonConfig, {"samples": -5}, "greater than or equal to 4"),
        (TeacherConfig, {"fan_in": 30}, "fan_in = 30 is above"),
        (TeacherConfig, {"label_noise": 0.5}, "less than 0.5"),
        (TeacherConfig, {"unknown": 1}, "not permitted"),
    ],
)
def test_sizes_that_cannot_be_are_refused(kind, settings, message):
    with pytest.raises(ValidationError, match=message):
        kind(**settings)


def test_stored_checksums():
    assert load_dataset(DataConfig(name="madelon"), seed=1).checksum == STORED["madelon"]
    assert load_dataset(DataConfig(name="teacher"), seed=1).checksum == STORED["teacher"]


STORED = {
    "madelon": "723f10b5d2e48de663e2d6e252d28e02929dd420d317a0c46b758eec5841b1f8",
    "teacher": "3aeb9e1aa05596ae9f9a197bb39f963e5e39ebf5c70527cdcdf01a1a5c3c3c34",
}
