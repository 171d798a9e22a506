"""The power law in what remains, with a scale that keeps it finite where nothing remains."""

import numpy as np
from typing_extensions import override

from gossamer.analysis.laws.shapes.base import Array, Law, Parameter, product

_EXPONENT = (np.log(0.2), np.log(50.0))


class Power(Law):
    """For 1 - x far above s accuracy approaches the plateau as (1 - x)^-k; `fall` is the fall at x = 1.

    For large k it becomes the exponential law with b = k / s. First guess: the best of 40 scales s times 12
    exponents k.
    """

    name = "power"
    formula = "plateau - a (1 + (1 - x) / s)^-k"
    parameters = (
        Parameter("s", "hardness", "remaining fraction at which the power sets in", log=True),
        Parameter("k", "1", "exponent", log=True),
    )

    @override
    def shape(self, z: Array, theta: Array) -> Array:
        return np.asarray(np.exp(-np.exp(theta[..., 1:2]) * np.log1p(self._ratio(z, theta))))

    @override
    def slopes(self, z: Array, theta: Array) -> Array:
        k = np.exp(theta[..., 1:2])
        ratio = self._ratio(z, theta)
        g = np.exp(-k * np.log1p(ratio))
        return np.stack((g * k * ratio / (1.0 + ratio), -g * k * np.log1p(ratio)), axis=-1)

    @override
    def inverse(self, height: Array, theta: Array) -> Array:
        v = np.maximum(-np.log(height), 0.0) * np.exp(-theta[..., 1])
        return np.asarray(1.0 - np.exp(theta[..., 0]) * np.expm1(np.minimum(v, 700.0)))

    @override
    def bounds(self, z: Array) -> tuple[Array, Array]:
        low, high = _scale_bounds(z)
        return np.array([low, _EXPONENT[0]]), np.array([high, _EXPONENT[1]])

    @override
    def candidates(self, z: Array) -> Array:
        return product(np.linspace(*_scale_bounds(z), 40), np.linspace(*_EXPONENT, 12))

    def _ratio(self, z: Array, theta: Array) -> Array:
        return np.asarray(np.maximum(1.0 - z, 0.0) * np.exp(-theta[..., 0:1]))


def _scale_bounds(z: Array) -> tuple[float, float]:
    """Bounds of ln s: a fifth of the finest step between levels, and ten axes."""
    finest = float(np.diff(np.unique(z)).min(initial=1.0))
    return float(np.log(finest / 5.0)), float(np.log(10.0))
