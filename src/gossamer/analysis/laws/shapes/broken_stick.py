"""The broken stick: flat up to a break, then a straight fall."""

import numpy as np
from typing_extensions import override

from gossamer.analysis.laws.shapes.base import Array, Law, Parameter


class BrokenStick(Law):
    """Accuracy is the plateau up to the break c and falls in a straight line beyond; `fall` is the fall at x
    = 1.

    First guess: the best of the levels and seven points between each two of them.
    """

    name = "broken_stick"
    formula = "plateau - a max(0, x - c) / (1 - c)"
    parameters = (Parameter("c", "hardness", "the break", log=False),)
    change_point = True

    @override
    def shape(self, z: Array, theta: Array) -> Array:
        c = theta[..., 0:1]
        return np.maximum(z - c, 0.0) / (1.0 - c)

    @override
    def slopes(self, z: Array, theta: Array) -> Array:
        c = theta[..., 0:1]
        return np.where(z > c, (z - 1.0) / (1.0 - c) ** 2, 0.0)[..., None]

    @override
    def inverse(self, height: Array, theta: Array) -> Array:
        c = theta[..., 0]
        return np.asarray(c + height * (1.0 - c))

    @override
    def bounds(self, z: Array) -> tuple[Array, Array]:
        levels = np.unique(z)
        # A break beyond the last but one level would rest on a single point and leave the slope open.
        return levels[:1], levels[-2:-1]

    @override
    def candidates(self, z: Array) -> Array:
        levels = np.unique(z)[:-1]
        places = np.arange(8 * (levels.size - 1) + 1) / 8.0
        return np.interp(places, np.arange(levels.size), levels)[:, None]
