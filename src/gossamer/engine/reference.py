"""The engine in plain NumPy and SciPy, slow and readable: what the native `Network` is held to.

It uses memory proportional to links times batch and is meant for small networks.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.engine import reference_math as rm
from gossamer.engine.activation import Activation, dropout_threshold
from gossamer.engine.inputs import Inputs
from gossamer.engine.loss import (
    LossName,
    check_loss,
    checked_targets,
    classes_of_scores,
    classes_of_targets,
)
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.prediction import Predictor
from gossamer.engine.records import StepRecord, SwapReport
from gossamer.engine.reference_swap import swap_links
from gossamer.engine.structure import check_structure
from gossamer.errors import ConfigError, DataError

Array = NDArray[Any]


class ReferenceNetwork(Predictor):
    """Sparse network with the interface of `Network`.

    Parameters
    ----------
    patterns : sequence of Pattern, one for each layer of links
    weights : sequence of arrays [nnz], in the pattern's order (by source)
    activations : sequence of Activation, one for each hidden layer; the output is linear into the loss
    dropout : sequence of float, rate after each hidden activation, in training only
    loss : "cross_entropy", "binary_cross_entropy" or "mse"
    optimizer : Optimizer
    dtype : "float32" or "float64"

    Raises
    ------
    ConfigError
        If the numbers of layers, neurons or links do not match.
    """

    def __init__(
        self,
        patterns: Sequence[Pattern],
        weights: Sequence[Array],
        *,
        activations: Sequence[Activation],
        dropout: Sequence[float],
        loss: LossName,
        optimizer: Optimizer,
        dtype: Literal["float32", "float64"] = "float32",
    ) -> None:
        check_structure(patterns, weights, activations, dropout)
        check_loss(loss)
        self.dtype = np.dtype(dtype)
        self.activations, self.loss, self.optimizer = tuple(activations), loss, optimizer
        self._thresholds = [dropout_threshold(rate) for rate in dropout]
        self._patterns = list(patterns)
        self._links = [self._new_columns(np.array(w, self.dtype)) for w in weights]
        for columns in self._links:
            columns["birth"] = np.zeros(len(columns["weight"]), np.int32)
        self._biases = [self._new_columns(np.zeros(p.n_out, self.dtype)) for p in patterns]
        self._gradients: tuple[list[Array], list[Array]] | None = None

    def _new_columns(self, weights: Array) -> dict[str, Array]:
        return {"weight": weights} | {name: np.zeros_like(weights) for name in self.optimizer.state_columns}

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """Pattern of each layer of links."""
        return tuple(self._patterns)

    @property
    def n_layers(self) -> int:
        """Number of layers of links."""
        return len(self._patterns)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of neurons of the input, the hidden layers and the output."""
        return (self._patterns[0].n_in, *(p.n_out for p in self._patterns))

    @property
    def nnz(self) -> tuple[int, ...]:
        """Number of links of each layer."""
        return tuple(p.nnz for p in self._patterns)

    def column_names(self, layer: int) -> tuple[str, ...]:
        """Names of the per-link columns: "weight", the optimizer's, "birth", and those that were added."""
        return tuple(self._links[layer])

    def add_column(self, layer: int, name: str) -> None:
        """Add a per-link column of zeros; see `Network.add_column`."""
        if name in self._links[layer]:
            raise ConfigError(f"There is a column {name!r} already; choose another name.")
        self._links[layer][name] = np.zeros_like(self._links[layer]["weight"])

    def column(self, layer: int, name: str) -> Array:
        """Read-only view of a per-link column [nnz], in the pattern's order."""
        return _read_only(_named(self._links[layer], name))

    def set_column(self, layer: int, name: str, values: Array) -> None:
        """Replace a per-link column."""
        self._links[layer][name] = _like(values, _named(self._links[layer], name), name)

    def bias(self, layer: int) -> Array:
        """Read-only view of the biases [n_out] of a layer."""
        return self.bias_column(layer, "weight")

    def set_bias(self, layer: int, values: Array) -> None:
        """Replace the biases of a layer."""
        self.set_bias_column(layer, "weight", values)

    def bias_column(self, layer: int, name: str) -> Array:
        """Read-only view of the biases ("weight") or of their optimizer state, [n_out]."""
        return _read_only(_named(self._biases[layer], name))

    def set_bias_column(self, layer: int, name: str, values: Array) -> None:
        """Replace the biases ("weight") or a column of their optimizer state."""
        self._biases[layer][name] = _like(values, _named(self._biases[layer], name), name)

    def train(
        self,
        inputs: Inputs,
        targets: Array,
        order: NDArray[np.int64],
        batch: int,
        learning_rates: NDArray[np.float64],
        first_step: int,
        seed: int,
    ) -> StepRecord:
        """Take one step for each learning rate; see `Network.train`."""
        steps = len(learning_rates)
        if len(order) != steps * batch:
            raise DataError(f"The order has {len(order)} samples, expected {steps} batches of {batch}.")
        targets = self._checked(inputs, targets)
        loss, correct = np.full(steps, np.nan), np.zeros(steps, np.int64)
        for s, lr in enumerate(learning_rates.tolist()):
            ids = order[s * batch : (s + 1) * batch]
            batch_loss, n_correct, self._gradients = self._backward(
                inputs, targets, ids, first_step + s, seed, True
            )
            if not np.isfinite(batch_loss):
                return StepRecord(loss, correct, s)
            loss[s], correct[s] = batch_loss, n_correct
            self.apply(lr, first_step + s)
        return StepRecord(loss, correct)

    def gradients(
        self, inputs: Inputs, targets: Array, ids: NDArray[np.int64], step: int, seed: int, *, dropout: bool
    ) -> tuple[float, list[Array], list[Array]]:
        """Loss of the batch `ids`, and its gradients by weights and biases, which `apply` will use."""
        targets = self._checked(inputs, targets)
        loss, _, self._gradients = self._backward(inputs, targets, ids, step, seed, dropout)
        return loss, *self._gradients

    def apply(self, lr: float, step: int) -> None:
        """Take the step that the gradients found last call for."""
        if self._gradients is None:
            raise ConfigError("There are no gradients to apply; call gradients() first.")
        for columns, gradient in zip(self._links, self._gradients[0], strict=True):
            rm.update(columns, gradient, self.optimizer, lr=lr, step=step, decay=True)
        for columns, gradient in zip(self._biases, self._gradients[1], strict=True):
            decay = self.optimizer.decay_biases
            rm.update(columns, gradient, self.optimizer, lr=lr, step=step, decay=decay)
        self._gradients = None

    def _backward(
        self, inputs: Inputs, targets: Array, ids: Array, step: int, seed: int, dropout: bool
    ) -> tuple[float, int, tuple[list[Array], list[Array]]]:
        """Forward and backward over one batch: loss, correct samples, gradients of weights and of biases."""
        if len(ids) == 0 or ids.min() < 0 or ids.max() >= inputs.n_samples:
            raise DataError(f"A batch is empty, or has a sample that is not in 0 .. {inputs.n_samples - 1}.")
        batch_targets = targets[ids]
        layer_inputs, pre, factors = self._forward(
            inputs.dense(ids, self.dtype), (step, seed) if dropout else None
        )
        loss, delta = rm.loss_and_delta(pre[-1], batch_targets, self.loss)
        predicted = classes_of_scores(pre[-1].T, self.loss)
        weight_gradients, bias_gradients = [], []
        for layer in reversed(range(self.n_layers)):
            weight_gradients.append(self._weight_gradient(layer, layer_inputs[layer], delta))
            bias_gradients.append(delta.sum(axis=1))
            if layer > 0:
                below = layer - 1
                delta = self._matrix(layer) @ delta
                delta *= rm.slope(pre[below], self.activations[below], below) * factors[below]
        correct = int((predicted == classes_of_targets(batch_targets)).sum())
        return loss, correct, (weight_gradients[::-1], bias_gradients[::-1])

    def _forward(
        self, samples: Array, dropout: tuple[int, int] | None = None
    ) -> tuple[list[Array], list[Array], list[Array]]:
        """Inputs and pre-activations of each layer, dropout factors of each hidden one."""
        a = samples.T
        layer_inputs, pre, factors = [], [], []
        for layer in range(self.n_layers):
            layer_inputs.append(a)
            pre.append(self._matrix(layer).T @ a + self._biases[layer]["weight"][:, None])
            if layer < self.n_layers - 1:
                factors.append(self._dropout_factors(layer, a.shape[1], dropout))
                a = rm.activate(pre[-1], self.activations[layer], layer) * factors[-1]
        return layer_inputs, pre, factors

    def _dropout_factors(self, hidden: int, batch: int, dropout: tuple[int, int] | None) -> Array:
        neurons, threshold = self._patterns[hidden].n_out, self._thresholds[hidden]
        if dropout is None or threshold == 0:
            return np.ones((neurons, batch), self.dtype)
        step, seed = dropout
        factors = rm.dropout_factors(neurons, batch, threshold, step=step, hidden_layer=hidden, seed=seed)
        return factors.astype(self.dtype)

    def _weight_gradient(self, layer: int, layer_input: Array, delta: Array) -> Array:
        return rm.products_on_pattern(self._patterns[layer], layer_input, delta)

    def _matrix(self, layer: int) -> Any:
        return rm.matrix(self._patterns[layer], self._links[layer]["weight"])

    def _checked(self, inputs: Inputs, targets: Array) -> Array:
        if inputs.n_features != self.sizes[0]:
            raise DataError(f"The inputs have {inputs.n_features} features, expected {self.sizes[0]}.")
        return checked_targets(targets, self.loss, inputs.n_samples, self.sizes[-1], self.dtype)

    def scores(self, inputs: Inputs, batch: int = 256) -> Array:
        """Outputs before the loss (logits), array [n, n_out]."""
        if inputs.n_features != self.sizes[0]:
            raise DataError(f"The inputs have {inputs.n_features} features, expected {self.sizes[0]}.")
        scores = np.empty((inputs.n_samples, self.sizes[-1]), self.dtype)
        for start in range(0, inputs.n_samples, batch):
            ids = np.arange(start, min(start + batch, inputs.n_samples))
            scores[ids] = self._forward(inputs.dense(ids, self.dtype))[1][-1].T
        return scores

    def evaluate(self, inputs: Inputs, targets: Array) -> tuple[float, float, NDArray[np.uint32]]:
        """Mean loss, fraction predicted correctly, and predicted classes uint32 [n], without dropout."""
        targets = self._checked(inputs, targets)
        if inputs.n_samples == 0:
            raise DataError("There are no samples to evaluate on; expected at least one.")
        scores = self.scores(inputs)
        loss, _ = rm.loss_and_delta(scores.T, targets, self.loss)
        predicted = classes_of_scores(scores, self.loss)
        return loss, float((predicted == classes_of_targets(targets)).mean()), predicted

    def swap(
        self, layer: int, keep: NDArray[np.bool_], grow: NDArray[np.uint64], grow_values: Array, step: int
    ) -> SwapReport:
        """Drop the links that are not kept and grow links at positions ``source * n_out + target``.

        Kept links keep all their columns; grown ones get `grow_values`, optimizer state 0 and birth `step`.
        """
        grown = {"weight": np.asarray(grow_values), "birth": np.full(len(grow), step)}
        self._patterns[layer], self._links[layer], report = swap_links(
            self._patterns[layer], self._links[layer], np.asarray(keep, bool), grow, grown
        )
        self._gradients = None
        return report


def _named(columns: dict[str, Array], name: str) -> Array:
    if name not in columns:
        raise ConfigError(f"There is no column {name!r}, expected one of {tuple(columns)}.")
    return columns[name]


def _read_only(values: Array) -> Array:
    view = values.view()
    view.flags.writeable = False
    return view


def _like(values: Array, old: Array, name: str) -> Array:
    new = np.array(values, dtype=old.dtype)
    if new.shape != old.shape:
        raise DataError(f"The column {name!r} gets shape {new.shape}, expected {old.shape}.")
    return new
