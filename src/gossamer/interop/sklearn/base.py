"""What the estimators share: parameters as a configuration, training by epochs, when to end, what is left."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from gossamer.data.targets import TaskName
from gossamer.engine.loss import LossName
from gossamer.engine.prediction import refuse_unfinite
from gossamer.interop.sklearn.trainer import Trainer, inputs_of
from gossamer.train.build import AnyNetwork
from gossamer.train.config import RunConfig
from gossamer.train.evaluate import Samples
from gossamer.train.overrides import with_overrides
from gossamer.train.task import TASKS

Array = NDArray[Any]
NUMBERS = (np.float64, np.float32)


class SparseEstimator(BaseEstimator):
    """Base of the estimators; see `gossamer.interop.sklearn.SparseMLPClassifier` for the parameters."""

    @abstractmethod
    def _encode(self, y: Array, first: bool, classes: Any) -> tuple[TaskName, LossName, int, Array]:
        """Task, loss, outputs of the network, and targets in the form that the loss asks for."""

    @abstractmethod
    def _weights_of_classes(self, y: Array) -> NDArray[np.float64] | None:
        """A weight for each sample by its class."""

    def _keep(self, given: Mapping[str, Any]) -> None:
        """Keep the arguments of ``__init__`` as they are, as scikit-learn asks for."""
        for name in type(self)._get_param_names():
            setattr(self, name, given[name])

    def _starts_anew(self) -> bool:
        return not (self.warm_start and hasattr(self, "trainer_"))

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        first: bool,
        epochs: int | None = None,
        classes: Any = None,
    ) -> Self:
        X, y = validate_data(
            self, X, y, accept_sparse="csr", multi_output=True, y_numeric=False, dtype=NUMBERS, reset=first
        )
        task, loss, outputs, targets = self._encode(y, first, classes)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        of_classes = self._weights_of_classes(y)
        if of_classes is not None:
            weights = of_classes if weights is None else weights * of_classes
        held_out = None
        if self.early_stopping and epochs is None:
            X, targets, weights, held_out = self._split(X, y, targets, weights, task)
        batch = self._batch(X.shape[0])
        samples = self._samples(X, targets, weights, task)
        if first:
            config = self._config(task, loss, X.dtype, batch)
            sizes = (X.shape[1], *config.network.hidden, outputs)
            self._begin(Trainer(config, sizes, samples))
        self._carry_on(lambda _: samples, batch, epochs, held_out)
        return self

    def _begin(self, trainer: Trainer) -> None:
        self.trainer_, self.best_loss_ = trainer, np.inf
        self.loss_curve_: list[float] = []

    def _config(self, task: TaskName, loss: LossName, dtype: Any, batch: int) -> RunConfig:
        """The configuration that the parameters stand for."""
        hidden = self.hidden_layer_sizes
        values = {
            "data.task": task,
            "network.loss": loss,
            "network.hidden": tuple(hidden) if np.iterable(hidden) else (hidden,),
            "network.activation": self.activation,
            "network.dropout": self.dropout,
            "network.dtype": np.dtype(dtype).name if self.dtype == "auto" else self.dtype,
            "method": self.method,
            "optimizer.kind": self.solver,
            "optimizer.learning_rate": self.learning_rate_init,
            "optimizer.schedule.kind": self.learning_rate,
            "optimizer.momentum": self.momentum,
            "optimizer.nesterov": self.nesterovs_momentum,
            "optimizer.weight_decay": self.weight_decay,
            "training.batch_size": batch,
            "training.last_batch": "keep",
            "training.epochs": self.max_iter,
            "training.snapshot_epochs": (),
            "seed": int(check_random_state(self.random_state).randint(2**31)),
            "execution.threads": self.n_threads,
        }
        if loss == "poisson":
            values["data.target_scaling"] = "none"
        amounts = {name: getattr(self, name) for name in ("epsilon", "density", "zeta")}
        values |= {name: value for name, value in amounts.items() if value is not None}
        return with_overrides(RunConfig(), {**values, **(self.settings or {})})

    def _batch(self, n: int) -> int:
        return min(200 if self.batch_size == "auto" else self.batch_size, n)

    def _samples(self, X: Any, targets: Array, weights: Array | None, task: TaskName) -> Samples:
        if weights is not None:
            # Their mean is 1, so that the size of a step does not depend on their unit.
            weights = weights / weights.mean()
        return Samples(inputs_of(X), targets, targets, TASKS[task], weights=weights)

    def _split(self, X: Any, y: Array, targets: Array, weights: Array | None, task: TaskName) -> Any:
        """Training part, and the validation part as arguments of `score`."""
        indices = train_test_split(
            np.arange(X.shape[0]),
            test_size=self.validation_fraction,
            random_state=check_random_state(self.random_state).randint(2**31),
            stratify=y if task == "classification" else None,
        )
        train, test = indices
        held_out = X[test], y[test], None if weights is None else weights[test]
        return X[train], targets[train], None if weights is None else weights[train], held_out

    def _carry_on(
        self, samples: Callable[[int], Samples], batch: int, epochs: int | None, held_out: Any
    ) -> None:
        """Train for so many epochs, or until there is no progress."""
        trainer, best, waited, kept = self.trainer_, -np.inf, 0, None
        self.validation_scores_: Any = None if held_out is None else []
        self.n_iter_ = 0

        def score() -> float:
            X, y, weights = held_out
            return float(self.score(X, y, weights))

        def after(loss: float, found: float | None) -> bool:
            nonlocal best, waited, kept
            self.n_iter_ += 1
            self.loss_, self.t_ = loss, trainer.steps
            self.loss_curve_.append(loss)
            self.best_loss_ = min(self.best_loss_, loss)
            merit = -loss if found is None else found
            if found is not None:
                self.validation_scores_.append(found)
            if self.callback is not None:
                self.callback(self)
            waited = 0 if merit > best + self.tol else waited + 1
            if merit > best:
                best = merit
                if held_out is not None:
                    kept = trainer.copy_of_network()
            return epochs is None and waited > self.n_iter_no_change

        trainer.train(
            self.max_iter if epochs is None else epochs,
            batch,
            samples,
            after,
            None if held_out is None else score,
        )
        if kept is not None:
            trainer.restore(kept)
        self.best_validation_score_ = None if held_out is None else best

    def _scores(self, X: Any) -> Array:
        """Outputs of the network [n, outputs], in its type."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=NUMBERS, reset=False)
        found = self.network_.scores(inputs_of(X))
        refuse_unfinite(found)
        return found

    @property
    def network_(self) -> AnyNetwork:
        """The network as the engine has it."""
        return self.trainer_.network

    @property
    def coefs_(self) -> list[Any]:
        """Weights of each layer: `scipy.sparse.csr_array` [n_in, n_out]."""
        return [self.network_.to_scipy(layer) for layer in range(self.network_.n_layers)]

    @property
    def patterns_(self) -> list[Any]:
        """Links of each layer: `scipy.sparse.csr_array` of True [n_in, n_out]."""
        return [
            csr_array((np.ones(c.nnz, np.bool_), c.indices, c.indptr), shape=c.shape) for c in self.coefs_
        ]

    @property
    def intercepts_(self) -> list[Array]:
        """Biases of each layer, arrays [n_out]."""
        return [np.array(self.network_.bias(layer)) for layer in range(self.network_.n_layers)]

    @property
    def n_layers_(self) -> int:
        """Layers of neurons, with input and output."""
        return len(self.network_.sizes)

    @property
    def n_outputs_(self) -> int:
        """Outputs of the network."""
        return int(self.network_.sizes[-1])

    @property
    def feature_importances_(self) -> Array:
        """Sum of the absolute weights of each feature's links [n_features_in_] (input strength)."""
        return np.asarray(abs(self.coefs_[0]).sum(axis=1)).ravel()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
