"""scikit-learn's own checks of an estimator, none excused."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from gossamer.interop.sklearn import SparseAutoencoder, SparseMLPClassifier, SparseMLPRegressor

SMALL = {"hidden_layer_sizes": (20,), "density": 0.5, "learning_rate_init": 0.02, "max_iter": 60}


@parametrize_with_checks(
    [
        SparseMLPClassifier(**SMALL),
        SparseMLPRegressor(**SMALL),
        SparseAutoencoder(**{**SMALL, "hidden_layer_sizes": (5,)}),
    ]
)
def test_scikit_learn_finds_nothing(estimator, check):
    check(estimator)
