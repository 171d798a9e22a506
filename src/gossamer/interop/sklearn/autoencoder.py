"""A sparse autoencoder as a transformer of scikit-learn."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from scipy.special import expit
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from gossamer.data.targets import TaskName
from gossamer.engine import reference_math as rm
from gossamer.engine.activation import Activation
from gossamer.engine.loss import LossName
from gossamer.engine.network import Network
from gossamer.interop.sklearn.base import NUMBERS, SparseEstimator
from gossamer.interop.sklearn.trainer import Trainer, inputs_of

Array = NDArray[Any]


class SparseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, SparseEstimator):
    """Truly sparse autoencoder: `transform` gives the activations of the code, the smallest hidden layer.

    After training the input strength of the features, `feature_importances_`, says which of them the code is
    made of: feature selection by `sklearn.feature_selection.SelectFromModel` (QuickSelection, Atashgahi et
    al. 2022).

    Parameters
    ----------
    loss : "squared_error" or "binary_cross_entropy"
        "binary_cross_entropy" is for features in [0, 1].
    noise : float
        Standard deviation of the normal noise that is added to the features, new in each epoch (a denoising
        autoencoder); what is to be reconstructed is without it. Dense samples only.
    others
        As those of `SparseMLPClassifier`.

    Attributes
    ----------
    As those of `SparseMLPClassifier`, without the classes.
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (200,),
        *,
        loss: Literal["squared_error", "binary_cross_entropy"] = "squared_error",
        noise: float = 0.0,
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
        warm_start: bool = False,
        dtype: str = "auto",
        random_state: Any = None,
        n_threads: int | None = None,
        callback: Callable[[Any], None] | None = None,
    ) -> None:
        self._keep(locals())

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Train on samples X [n, d], an array or sparse matrix; `y` is ignored.

        Raises
        ------
        ValueError
            If samples, weights or a parameter do not fit.
        DivergedError
            If the loss is no longer finite.
        """
        return self._learn(X, sample_weight, first=self._starts_anew(), epochs=None)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """One epoch over the samples; `y` is ignored."""
        return self._learn(X, sample_weight, first=not hasattr(self, "trainer_"), epochs=1)

    def transform(self, X: Any) -> Array:
        """Activations of the code [n, n_components]."""
        X = self._checked(X)
        layer = self._code_layer()
        code = self._part(0, layer + 1).scores(inputs_of(X))
        activation = self.network_.activations[layer]
        if activation.parameters:
            neurons = {name: self.network_.bias_column(layer, name) for name in activation.parameters}
            return np.asarray(rm.srelu(code.T, neurons)[0].T, X.dtype)
        return np.asarray(rm.activate(code, activation, layer), X.dtype)

    def inverse_transform(self, X: Any) -> Array:
        """Reconstructed features [n, n_features_in_] from codes [n, n_components]."""
        check_is_fitted(self)
        codes = np.asarray(X)
        found = self._part(self._code_layer() + 1, self.network_.n_layers).scores(inputs_of(codes))
        return np.asarray(self._reconstructed(found), codes.dtype)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Minus the mean squared error of the reconstruction; `y` is ignored."""
        X = self._checked(X)
        found = self._reconstructed(self.network_.scores(inputs_of(X)).astype(np.float64))
        errors = ((found - _dense(X)) ** 2).mean(axis=1)
        return -float(np.average(errors, weights=sample_weight))

    def _learn(self, X: Any, sample_weight: Any, *, first: bool, epochs: int | None) -> Self:
        X = validate_data(self, X, accept_sparse="csr", dtype=NUMBERS, reset=first)
        losses: dict[str, LossName] = {"squared_error": "mse", "binary_cross_entropy": "binary_cross_entropy"}
        if self.loss not in losses:
            raise ValueError(f"loss is {self.loss!r}, expected one of {', '.join(losses)}.")
        loss = losses[self.loss]
        task: TaskName = "regression" if loss == "mse" else "multilabel"
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        if self.noise and issparse(X):
            raise ValueError(f"noise is {self.noise} and X is sparse; dense samples are expected.")
        targets = np.asarray(_dense(X), np.float32)
        batch = self._batch(X.shape[0])
        clean = self._samples(X, targets, weights, task)
        if first:
            config = self._config(task, loss, X.dtype, batch)
            self._begin(Trainer(config, (X.shape[1], *config.network.hidden, X.shape[1]), clean))
        seed = check_random_state(self.random_state).randint(2**31) if self.noise else 0

        def noisy(epoch: int) -> Any:
            if not self.noise:
                return clean
            rng = np.random.default_rng([seed, epoch])
            moved = X + self.noise * rng.standard_normal(X.shape)
            return self._samples(moved, targets, weights, task)

        self._carry_on(noisy, batch, epochs, None)
        return self

    def _encode(self, y: Array, first: bool, classes: Any) -> Any:
        raise NotImplementedError("An autoencoder has no targets but its samples.")

    def _weights_of_classes(self, y: Array) -> None:
        return None

    def _checked(self, X: Any) -> Any:
        check_is_fitted(self)
        return validate_data(self, X, accept_sparse="csr", dtype=NUMBERS, reset=False)

    def _reconstructed(self, outputs: Array) -> Array:
        return np.asarray(expit(outputs) if self.network_.loss == "binary_cross_entropy" else outputs)

    def _code_layer(self) -> int:
        """Number of the smallest hidden layer, the first of equals."""
        return int(np.argmin(self.network_.sizes[1:-1]))

    def _part(self, first: int, last: int) -> Network:
        """The layers of links first .. last - 1 as a network of their own."""
        whole, layers = self.network_, range(first, last)
        # A slope that depends on the number of a layer becomes a number of its own.
        activations = [
            Activation("leaky_relu", a.negative_slope(k)) if a.name == "all_relu" else a
            for k, a in list(enumerate(whole.activations))[first : last - 1]
        ]
        part = Network(
            [whole.patterns[k] for k in layers],
            [whole.column(k, "weight") for k in layers],
            activations=activations,
            dropout=[0.0] * len(activations),
            loss="mse",
            optimizer=whole.optimizer,
            dtype="float32" if whole.dtype == np.float32 else "float64",
        )
        for k in layers:
            part.set_bias(k - first, whole.bias(k))
            for name in part.activation_parameters(k - first):
                part.set_bias_column(k - first, name, whole.bias_column(k, name))
        return part

    @property
    def _n_features_out(self) -> int:
        return int(self.network_.sizes[1 + self._code_layer()])


def _dense(samples: Any) -> Any:
    given: Any = samples
    return given.toarray() if issparse(samples) else given
