"""Gradients on the links that exist, of one or several batches, without an update."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.engine.inputs import Inputs
from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork
from gossamer.errors import ConfigError, DataError

Array = NDArray[Any]
AnyNetwork = Network | ReferenceNetwork


@dataclass(frozen=True, eq=False)
class SupportGradient:
    """Mean gradient over the samples of some batches.

    Attributes
    ----------
    loss : float, mean over the samples
    links : list of float64 arrays [nnz], one for each layer, by weight
    biases : list of float64 arrays [n_out]
    """

    loss: float
    links: list[NDArray[np.float64]]
    biases: list[NDArray[np.float64]]


def support_gradient(
    network: AnyNetwork,
    inputs: Inputs,
    targets: Array,
    batches: Sequence[NDArray[np.int64]],
    *,
    step: int = 0,
    seed: int = 0,
    dropout: bool = False,
) -> SupportGradient:
    """Mean gradient of the loss by the weights of the links that exist; nothing is updated.

    It is without weight decay, and by the weight that the network computes with where there are latent
    parameters.

    Parameters
    ----------
    network : Network or ReferenceNetwork
        Its pending gradients (see `Network.gradients`) are replaced.
    inputs, targets : samples and answers, see `Network.train`
    batches : sequence of int64 arrays, sample numbers of each batch
    step, seed : int
        Key of dropout: batch number k has that of step ``step + k``.
    dropout : bool

    Returns
    -------
    SupportGradient
        Sums over batches are float64, weighted by their samples.

    Raises
    ------
    DataError
        If there is no batch, or samples do not fit the network.
    """
    if not batches or any(len(ids) == 0 for ids in batches):
        raise DataError("There are no batches or an empty one to take a gradient of; expected at least one.")
    total = sum(len(ids) for ids in batches)
    loss = 0.0
    sums: list[list[NDArray[np.float64]]] = []
    for k, ids in enumerate(batches):
        found = network.gradients(inputs, targets, ids, step + k, seed, dropout=dropout)
        share = len(ids) / total
        loss += share * found[0]
        parts = [[share * np.asarray(g, np.float64) for g in group] for group in found[1:]]
        if sums:
            for group, more in zip(sums, parts, strict=True):
                for total_of, part in zip(group, more, strict=True):
                    total_of += part
        else:
            sums = parts
    return SupportGradient(loss, sums[0], sums[1])


def hessian_vector_product(
    network: AnyNetwork,
    inputs: Inputs,
    targets: Array,
    batches: Sequence[NDArray[np.int64]],
    vectors: Sequence[Array],
    *,
    step: int = 0,
    seed: int = 0,
    dropout: bool = False,
) -> list[NDArray[np.float64]]:
    """Second derivatives of the mean loss by the weights of the links, times a vector.

    The product is the central difference (g(w + h v) - g(w - h v)) / 2 h of gradients of a float64 copy of
    the network. Its error is h^2 |v|^2 / 6 times the third derivative along v, plus u / h for gradients that
    are rounded by u = 2.2e-16 of their size. Both are smallest together at h |v| = u^(1/3) times the scale of
    w; h is that with the root mean square of the weights (at least 1e-3) for the scale, and |v| by root mean
    square too. About ten digits are right where the loss is smooth. Between w - h v and w + h v, so within
    some 1e-6 of its weights, a piecewise linear network almost never has a kink, and where it has one it has
    no second derivative.

    Parameters
    ----------
    network, inputs, targets, batches, step, seed, dropout
        See `support_gradient`; `network` is left as it is.
    vectors : sequence of arrays [nnz], one for each layer of links

    Returns
    -------
    list of float64 arrays [nnz]

    Raises
    ------
    DataError
        If a vector does not fit its layer or is not finite.
    """
    if [np.shape(v) for v in vectors] != [(n,) for n in network.nnz]:
        raise DataError(
            f"The vectors have shapes {[np.shape(v) for v in vectors]}, expected one number for each link."
        )
    if any(of is not None for of in network.latent):
        raise ConfigError("Second derivatives are by weights, and this network has latent parameters.")
    direction = [np.asarray(v, np.float64) for v in vectors]
    if not all(np.isfinite(v).all() for v in direction):
        raise DataError("A vector holds NaN or infinite values, expected finite numbers.")
    length = _root_mean_square(direction)
    if length == 0:
        return [np.zeros(n) for n in network.nnz]
    copy = float64_copy(network)
    at = [np.array(copy.column(layer, "weight")) for layer in range(copy.n_layers)]
    h = np.finfo(np.float64).eps ** (1 / 3) * max(_root_mean_square(at), 1e-3) / length
    sides = []
    for sign in (1, -1):
        for layer, (w, v) in enumerate(zip(at, direction, strict=True)):
            copy.set_column(layer, "weight", w + sign * h * v)
        sides.append(
            support_gradient(copy, inputs, targets, batches, step=step, seed=seed, dropout=dropout).links
        )
    return [(plus - minus) / (2 * h) for plus, minus in zip(*sides, strict=True)]


def float64_copy(network: AnyNetwork) -> AnyNetwork:
    """A network in float64 with the links, weights, biases and activations of another, no optimizer state."""
    layers = range(network.n_layers)
    copy = type(network)(
        network.patterns,
        [np.asarray(network.column(layer, "weight"), np.float64) for layer in layers],
        activations=network.activations,
        dropout=network.dropout,
        loss=network.loss,
        optimizer=network.optimizer,
        dtype="float64",
        latent=None,
    )
    for layer in layers:
        for name in ("weight", *network.activation_parameters(layer)):
            copy.set_bias_column(layer, name, np.asarray(network.bias_column(layer, name), np.float64))
    return copy


def _root_mean_square(parts: Sequence[NDArray[np.float64]]) -> float:
    total = sum(float(np.square(part).sum()) for part in parts)
    return float(np.sqrt(total / max(1, sum(part.size for part in parts))))
