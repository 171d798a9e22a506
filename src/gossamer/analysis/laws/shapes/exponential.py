"""The exponential law, the paper's equation (2)."""

import numpy as np
from typing_extensions import override

from gossamer.analysis.laws.shapes.base import Array, Law, Parameter, exp_within, steepness_bounds


class Exponential(Law):
    """Accuracy falls by the factor e for every 1 / b of hardness; `fall` is the fall at hardness 1.

    First guess: the best of 80 steepnesses b, evenly spaced in logarithm between the bounds.
    """

    name = "exponential"
    formula = "plateau - a exp(b (x - 1))"
    parameters = (Parameter("b", "1 / hardness", "steepness", log=True),)

    @override
    def shape(self, z: Array, theta: Array) -> Array:
        b = np.exp(theta[..., 0:1])
        return exp_within(b * (z - 1.0))

    @override
    def slopes(self, z: Array, theta: Array) -> Array:
        b = np.exp(theta[..., 0:1])
        return (b * (z - 1.0) * exp_within(b * (z - 1.0)))[..., None]

    @override
    def inverse(self, height: Array, theta: Array) -> Array:
        return 1.0 + np.log(height) / np.exp(theta[..., 0])

    @override
    def bounds(self, z: Array) -> tuple[Array, Array]:
        low, high = steepness_bounds(z)
        return np.array([low]), np.array([high])

    @override
    def candidates(self, z: Array) -> Array:
        return np.linspace(*steepness_bounds(z), 80)[:, None]
