"""The Weibull law in what remains: a stretched or compressed exponential."""

import numpy as np
from typing_extensions import override

from gossamer.analysis.laws.shapes.base import Array, Law, Parameter, exp_within, product

_SHAPE = (np.log(0.2), np.log(10.0))


class Weibull(Law):
    """The remaining fraction 1 - x is measured in units of s; k = 1 is the exponential law with b = 1 / s.

    First guess: the best of 40 scales s times 12 exponents k.
    """

    name = "weibull"
    formula = "plateau - a exp(-((1 - x) / s)^k)"
    parameters = (
        Parameter("s", "hardness", "remaining fraction at which 1 / e of the fall is reached", log=True),
        Parameter("k", "1", "exponent", log=True),
    )

    @override
    def shape(self, z: Array, theta: Array) -> Array:
        return np.exp(-self._powered(z, theta))

    @override
    def slopes(self, z: Array, theta: Array) -> Array:
        k = np.exp(theta[..., 1:2])
        v = self._powered(z, theta)
        g = np.exp(-v)
        log_v = np.log(np.maximum(v, 1e-300))
        return np.stack((g * v * k, -g * v * log_v), axis=-1)

    @override
    def inverse(self, height: Array, theta: Array) -> Array:
        v = np.maximum(-np.log(height), 0.0)
        return np.asarray(1.0 - np.exp(theta[..., 0]) * v ** np.exp(-theta[..., 1]))

    @override
    def bounds(self, z: Array) -> tuple[Array, Array]:
        low, high = _scale_bounds(z)
        return np.array([low, _SHAPE[0]]), np.array([high, _SHAPE[1]])

    @override
    def candidates(self, z: Array) -> Array:
        return product(np.linspace(*_scale_bounds(z), 40), np.linspace(*_SHAPE, 12))

    def _powered(self, z: Array, theta: Array) -> Array:
        remaining = np.log(np.maximum(1.0 - z, 1e-300))
        # An exponent above 5 gives v > e^5: the shape is 0 to double precision long before v overflows.
        return exp_within(np.minimum(np.exp(theta[..., 1:2]) * (remaining - theta[..., 0:1]), 100.0))


def _scale_bounds(z: Array) -> tuple[float, float]:
    """Bounds of ln s: a fifth of the finest step between levels, and ten axes."""
    finest = float(np.diff(np.unique(z)).min(initial=1.0))
    return float(np.log(finest / 5.0)), float(np.log(10.0))
