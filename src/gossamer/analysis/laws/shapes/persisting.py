"""The law in persisting links: what counts is how many links survive an update, not which fraction."""

import numpy as np
from typing_extensions import override

from gossamer.analysis.laws.shapes.base import Array, Law, Parameter


class PersistingLinks(Law):
    """Accuracy recovers by the factor e for every s links that persist; `fall` is the fall without any.

    Persisting links are (1 - zeta) nnz summed over the layers that evolve. On an axis along which nnz is
    constant this is the exponential law with b = nnz / s, and no data can tell the two apart. First guess:
    the best of 80 scales s, evenly spaced in logarithm between the bounds.
    """

    name = "persisting_links"
    formula = "plateau - a exp(-links / s)"
    parameters = (Parameter("s", "links", "persisting links at which 1 / e of the fall is left", log=True),)
    variable = "links"

    @override
    def shape(self, z: Array, theta: Array) -> Array:
        return np.exp(-np.minimum(z * np.exp(-theta[..., 0:1]), 700.0))

    @override
    def slopes(self, z: Array, theta: Array) -> Array:
        ratio = z * np.exp(-theta[..., 0:1])
        return (ratio * np.exp(-np.minimum(ratio, 700.0)))[..., None]

    @override
    def inverse(self, height: Array, theta: Array) -> Array:
        return np.asarray(-np.exp(theta[..., 0]) * np.log(height))

    @override
    def bounds(self, z: Array) -> tuple[Array, Array]:
        low, high = _scale_bounds(z)
        return np.array([low]), np.array([high])

    @override
    def candidates(self, z: Array) -> Array:
        return np.linspace(*_scale_bounds(z), 80)[:, None]


def _scale_bounds(z: Array) -> tuple[float, float]:
    """Bounds of ln s: a fifth of the finest step between levels, and ten times the most links."""
    counts = np.unique(z)
    finest = float(np.diff(counts).min(initial=counts[-1])) or 1.0
    return float(np.log(finest / 5.0)), float(np.log(10.0 * counts[-1]))
