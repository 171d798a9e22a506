"""Arithmetic of the reference network: activations, dropout, losses, products on a pattern, weight updates.

Arrays of neurons are neuron-major, [neurons, batch], as in the native engine.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit, log_softmax

from gossamer._native import Pattern
from gossamer.engine.activation import DROPOUT_LEVELS, Activation
from gossamer.engine.loss import LossName
from gossamer.engine.optimizer import Optimizer
from gossamer.random import Purpose, counters, philox

Array = NDArray[Any]


def activate(z: Array, activation: Activation, hidden_layer: int) -> Array:
    """f(z), of the type of z."""
    if activation.name == "tanh":
        return np.asarray(np.tanh(z))
    if activation.name == "sigmoid":
        return np.asarray(expit(z))
    return np.asarray(np.where(z > 0, z, z * activation.negative_slope(hidden_layer)))


def slope(z: Array, activation: Activation, hidden_layer: int) -> Array:
    """f'(z), of the type of z; at 0 the slope of the negative side."""
    if activation.name == "tanh":
        return np.asarray(1 - np.tanh(z) ** 2)
    if activation.name == "sigmoid":
        y = expit(z)
        return np.asarray(y * (1 - y))
    one = z.dtype.type(1)
    return np.asarray(np.where(z > 0, one, z.dtype.type(activation.negative_slope(hidden_layer))))


def srelu(z: Array, neurons: dict[str, Array]) -> tuple[Array, Array, Array]:
    """SReLU of z [neurons, batch], its slope, and how far z is beyond the threshold it has passed, else 0.

    Parameters
    ----------
    z : array [neurons, batch]
    neurons : arrays [neurons] "t_right", "a_right", "t_left", "a_left"
    """
    column = {name: values[:, None] for name, values in neurons.items()}
    right = z > column["t_right"]
    left = ~right & (z < column["t_left"])
    one, zero = z.dtype.type(1), z.dtype.type(0)
    beyond = np.where(right, z - column["t_right"], np.where(left, z - column["t_left"], zero))
    slope_there = np.where(right, column["a_right"], np.where(left, column["a_left"], one))
    return np.asarray(z + (slope_there - one) * beyond), slope_there, beyond


def srelu_gradients(beyond: Array, gradient: Array, neurons: dict[str, Array]) -> dict[str, Array]:
    """Gradients [neurons] by the four parameters, from that by the outputs [neurons, batch]."""
    sums = {
        side: [(gradient * past).sum(axis=1), (gradient * beyond * past).sum(axis=1)]
        for side, past in (("right", beyond > 0), ("left", beyond < 0))
    }
    one = beyond.dtype.type(1)
    found = {f"t_{side}": (one - neurons[f"a_{side}"]) * both[0] for side, both in sums.items()}
    return found | {f"a_{side}": both[1] for side, both in sums.items()}


