"""The engine in plain NumPy and SciPy, slow and readable: what the native `Network` is held to.

It uses memory proportional to links times batch and is meant for small networks.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.engine import loss as losses
from gossamer.engine import reference_math as rm
from gossamer.engine.activation import SRELU_START, Activation, dropout_threshold
from gossamer.engine.inputs import Inputs
from gossamer.engine.latent import Latent, link_noise
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.prediction import Predictor
from gossamer.engine.records import StepRecord, SwapReport
from gossamer.engine.reference_gradient import ReferenceGradient
from gossamer.engine.reference_swap import swap_links
from gossamer.engine.structure import check_structure
from gossamer.errors import ConfigError, DataError

Array = NDArray[Any]


class ReferenceNetwork(ReferenceGradient, Predictor):
    """Sparse network with the interface of `Network`.

    Parameters
    ----------
    patterns : sequence of Pattern, one for each layer of links
    weights : sequence of arrays [nnz], in the pattern's order (by source)
    activations : sequence of Activation, one for each hidden layer; the output is linear into the loss
    dropout : sequence of float, rate after each hidden activation, in training only
    loss : LossName
    optimizer : Optimizer
    dtype : "float32" or "float64"
    latent : sequence of Latent or None, one for each layer of links; None for plain weights everywhere

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
        loss: losses.LossName,
        optimizer: Optimizer,
        dtype: Literal["float32", "float64"] = "float32",
        latent: Sequence[Latent | None] | None = None,
    ) -> None:
        check_structure(patterns, weights, activations, dropout, latent)
        losses.check_loss(loss)
        self.dtype = np.dtype(dtype)
        self.activations, self.loss, self.optimizer = tuple(activations), loss, optimizer
        self.dropout, self.latent = tuple(dropout), tuple(latent or [None] * len(patterns))
        self._thresholds = [dropout_threshold(rate) for rate in dropout]
        self._patterns = list(patterns)
        self._links = [self._new_columns(np.array(w, self.dtype)) for w in weights]
        for columns in self._links:
            columns["birth"] = np.zeros(len(columns["weight"]), np.int32)
        for columns, of in zip(self._links, self.latent, strict=True):
            for name in of.column_names(optimizer) if of else ():
                columns[name] = np.zeros_like(columns["weight"])
            self._derive_latent(columns, of)
        self._biases = [self._new_columns(np.zeros(p.n_out, self.dtype)) for p in patterns]
        for columns, activation in zip(self._biases, self.activations, strict=False):
            for name in activation.parameters:
                columns[name] = np.full_like(columns["weight"], SRELU_START[name])
                for state in optimizer.state_columns:
                    columns[f"{name}_{state}"] = np.zeros_like(columns["weight"])
        self._gradients: tuple[list[Array], list[Array]] | None = None
        self._activation_gradients: list[dict[str, Array]] = []
        self._key = 0
        self._kept: dict[int, deque[tuple[Array, Array]]] = {}

    def _new_columns(self, weights: Array) -> dict[str, Array]:
        return {"weight": weights} | {name: np.zeros_like(weights) for name in self.optimizer.state_columns}

    def train(
        self,
        inputs: Inputs,
        targets: Array,
        order: NDArray[np.int64],
        batch: int,
        learning_rates: NDArray[np.float64],
        first_step: int,
        seed: int,
        *,
        weights: Array | None = None,
    ) -> StepRecord:
        """Take one step for each learning rate; see `Network.train`."""
        weights = losses.checked_weights(weights, inputs.n_samples)
        steps = len(learning_rates)
        if len(order) != steps * batch:
            raise DataError(f"The order has {len(order)} samples, expected {steps} batches of {batch}.")
        targets = self._checked(inputs, targets)
        loss, correct = np.full(steps, np.nan), np.zeros(steps, np.int64)
        for s, lr in enumerate(learning_rates.tolist()):
            ids = order[s * batch : (s + 1) * batch]
            batch_loss, n_correct, self._gradients = self._backward(
                inputs, targets, ids, first_step + s, seed, True, remember=True, weights=weights
            )
            if not np.isfinite(batch_loss):
                return StepRecord(loss, correct, s)
            loss[s], correct[s] = batch_loss, n_correct
            self.apply(lr, first_step + s)
        return StepRecord(loss, correct)

    def gradients(
        self,
        inputs: Inputs,
        targets: Array,
        ids: NDArray[np.int64],
        step: int,
        seed: int,
        *,
        dropout: bool,
        remember: bool = False,
        weights: Array | None = None,
    ) -> tuple[float, list[Array], list[Array]]:
        """Loss of the batch `ids`, and its gradients by weights and biases, which `apply` will use."""
        targets, weights = self._checked(inputs, targets), losses.checked_weights(weights, inputs.n_samples)
        loss, _, self._gradients = self._backward(
            inputs, targets, ids, step, seed, dropout, remember=remember, weights=weights
        )
        return loss, *self._gradients

    def activation_gradients(self, layer: int) -> dict[str, Array]:
        """Gradients [n_out] by the trained numbers of an activation, of the last call of `gradients`."""
        if self._gradients is None:
            raise ConfigError("There are no gradients; call gradients() first.")
        return self._activation_gradients[layer] if layer < self.n_layers - 1 else {}

    def apply(self, lr: float, step: int) -> None:
        """Take the step that the gradients found last call for."""
        if self._gradients is None:
            raise ConfigError("There are no gradients to apply; call gradients() first.")
        for layer, (columns, gradient) in enumerate(zip(self._links, self._gradients[0], strict=True)):
            self._update_links(layer, columns, gradient, lr, step)
        for columns, gradient in zip(self._biases, self._gradients[1], strict=True):
            decay = self.optimizer.decay_biases
            rm.update(columns, gradient, self.optimizer, lr=lr, step=step, decay=decay)
        for columns, found in zip(self._biases, self._activation_gradients, strict=False):
            for name, gradient in found.items():
                states = self.optimizer.state_columns
                one = {"weight": columns[name]} | {state: columns[f"{name}_{state}"] for state in states}
                rm.update(one, gradient, self.optimizer, lr=lr, step=step, decay=False)
                columns[name] = one["weight"]
                columns.update({f"{name}_{state}": one[state] for state in states})
        self._gradients = None

    def _update_links(
        self, layer: int, columns: dict[str, Array], gradient: Array, lr: float, step: int
    ) -> None:
        of = self.latent[layer]
        if of is None:
            rm.update(columns, gradient, self.optimizer, lr=lr, step=step, decay=True)
            return
        noise = None
        if of.noise > 0:
            links = link_noise(self._patterns[layer].nnz, step=step, layer=layer, seed=self._key)
            noise = self._spread(layer, links.astype(self.dtype))
        of.update(columns, gradient, self.optimizer, lr=lr, step=step, noise=noise)

    def _spread(self, layer: int, values: Array) -> Array:
        """A number for each link, shaped like a column of the layer."""
        return values

    def _backward(
        self,
        inputs: Inputs,
        targets: Array,
        ids: Array,
        step: int,
        seed: int,
        dropout: bool,
        *,
        remember: bool = False,
        weights: Array | None = None,
    ) -> tuple[float, int, tuple[list[Array], list[Array]]]:
        """Forward and backward over one batch: loss, correct samples, gradients of weights and of biases."""
        if len(ids) == 0 or ids.min() < 0 or ids.max() >= inputs.n_samples:
            raise DataError(f"A batch is empty, or has a sample that is not in 0 .. {inputs.n_samples - 1}.")
        batch_targets = targets[ids]
        layer_inputs, pre, factors = self._forward(
            inputs.dense(ids, self.dtype), (step, seed) if dropout else None
        )
        of_batch = None if weights is None else weights[ids]
        loss, delta = rm.loss_and_delta(pre[-1], batch_targets, self.loss, of_batch)
        predicted = losses.classes_of_scores(pre[-1].T, self.loss)
        self._key = seed
        self._activation_gradients = [{} for _ in self.activations]
        weight_gradients, bias_gradients = [], []
        for layer in reversed(range(self.n_layers)):
            if remember and layer in self._kept and np.isfinite(loss):
                self._kept[layer].append((layer_inputs[layer].copy(), delta))
            weight_gradients.append(self._weight_gradient(layer, layer_inputs[layer], delta))
            bias_gradients.append(delta.sum(axis=1))
            if layer > 0:
                below = layer - 1
                by_output = self._matrix(layer) @ delta
                delta = by_output * self._slope(below, pre[below], by_output, factors[below])
        correct = int((predicted == losses.classes_of_targets(batch_targets)).sum())
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
                a = self._activate(layer, pre[-1]) * factors[-1]
        return layer_inputs, pre, factors

    def _activate(self, layer: int, z: Array) -> Array:
        if self.activations[layer].parameters:
            return rm.srelu(z, self._neurons(layer))[0]
        return rm.activate(z, self.activations[layer], layer)

    def _slope(self, layer: int, z: Array, by_output: Array, factors: Array) -> Array:
        """f'(z) times dropout; the gradients by the parameters of f, if there are any, are noted."""
        if not self.activations[layer].parameters:
            return rm.slope(z, self.activations[layer], layer) * factors
        neurons = self._neurons(layer)
        _, slope, beyond = rm.srelu(z, neurons)
        self._activation_gradients[layer] = rm.srelu_gradients(beyond, by_output * factors, neurons)
        return slope * factors

    def _neurons(self, layer: int) -> dict[str, Array]:
        return {name: self._biases[layer][name] for name in self.activations[layer].parameters}

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
        return losses.checked_targets(targets, self.loss, inputs.n_samples, self.sizes[-1], self.dtype)

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
        predicted = losses.classes_of_scores(scores, self.loss)
        return loss, float((predicted == losses.classes_of_targets(targets)).mean()), predicted

    def swap(
        self, layer: int, keep: NDArray[np.bool_], grow: NDArray[np.uint64], grow_values: Array, step: int
    ) -> SwapReport:
        """Drop the links that are not kept and grow links at positions ``source * n_out + target``.

        Kept links keep all their columns; grown ones get `grow_values`, optimizer state 0 and birth `step`.
        """
        grown = self._grown(layer, grow_values, step)
        self._patterns[layer], self._links[layer], report = swap_links(
            self._patterns[layer], self._links[layer], np.asarray(keep, bool), grow, grown
        )
        self._gradients = None
        return report
