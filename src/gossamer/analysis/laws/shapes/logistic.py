"""The logistic law: a symmetric fall around a centre."""

import numpy as np
from scipy.special import expit, logit
from typing_extensions import override

from gossamer.analysis.laws.shapes.base import Array, Law, Parameter, centre_values, product, steepness_bounds


class Logistic(Law):
    """Half of the fall is reached at the centre c; far before it the law is exponential.

    First guess: the best of 30 steepnesses times the levels and the midpoints between them.
    """

    name = "logistic"
    formula = "plateau - a / (1 + exp(-b (x - c)))"
    parameters = (
        Parameter("b", "1 / hardness", "steepness", log=True),
        Parameter("c", "hardness", "where half of the fall is reached", log=False),
    )

    @override
    def shape(self, z: Array, theta: Array) -> Array:
        return np.asarray(expit(np.exp(theta[..., 0:1]) * (z - theta[..., 1:2])))

    @override
    def slopes(self, z: Array, theta: Array) -> Array:
        b, c = np.exp(theta[..., 0:1]), theta[..., 1:2]
        g = expit(b * (z - c))
        bell = g * (1.0 - g)
        return np.stack((bell * b * (z - c), -b * bell), axis=-1)

    @override
    def inverse(self, height: Array, theta: Array) -> Array:
        return np.asarray(theta[..., 1] + logit(np.minimum(height, 1.0)) / np.exp(theta[..., 0]))

    @override
    def bounds(self, z: Array) -> tuple[Array, Array]:
        low, high = steepness_bounds(z)
        centres = centre_values(z)
        return np.array([low, centres.min()]), np.array([high, centres.max()])

    @override
    def candidates(self, z: Array) -> Array:
        return product(np.linspace(*steepness_bounds(z), 30), centre_values(z))