def dropout_factors(
    neurons: int, batch: int, threshold: int, *, step: int, hidden_layer: int, seed: int
) -> NDArray[np.float64]:
    """Factors [neurons, batch]: 0 where dropped, else one over the fraction of bytes that are kept.

    Neuron n at position p of the batch is kept if byte p % 16 (little-endian words in order) of the Philox
    block of counter (n, p // 16, step, hidden_layer * 256 + DROPOUT) is at least `threshold`.
    """
    blocks = -(-batch // 16)
    element = np.arange(neurons)[:, None], np.arange(blocks)[None, :]
    words = philox(counters(*element, step, hidden_layer, Purpose.DROPOUT), seed)
    random_bytes = words.astype("<u4").view(np.uint8).reshape(neurons, 16 * blocks)[:, :batch]
    return (random_bytes >= threshold) / (1 - threshold / DROPOUT_LEVELS)


def matrix(pattern: Pattern, weights: Array) -> csr_array[Any]:
    """CSR matrix W [n_in, n_out]; a layer computes transpose(W) @ input."""
    index = (pattern.targets.astype(np.int64), pattern.source_offsets)
    return csr_array((weights, *index), shape=(pattern.n_in, pattern.n_out), dtype=weights.dtype)


def products_on_pattern(pattern: Pattern, inputs: Array, delta: Array) -> Array:
    """For every link the sum over the batch of its source's input times its target's delta: array [nnz]."""
    return np.asarray(np.einsum("kb,kb->k", inputs[pattern.link_sources()], delta[pattern.targets]))


def loss_and_delta(
    scores: Array, targets: Array, loss: LossName, weights: Array | None = None
) -> tuple[float, Array]:
    """Mean loss of a batch and its gradient by the scores.

    Parameters
    ----------
    scores : array [n_out, batch]
    targets : checked targets of the batch, see `gossamer.engine.loss.checked_targets`
    loss : name of the loss
    weights : array [batch], optional
        Factors of the samples' losses.

    Returns
    -------
    float, array [n_out, batch] of the type of `scores`
    """
    batch = scores.shape[1]
    losses, delta = _losses_and_delta(scores, targets, loss)
    if weights is not None:
        losses, delta = losses * weights, delta * weights.astype(scores.dtype)
    return float(losses.sum(dtype=np.float64)) / batch, delta / batch


def _losses_and_delta(scores: Array, targets: Array, loss: LossName) -> tuple[Array, Array]:
    """Loss of every sample [batch], and its gradient by the scores [n_out, batch]."""
    n_out, batch = scores.shape
    if loss == "cross_entropy":
        log_p = log_softmax(scores, axis=0)
        true_class = targets, np.arange(batch)
        delta = np.exp(log_p)
        delta[true_class] -= 1
        return -log_p[true_class], delta
    if loss == "binary_cross_entropy":
        delta = np.asarray(expit(scores) - targets.T)
        terms = np.maximum(scores, 0) - scores * targets.T + np.log1p(np.exp(-np.abs(scores)))
        return terms.sum(axis=0, dtype=np.float64), delta
    if loss == "poisson":
        rate = np.exp(scores)
        terms, slope = rate - targets.T * scores, rate - targets.T
    else:
        error = scores - targets.T
        size = np.abs(error)
        if loss == "huber":
            terms, slope = np.where(size > 1, size - 0.5, error**2 / 2), np.clip(error, -1, 1)
        else:
            terms, slope = error**2, 2 * error
    return terms.sum(axis=0, dtype=np.float64) / n_out, slope / n_out


def update(
    columns: dict[str, Array], gradient: Array, optimizer: Optimizer, *, lr: float, step: int, decay: bool
) -> None:
    """Replace the weights ``columns["weight"]`` and the optimizer's columns by those after one step.

    The formulas are those of `Optimizer`; `decay` False leaves weight decay out.
    """
    w, g = columns["weight"], gradient
    wd = optimizer.weight_decay if decay else 0.0
    shrink = {"l2": 0.0, "decoupled_lr": lr * wd, "decoupled": wd}[optimizer.weight_decay_form]
    if optimizer.weight_decay_form == "l2":
        g = g + wd * w
    if optimizer.kind == "sgd":
        v = columns["velocity"] = optimizer.momentum * columns["velocity"] - lr * g
        change = optimizer.momentum * v - lr * g if optimizer.nesterov else v
    else:
        m = columns["moment1"] = optimizer.beta1 * columns["moment1"] + (1 - optimizer.beta1) * g
        s = columns["moment2"] = optimizer.beta2 * columns["moment2"] + (1 - optimizer.beta2) * g**2
        m_unbiased = m / (1 - optimizer.beta1 ** (step + 1))
        s_unbiased = s / (1 - optimizer.beta2 ** (step + 1))
        change = -lr * (m_unbiased / (np.sqrt(s_unbiased) + optimizer.eps))
    columns["weight"] = (w + change) - shrink * w
