"""Bounds of the rounding errors of one pass through a float32 network, carried along beside its numbers.

Every number x of the pass is computed in float64, with a bound E(x) of how far any float32 evaluation may be
from it, from the standard model fl(a op b) = (a op b)(1 + d), |d| <= u = 2**-24 (Higham 2002, chapters 2 and
3): a sum of n products in any order, each product rounded or fused, is off by at most gamma(n) =
n u / (1 - n u) times the sum of the sizes. Products of two errors are kept: the bounds hold to all orders.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from gossamer.engine import reference_math as rm

U = 2.0**-24


def gamma(n):
    return n * U / (1 - n * U)


@dataclass
class Bounded:
    """Numbers and a bound of their error, arrays of one shape."""

    value: np.ndarray
    error: np.ndarray

    @classmethod
    def exact(cls, value):
        return cls(np.asarray(value, float), np.zeros_like(value, dtype=float))

    @property
    def size(self):
        """Largest possible size of each number."""
        return np.abs(self.value) + self.error

    def times(self, other):
        """Elementwise product, rounded once."""
        error = self.error * other.size + np.abs(self.value) * other.error
        return Bounded(self.value * other.value, error + U * self.size * other.size)


def product(matrix, x, start):
    """matrix @ x + start[:, None] with exact (sparse) matrix and start."""
    sizes = abs(matrix) @ x.size + np.abs(start)[:, None]
    terms = int(np.diff(matrix.tocsr().indptr).max(initial=0)) + 2
    return Bounded(matrix @ x.value + start[:, None], abs(matrix) @ x.error + gamma(terms) * sizes)


def products_on_pattern(pattern, x, delta):
    """Sum over the batch of x_source * delta_target for each link."""
    source, target = pattern.link_sources(), pattern.targets
    value = np.einsum("kb,kb->k", x.value[source], delta.value[target])
    error = np.einsum("kb,kb->k", x.error[source], delta.size[target])
    error += np.einsum("kb,kb->k", np.abs(x.value[source]), delta.error[target])
    sizes = np.einsum("kb,kb->k", x.size[source], delta.size[target])
    return Bounded(value, error + gamma(x.value.shape[1] + 2) * sizes)


def row_sums(delta):
    batch = delta.value.shape[1]
    return Bounded(delta.value.sum(axis=1), delta.error.sum(axis=1) + gamma(batch) * delta.size.sum(axis=1))


def activated(z, activation, hidden_layer):
    """f(z) and f'(z).

    |f| changes by at most the largest slope times the error of z. tanh and the logistic function come from an
    exponential that is off by 4 u (two units in the last place); (1 - t) / (1 + t) and 1 / (1 + t) have
    slopes of at most 2 in t <= 1, which makes 8 u, and three more roundings of numbers of at most 1 make
    11 u. Their derivatives 1 - y**2 and y (1 - y) have slopes of at most 2 in y, and two roundings.
    """
    value = rm.activate(z.value, activation, hidden_layer)
    slope = rm.slope(z.value, activation, hidden_layer)
    if activation.name in ("tanh", "sigmoid"):
        steepest = 1.0 if activation.name == "tanh" else 0.25
        y = Bounded(value, steepest * z.error + 11 * U)
        return y, Bounded(slope, 2 * y.error + y.error**2 + 2 * U)
    below = activation.negative_slope(hidden_layer)
    error = max(1.0, abs(below)) * z.error + 2 * U * np.abs(below * z.size)
    # Where the sign of z is in doubt, so is the slope; a slope that is no float32 number is rounded.
    return Bounded(value, error), Bounded(
        slope, (np.abs(z.value) <= z.error) * abs(1 - below) + U * abs(below)
    )


def loss_gradient(z, targets, loss):
    """d loss / d z of the mean loss.

    Softmax: an exponent z - max z is off by at most d = 2 max E(z) + u max |z - max z|, each exponential by
    the relative error expm1(d) and 4 u, sum and quotient by n_out + 3 roundings; errors of numerator and
    denominator add.
    """
    n_out, batch = z.value.shape
    if loss == "cross_entropy":
        _, delta = rm.loss_and_delta(z.value, targets, loss)
        top = np.abs(z.value - z.value.max(axis=0)).max(axis=0)
        exponent = 2 * z.error.max(axis=0) + U * top
        relative = np.expm1(2 * exponent) + gamma(n_out + 14)
        return Bounded(delta, relative * (np.abs(delta) + 1 / batch) + 2 * U / batch)
    if loss == "binary_cross_entropy":
        y = expit(z.value)
        error = 0.25 * z.error + 11 * U
        return Bounded((y - targets.T) / batch, (error + 3 * U) / batch)
    value = 2 * (z.value - targets.T) / (n_out * batch)
    return Bounded(value, 2 * z.error / (n_out * batch) + gamma(4) * (np.abs(value) + 2 * z.error))


def gradients(network, samples, targets, factors):
    """Bounded gradients of weights and of biases.

    Parameters
    ----------
    network : float64 reference network with weights that are float32 numbers
    samples : array [batch, n_in] of float32 numbers
    factors : dropout factors [neurons, batch] of each hidden layer
    """
    matrices = [rm.matrix(p, network.column(k, "weight")) for k, p in enumerate(network.patterns)]
    x = Bounded.exact(samples.T)
    layer_inputs, slopes = [], []
    for layer, matrix in enumerate(matrices):
        layer_inputs.append(x)
        z = product(matrix.T.tocsr(), x, network.bias(layer))
        if layer < len(matrices) - 1:
            y, slope = activated(z, network.activations[layer], layer)
            factor = Bounded(factors[layer], U * factors[layer])
            x = y.times(factor)
            slopes.append(slope.times(factor))
    delta = loss_gradient(z, targets, network.loss)
    weights, biases = [], []
    for layer in reversed(range(len(matrices))):
        weights.append(products_on_pattern(network.patterns[layer], layer_inputs[layer], delta))
        biases.append(row_sums(delta))
        if layer > 0:
            below = product(matrices[layer], delta, np.zeros(matrices[layer].shape[0]))
            delta = below.times(slopes[layer - 1])
    return weights[::-1] + biases[::-1]
