"""The native engine behind one door: a truly sparse network, checked arguments in, plain arrays out."""

from collections.abc import Callable, Sequence
from math import fsum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Network32, Network64, Pattern
from gossamer.engine import loss as losses
from gossamer.engine.activation import SRELU_START, Activation
from gossamer.engine.calls import joined, refusals_as, slices
from gossamer.engine.codes import LOSSES, layer_codes, optimizer_codes
from gossamer.engine.inputs import Inputs
from gossamer.engine.latent import Latent
from gossamer.engine.network_state import NetworkState
from gossamer.engine.optimizer import Optimizer
from gossamer.engine.prediction import Predictor
from gossamer.engine.records import StepRecord, SwapReport
from gossamer.engine.structure import check_structure
from gossamer.errors import ConfigError, DataError

Array = NDArray[Any]


class Network(NetworkState, Predictor):
    """Truly sparse multilayer perceptron on the native engine.

    Memory is proportional to links + neurons * batch, the cost of a step to links * batch. Results are the
    same bits for any number of threads (`set_threads`) and for every instruction set with fused multiply-add.

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
        specs = layer_codes(patterns, activations, dropout, self.latent)
        core = Network32 if self.dtype == np.float32 else Network64
        self._core = core(specs, LOSSES[loss], optimizer_codes(optimizer))
        self._n_layers = len(specs)
        self._added: list[tuple[str, ...]] = [()] * len(specs)
        for layer, values in enumerate(weights):
            self.set_column(layer, "weight", values)
        for layer in range(len(specs)):
            for name in self.activation_parameters(layer):
                values = np.full(patterns[layer].n_out, SRELU_START[name], self.dtype)
                self.set_bias_column(layer, name, values)

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
        between: Callable[[], bool] | None = None,
        weights: Array | None = None,
    ) -> StepRecord:
        """Take one step for each learning rate.

        Parameters
        ----------
        inputs : Inputs of n samples
        targets : classes [n], or numbers [n, n_out]; see `checked_targets`
        order : int64 array [steps * batch], numbers of the samples of each batch in turn
        batch : int, samples of a step
        learning_rates : float64 array [steps]
        first_step : int, number of the first step, which keys dropout and Adam's bias correction
        seed : int in [0, 2**64), key of dropout
        between : callable, optional
            Called between native calls of about `calls.CALL_SECONDS`; training ends early when it returns
            False, and the record then has fewer steps.
        weights : array [n], optional
            Factors of the losses of the samples, and so of their parts in the gradient; a batch of size b
            takes the step of the sum of its weighted losses over b.

        Raises
        ------
        DataError
            If an array does not fit the network.
        """
        samples, labels, numbers = self._samples(inputs, targets)
        factors = losses.checked_weights(weights, inputs.n_samples)
        steps = len(learning_rates)
        if len(order) != steps * batch:
            raise DataError(f"The order has {len(order)} samples, expected {steps} batches of {batch}.")
        order = np.ascontiguousarray(order, dtype=np.int64)
        rates = np.ascontiguousarray(learning_rates, dtype=np.float64)

        def call(first: int, count: int) -> StepRecord:
            ids = order[first * batch : (first + count) * batch]
            lr = rates[first : first + count]
            with refusals_as(DataError):
                loss, correct, bad = self._core.train(
                    samples, labels, numbers, factors, ids, batch, lr, first_step + first, seed
                )
            return StepRecord(loss, correct, bad)

        parts: list[StepRecord] = []
        for first, count in slices(steps, 1):
            parts.append(call(first, count))
            if parts[-1].bad_step >= 0:
                return joined(parts, first + parts[-1].bad_step, steps)
            if between is not None and first + count < steps and not between():
                break
        return joined(parts, -1, sum(len(part.loss) for part in parts))

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
        """Loss of the batch `ids`, and its gradients by weights and biases, which `apply` will use.

        The gradients are read-only views: the next call overwrites them. They are without weight decay, and
        by the weight that the network computes with where there are latent parameters.

        Parameters
        ----------
        inputs, targets : see `train`
        ids : int64 array [batch], samples of the batch
        step, seed : int, key of dropout
        dropout : bool
        remember : bool
            Whether the batch becomes the newest kept one, as that of a training step does: `keep_batches`.
        weights : array [n], optional; see `train`
        """
        samples, labels, numbers = self._samples(inputs, targets)
        factors = losses.checked_weights(weights, inputs.n_samples)
        ids = np.ascontiguousarray(ids, dtype=np.int64)
        with refusals_as(DataError):
            loss = self._core.gradients(samples, labels, numbers, factors, ids, step, seed, dropout, remember)
        layers = range(self._n_layers)
        return (
            float(loss),
            [self._core.column(layer, "gradient") for layer in layers],
            [self._core.column(layer, "bias_gradient") for layer in layers],
        )

    def activation_gradients(self, layer: int) -> dict[str, Array]:
        """Gradients [n_out] by the trained numbers of an activation, of the last call of `gradients`."""
        names = self.activation_parameters(layer)
        with refusals_as(ConfigError):
            return {name: self._core.column(layer, f"{name}_gradient") for name in names}

    def apply(self, lr: float, step: int) -> None:
        """Take the step that the gradients found last call for: the same bits as `train`."""
        with refusals_as(ConfigError):
            self._core.apply(lr, step)

    def scores(self, inputs: Inputs, batch: int = 64) -> Array:
        """Outputs before the loss (logits), array [n, n_out]."""
        samples = self._checked_samples(inputs)
        parts = [
            self._core.scores(samples, first, count, batch)
            for first, count in slices(inputs.n_samples, batch)
        ]
        return np.concatenate(parts) if parts else np.empty((0, self.sizes[-1]), self.dtype)

    def evaluate(
        self, inputs: Inputs, targets: Array, batch: int = 64
    ) -> tuple[float, float, NDArray[np.uint32]]:
        """Mean loss, fraction predicted correctly, and predicted classes uint32 [n], without dropout."""
        if inputs.n_samples == 0:
            raise DataError("There are no samples to evaluate on; expected at least one.")
        samples, labels, numbers = self._samples(inputs, targets)
        losses, classes = [], []
        for first, count in slices(inputs.n_samples, batch):
            loss, predicted = self._core.evaluate(samples, labels, numbers, first, count, batch)
            losses.extend(loss.tolist())
            classes.append(predicted)
        predicted = np.concatenate(classes)
        # fsum rounds once, so that the mean does not depend on how NumPy adds on this machine.
        return fsum(losses) / len(losses), float((predicted == labels).mean()), predicted

    def swap(
        self, layer: int, keep: NDArray[np.bool_], grow: NDArray[np.uint64], grow_values: Array, step: int
    ) -> SwapReport:
        """Drop the links that are not kept and grow links at positions ``source * n_out + target``.

        Kept links keep all their columns; grown ones get `grow_values`, optimizer state 0 and birth `step`.

        Parameters
        ----------
        layer : int
        keep : bool array [nnz]
        grow : uint64 array [g], ascending, none of them a kept link's position
        grow_values : array [g], weights of the grown links
        step : int, number of the step

        Raises
        ------
        DataError
            If an array does not fit the layer.
        """
        with refusals_as(DataError):
            dropped, grown, regrown = self._core.swap(
                layer,
                np.ascontiguousarray(keep, dtype=np.bool_),
                np.ascontiguousarray(grow, dtype=np.uint64),
                np.ascontiguousarray(grow_values, dtype=self.dtype),
                step,
            )
        return SwapReport(dropped, grown, regrown, self._core.pattern(layer).nnz)

    def _checked_samples(self, inputs: Inputs) -> tuple[Any, ...]:
        if inputs.n_features != self.sizes[0]:
            raise DataError(f"The inputs have {inputs.n_features} features, expected {self.sizes[0]}.")
        if inputs.sparse:
            return inputs.data, inputs.indptr, inputs.indices, inputs.scale, inputs.shift
        return inputs.values, None, None, inputs.scale, inputs.shift

    def _samples(self, inputs: Inputs, targets: Array) -> tuple[tuple[Any, ...], Array, Array | None]:
        samples = self._checked_samples(inputs)
        checked = losses.checked_targets(targets, self.loss, inputs.n_samples, self.sizes[-1], self.dtype)
        labels = np.ascontiguousarray(losses.classes_of_targets(checked))
        return samples, labels, None if self.loss == "cross_entropy" else checked
