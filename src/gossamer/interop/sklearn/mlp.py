"""Sparse multilayer perceptrons with the interface of scikit-learn's MLPClassifier and MLPRegressor."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from gossamer.data.targets import TaskName
from gossamer.engine.loss import LossName, probabilities
from gossamer.interop.sklearn.base import SparseEstimator

Array = NDArray[Any]


class SparseMLPClassifier(ClassifierMixin, SparseEstimator):
    """Truly sparse classifier; of several labels where ``y`` is an indicator matrix.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Neurons of the hidden layers.
    method : str or mapping
        A method by its name in ``gossamer methods``, or as its parts.
    epsilon, density, zeta : float, optional
        Of the method: links of an Erdos-Renyi start in units of n_in + n_out, fraction of all positions that
        hold a link, fraction of links moved at an update. What is not given is the method's default.
    settings : mapping, optional
        Any other setting of a run by its dotted path, as ``{"method.when.every": 100}``; ``gossamer train
        --help-config`` lists them.
    activation : str
        Of the hidden layers: "relu", "leaky_relu", "all_relu", "tanh", "sigmoid", "srelu" or "linear".
    solver : "adam" or "sgd"
    learning_rate : "constant", "linear" or "cosine"
        Its course over `max_iter` epochs.
    learning_rate_init : float
    momentum, nesterovs_momentum : float, bool
        Of "sgd".
    weight_decay : float
        L2 penalty on the weights, in the gradient; scikit-learn's ``alpha`` over the number of samples.
    dropout : float
        Part of each hidden layer that is dropped in training.
    batch_size : int or "auto"
        "auto" is min(200, samples).
    max_iter : int
        Epochs.
    tol : float, n_iter_no_change : int
        Training ends when the loss, or under `early_stopping` the score on the validation split, was no
        better by `tol` for this many epochs.
    early_stopping : bool, validation_fraction : float
        Whether to hold out a part of the samples; the weights of its best epoch are kept.
    class_weight : mapping from class to weight, "balanced" or None
    warm_start : bool
        Whether `fit` goes on with the network of the last call.
    dtype : "auto", "float32" or "float64"
        Type of weights and activations; "auto" is that of ``X``. Features are float32 in any case.
    random_state : int, RandomState or None
    n_threads : int, optional
    callback : callable, optional
        Gets the estimator after every epoch, before its update of the topology.

    Attributes
    ----------
    classes_ : array of the labels
    coefs_, patterns_ : list of `scipy.sparse.csr_array` [n_in, n_out]
        Weights of each layer, and which links there are.
    intercepts_ : list of arrays [n_out]
    loss_, best_loss_ : float; loss_curve_ : list of float
        Mean training loss of the last, the best and every epoch, with weights of samples.
    validation_scores_, best_validation_score_ : of `early_stopping`, else None
    n_iter_, t_ : int
        Epochs of the last call of `fit`, steps of all calls.
    feature_importances_ : array [n_features_in_]
        Input strength: sum of the absolute weights of each feature's links (Atashgahi et al. 2022).
    network_ : `gossamer.engine.network.Network`
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (256, 256),
        *,
        method: str | Mapping[str, Any] = "set",
        epsilon: float | None = None,
        density: float | None = None,
        zeta: float | None = None,
        settings: Mapping[str, Any] | None = None,
        activation: str = "relu",
        solver: str = "adam",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        momentum: float = 0.9,
        nesterovs_momentum: bool = False,
        weight_decay: float = 0.0,
        dropout: float = 0.0,
        batch_size: int | str = "auto",
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        class_weight: Any = None,
        warm_start: bool = False,
        dtype: str = "auto",
        random_state: Any = None,
        n_threads: int | None = None,
        callback: Callable[[Any], None] | None = None,
    ) -> None:
        self._keep(locals())

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on samples X [n, d], an array or sparse matrix, and labels y [n], or an indicator [n, k].

        Raises
        ------
        ValueError
            If samples, labels, weights or a parameter do not fit.
        DivergedError
            If the loss is no longer finite.
        """
        return self._fit(X, y, sample_weight, first=self._starts_anew())

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One epoch over the samples; `classes`, all that will ever come, is needed at the first call."""
        first = not hasattr(self, "trainer_")
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if not first and classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, "
                f"was: {self.classes_!r}"
            )
        return self._fit(X, y, sample_weight, first=first, epochs=1, classes=classes)

    def predict(self, X: Any) -> Array:
        """Labels [n], or an indicator matrix [n, k]."""
        scores = self._scores(X)
        if self._task == "multilabel":
            return (scores > 0).astype(int)
        if len(self.classes_) == 1:
            return np.repeat(self.classes_, len(scores))
        return np.asarray(self.classes_[scores.argmax(axis=1)])

    def predict_proba(self, X: Any) -> Array:
        """Probabilities [n, k] of the classes, or of every label to be on."""
        return probabilities(self._scores(X), self.network_.loss)

    def predict_log_proba(self, X: Any) -> Array:
        """Logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _encode(self, y: Array, first: bool, classes: Any) -> tuple[TaskName, LossName, int, Array]:
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError("y has several columns of classes; give labels [n] or an indicator matrix.")
        several = kind == "multilabel-indicator"
        if several:
            found: Array = np.arange(y.shape[1])
        else:
            y = column_or_1d(y, warn=True)
            found = unique_labels(y if classes is None else classes)
        if first:
            self.classes_ = found
            self._task = "multilabel" if several else "classification"
        elif several != (self._task == "multilabel"):
            raise ValueError("y is labels where it was an indicator matrix before, or the other way round.")
        present = found if several else unique_labels(y)
        if np.setdiff1d(present, self.classes_).size:
            raise ValueError(f"`y` has classes {present!r} and `classes` are {self.classes_!r}.")
        if several:
            return "multilabel", "binary_cross_entropy", len(self.classes_), y.astype(np.float32)
        numbers = np.searchsorted(self.classes_, y).astype(np.uint32)
        return "classification", "cross_entropy", len(self.classes_), numbers

    def _weights_of_classes(self, y: Array) -> NDArray[np.float64] | None:
        if self.class_weight is None:
            return None
        return np.asarray(compute_sample_weight(self.class_weight, y), np.float64)


class SparseMLPRegressor(RegressorMixin, SparseEstimator):
    """Truly sparse regressor of one value or several.

    Parameters
    ----------
    loss : "squared_error", "huber" or "poisson"
        "huber" is squared up to an error of 1 and linear beyond; "poisson" learns the logarithm of counts or
        rates. Targets are learned as they are: scale them, or use
        `sklearn.compose.TransformedTargetRegressor`.
    others
        As those of `SparseMLPClassifier`, which has ``class_weight`` besides.

    Attributes
    ----------
    As those of `SparseMLPClassifier`, without the classes.
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (256, 256),
        *,
        loss: Literal["squared_error", "huber", "poisson"] = "squared_error",
        method: str | Mapping[str, Any] = "set",
        epsilon: float | None = None,
        density: float | None = None,
        zeta: float | None = None,
        settings: Mapping[str, Any] | None = None,
        activation: str = "relu",
        solver: str = "adam",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        momentum: float = 0.9,
        nesterovs_momentum: bool = False,
        weight_decay: float = 0.0,
        dropout: float = 0.0,
        batch_size: int | str = "auto",
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        dtype: str = "auto",
        random_state: Any = None,
        n_threads: int | None = None,
        callback: Callable[[Any], None] | None = None,
    ) -> None:
        self._keep(locals())

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on samples X [n, d], an array or sparse matrix, and values y [n] or [n, k].

        Raises
        ------
        ValueError
            If samples, values, weights or a parameter do not fit.
        DivergedError
            If the loss is no longer finite.
        """
        return self._fit(X, y, sample_weight, first=self._starts_anew())

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch over the samples."""
        return self._fit(X, y, sample_weight, first=not hasattr(self, "trainer_"), epochs=1)

    def predict(self, X: Any) -> Array:
        """Values [n] or [n, k]."""
        values = self._scores(X)
        if self.network_.loss == "poisson":
            values = np.exp(values)
        return values[:, 0] if self._flat else values

    def _encode(self, y: Array, first: bool, classes: Any) -> tuple[TaskName, LossName, int, Array]:
        losses: dict[str, LossName] = {"squared_error": "mse", "huber": "huber", "poisson": "poisson"}
        if self.loss not in losses:
            raise ValueError(f"loss is {self.loss!r}, expected one of {', '.join(losses)}.")
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        flat, values = y.ndim == 1, np.asarray(y, np.float64).reshape(len(y), -1)
        if not first and (flat != self._flat or values.shape[1] != self.network_.sizes[-1]):
            raise ValueError(f"y has {values.shape[1]} columns, but {self.network_.sizes[-1]} before.")
        self._flat: bool = flat
        return "regression", losses[self.loss], values.shape[1], values

    def _weights_of_classes(self, y: Array) -> None:
        return None
