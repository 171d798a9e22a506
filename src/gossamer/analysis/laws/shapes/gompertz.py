"""The Gompertz law: a fall that starts abruptly and ends slowly."""

import numpy as np
from typing_extensions import override

from gossamer.analysis.laws.shapes.base import (
    Array,
    Law,
    Parameter,
    centre_values,
    exp_within,
    product,
    steepness_bounds,
)


class Gompertz(Law):
    """The steepest point is at c, where 1 / e of the fall is reached.

    First guess: the best of 30 steepnesses times the levels and the midpoints between them.
    """

    name = "gompertz"
    formula = "plateau - a exp(-exp(-b (x - c)))"
    parameters = (
        Parameter("b", "1 / hardness", "steepness", log=True),
        Parameter("c", "hardness", "where the fall is steepest", log=False),
    )

    @override
    def shape(self, z: Array, theta: Array) -> Array:
        return np.exp(-exp_within(-np.exp(theta[..., 0:1]) * (z - theta[..., 1:2])))

    @override
    def slopes(self, z: Array, theta: Array) -> Array:
        b, c = np.exp(theta[..., 0:1]), theta[..., 1:2]
        # u exp(-u) vanishes for large u; cutting the exponent at 50 keeps inf * 0 out of the product below.
        u = np.exp(np.clip(-b * (z - c), -700.0, 50.0))
        bell = u * np.exp(-u)
        return np.stack((bell * b * (z - c), -b * bell), axis=-1)

    @override
    def inverse(self, height: Array, theta: Array) -> Array:
        with np.errstate(divide="ignore"):
            delay = -np.log(-np.log(np.minimum(height, 1.0)))
        return np.asarray(theta[..., 1] + delay / np.exp(theta[..., 0]))

    @override
    def bounds(self, z: Array) -> tuple[Array, Array]:
        low, high = steepness_bounds(z)
        centres = centre_values(z)
        return np.array([low, centres.min()]), np.array([high, centres.max()])

    @override
    def candidates(self, z: Array) -> Array:
        return product(np.linspace(*steepness_bounds(z), 30), centre_values(z))
