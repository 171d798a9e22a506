"""Sparse estimators beside scikit-learn's own tools: searches, pipelines, pickles, weights, selection."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_digits, make_multilabel_classification, make_regression
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gossamer.errors import ConfigError, DivergedError
from gossamer.evolve import METHODS
from gossamer.interop.sklearn import SparseAutoencoder, SparseMLPClassifier, SparseMLPRegressor

SMALL = {"hidden_layer_sizes": (32, 16), "density": 0.3, "learning_rate_init": 0.01, "random_state": 0}

WIDE = {**SMALL, "hidden_layer_sizes": (64, 64), "zeta": 0.1}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X.astype(np.float32) / 16, y, test_size=0.3, random_state=0, stratify=y)


def same(first, second):
    """Whether two estimators hold the same bits, also in what only training sees."""
    ours, theirs = first.trainer_.copy_of_network(), second.trainer_.copy_of_network()
    assert list(ours) == list(theirs)
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name], err_msg=name)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_digits_at_90_percent_sparsity_within_a_point_and_a_half_of_a_dense_network(digits):
    X, X_test, y, y_test = digits
    shape = {"hidden_layer_sizes": (128, 128), "max_iter": 100}
    dense = [MLPClassifier(**shape, random_state=s).fit(X, y).score(X_test, y_test) for s in range(2)]
    sparse = [
        SparseMLPClassifier(**shape, density=0.1, learning_rate_init=0.005, random_state=s)
        .fit(X, y)
        .score(X_test, y_test)
        for s in range(2)
    ]
    assert np.mean(sparse) > np.mean(dense) - 0.015


def test_a_search_over_zeta_and_epsilon_in_two_processes(digits):
    X, X_test, y, y_test = digits
    model = SparseMLPClassifier(
        hidden_layer_sizes=(64,), learning_rate_init=0.01, max_iter=15, random_state=0
    )
    search = GridSearchCV(model, {"zeta": [0.1, 0.4], "epsilon": [2.0, 8.0]}, n_jobs=2, cv=3).fit(X, y)
    links = search.best_estimator_.network_.nnz
    assert search.best_params_["epsilon"] == 8
    assert links[0] == pytest.approx(8 * (64 + 64), rel=0.2)
    assert search.score(X_test, y_test) > 0.85


def test_a_pipeline_with_string_labels_and_sparse_samples(digits):
    X, X_test, y, y_test = digits
    names = np.array([f"digit {k}" for k in range(10)])
    model = make_pipeline(StandardScaler(with_mean=False), SparseMLPClassifier(**SMALL, max_iter=40))
    model.fit(csr_array(X), names[y])
    assert model.predict(csr_array(X_test))[0].startswith("digit ")
    assert model.score(csr_array(X_test), names[y_test]) > 0.9
    np.testing.assert_allclose(model.predict_proba(csr_array(X_test)).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_trains(method, digits):
    X, _, y, _ = digits
    model = SparseMLPClassifier(**{**SMALL, "method": method}, max_iter=6, early_stopping=True)
    model.fit(X, y)
    assert np.isfinite(model.loss_curve_).all()
    assert model.score(X, y) > 0.3
    same(model, clone(model).fit(X, y))


@pytest.mark.parametrize("through", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize("method", ["set", "rigl", "itop"])
def test_copies_and_pickles_go_on_with_the_same_bits(through, method, digits):
    X, X_test, y, _ = digits
    model = SparseMLPClassifier(**SMALL, method=method, max_iter=3, warm_start=True).fit(X, y)
    other = through(model)
    np.testing.assert_array_equal(model.predict_proba(X_test), other.predict_proba(X_test))
    same(model.fit(X, y), other.fit(X, y))


def test_parts_of_the_data_one_after_the_other(digits):
    X, X_test, y, y_test = digits
    model = SparseMLPClassifier(**SMALL, batch_size=40)
    for epoch in range(25):
        for part in np.array_split(np.random.default_rng(epoch).permutation(len(X)), 3):
            model.partial_fit(X[part], y[part], classes=np.arange(10))
    assert model.score(X_test, y_test) > 0.9
    assert model.t_ >= 25 * len(X) // 40
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X[:4], [11, 1, 2, 3])


def test_weights_of_a_class_as_repetitions_of_its_samples(digits):
    """In one batch a weight of three is three times the sample: the same network but for rounding."""
    X, _, y, _ = (part[:150] for part in digits)
    X, model = X.astype(np.float64), SparseMLPClassifier(**SMALL, batch_size=1000, max_iter=20, tol=-np.inf)
    again = np.concatenate([np.arange(150), *[np.flatnonzero(y == 3)] * 2])
    weighted = clone(model).set_params(class_weight={3: 3}).fit(X, y)
    by_hand = clone(model).fit(X, y, sample_weight=np.where(y == 3, 3.0, 1.0))
    repeated = clone(model).fit(X[again], y[again])
    same(weighted, by_hand)
    for ours, theirs in zip(weighted.coefs_, repeated.coefs_, strict=True):
        np.testing.assert_allclose(ours.toarray(), theirs.toarray(), rtol=1e-7, atol=1e-10)


def test_matrices_are_those_of_the_network(digits):
    X, X_test, y, _ = digits
    model = SparseMLPClassifier(**SMALL, max_iter=5).fit(X, y)
    a = X_test
    for k, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        a = a @ weights.toarray() + bias
        a = np.maximum(a, 0) if k < 2 else a
    np.testing.assert_array_equal(model.classes_[a.argmax(axis=1)], model.predict(X_test))
    assert [p.nnz for p in model.patterns_] == [w.nnz for w in model.coefs_] == list(model.network_.nnz)


def test_a_callback_sees_every_epoch(digits):
    X, _, y, _ = digits
    seen = []
    model = SparseMLPClassifier(**SMALL, max_iter=4, callback=lambda model: seen.append(model.loss_))
    model.fit(X, y)
    assert seen == model.loss_curve_


def test_early_stopping_keeps_the_best_epoch(digits):
    X, _, y, _ = digits
    model = SparseMLPClassifier(**SMALL, early_stopping=True, max_iter=60, n_iter_no_change=4).fit(X, y)
    assert len(model.validation_scores_) == model.n_iter_ < 60
    assert model.best_validation_score_ == max(model.validation_scores_)
    held_out = train_test_split(
        np.arange(len(X)), test_size=0.1, random_state=np.random.RandomState(0).randint(2**31), stratify=y
    )[1]
    assert model.score(X[held_out], y[held_out]) == pytest.approx(model.best_validation_score_)


def test_several_labels():
    X, y = make_multilabel_classification(600, 30, n_classes=4, random_state=0)
    model = SparseMLPClassifier(**WIDE, max_iter=100).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert (model.predict(X) == y).mean() > 0.9
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X) > 0.5)


@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_several_values(loss):
    X, y = make_regression(500, 20, n_targets=3, random_state=0)
    y = StandardScaler().fit_transform(y)
    model = SparseMLPRegressor(**WIDE, loss=loss, max_iter=200).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.score(X, y) > 0.9


def test_counts_under_poisson():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 6))
    rate = np.exp(1 + 0.7 * X[:, 0] - 0.5 * X[:, 1])
    model = SparseMLPRegressor(**SMALL, loss="poisson", max_iter=100).fit(X, rng.poisson(rate))
    assert (model.predict(X) > 0).all()
    assert np.corrcoef(np.log(model.predict(X)), np.log(rate))[0, 1] > 0.95
    with pytest.raises(ValueError, match="poisson"):
        model.fit(X, -rate)


def test_huber_is_robust_where_squares_are_not():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(800, 5))
    truth = X[:, 0] - X[:, 1]
    y = truth + np.where(rng.random(800) < 0.1, 15.0, 0.0)
    bias = {
        loss: np.mean(SparseMLPRegressor(**SMALL, loss=loss, max_iter=60).fit(X, y).predict(X) - truth)
        for loss in ("squared_error", "huber")
    }
    assert abs(bias["huber"]) < abs(bias["squared_error"]) / 3


def test_an_autoencoder_selects_the_features_that_vary(digits):
    X, X_test, _, _ = digits
    model = SparseAutoencoder(
        (40,), density=0.2, noise=0.1, learning_rate_init=0.005, max_iter=60, random_state=0
    )
    selector = SelectFromModel(model, max_features=40, threshold=-np.inf).fit(X)
    chosen = selector.get_support()
    assert X[:, chosen].var(axis=0).mean() > 3 * X[:, ~chosen].var(axis=0).mean()
    fitted = selector.estimator_
    mean = X.mean(axis=0)
    assert fitted.score(X_test) > -0.5 * ((X_test - mean) ** 2).mean()
    codes = fitted.transform(X_test)
    assert codes.shape == (len(X_test), 40)
    reconstructed = fitted.inverse_transform(codes)
    assert -((reconstructed - X_test) ** 2).mean() == pytest.approx(fitted.score(X_test), rel=1e-5)


def test_samples_beyond_all_measure_are_a_sentence(digits):
    X, _, y, _ = digits
    with pytest.raises(DivergedError, match="not finite"):
        SparseMLPClassifier(**{**SMALL, "learning_rate_init": 1e5}, solver="sgd").fit(X * 1e4, y)
    with pytest.raises(ConfigError, match="zeta"):
        SparseMLPClassifier(**SMALL, zeta=2.0).fit(X, y)
    with pytest.raises(ValueError, match="non-zero"):
        SparseMLPClassifier(**SMALL).fit(X, y, sample_weight=np.zeros(len(y)))


def test_the_example_of_the_docs_runs(capsys):
    page = Path(__file__).resolve().parents[2] / "docs" / "sklearn.md"
    code = page.read_text().split("```python\n")[1].split("```")[0]
    exec(code.replace("[2, 8]", "[8]").replace("n_jobs=2, cv=3", "cv=2"), {})
    assert float(capsys.readouterr().out.split()[0]) > 0.9
