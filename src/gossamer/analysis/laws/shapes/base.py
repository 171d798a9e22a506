"""What a law is: accuracy = plateau - fall * shape(z; parameters)."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """A shape parameter of a law.

    Parameters
    ----------
    name : str
    unit : str
        "hardness" (fraction of the axis), "1 / hardness", "links" or "1".
    help : str
        What it is, in one line.
    log : bool
        True if it is fitted on a logarithmic scale (then it is positive).
    """

    name: str
    unit: str
    help: str
    log: bool

    def natural(self, fitted: Array) -> Array:
        """Value in its unit, of a value on the scale of the fit."""
        return np.exp(fitted) if self.log else fitted


class Law(ABC):
    """One law: accuracy = plateau - fall * shape, shape rising from about 0 (easy end) with hardness.

    Plateau (accuracy, in [0, 1]) and fall (accuracy, in [0, 1]) are common to all laws and enter linearly, so
    a law only states its shape: one or two further parameters theta, on the scale of the fit (see
    `Parameter.log`). The first guess of a fit is the best of `candidates`, each with its best plateau and
    fall.

    All methods broadcast: theta has shape [..., q], z has shape [L] (or [...]), results have shape [..., L].
    """

    name: ClassVar[str]
    formula: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    variable: ClassVar[Literal["hardness", "links"]] = "hardness"
    change_point: ClassVar[bool] = False
    """True if the shape has a corner, so that information criteria do not hold and left-out error decides."""

    @abstractmethod
    def shape(self, z: Array, theta: Array) -> Array:
        """Shape at z, float64 [..., L]."""

    @abstractmethod
    def slopes(self, z: Array, theta: Array) -> Array:
        """Derivatives of the shape by theta, float64 [..., L, q]."""

    @abstractmethod
    def inverse(self, height: Array, theta: Array) -> Array:
        """The z at which the shape has this height, float64 [...]; height > 0."""

    @abstractmethod
    def bounds(self, z: Array) -> tuple[Array, Array]:
        """Lower and upper bounds of theta for levels z, two float64 [q]."""

    @abstractmethod
    def candidates(self, z: Array) -> Array:
        """First guesses of theta for levels z, float64 [K, q]."""


def product(*values: Array) -> Array:
    """All combinations of candidate values, float64 [K, q]."""
    return np.stack([mesh.ravel() for mesh in np.meshgrid(*values, indexing="ij")], axis=-1)


def exp_within(exponent: Array) -> Array:
    """Exponential without overflow: exponents are cut at 700."""
    return np.exp(np.minimum(exponent, 700.0))


def steepness_bounds(z: Array) -> tuple[float, float]:
    """Bounds of ln(steepness): a fall over ten axes, and one within a fifth of the finest step."""
    finest = float(np.diff(np.unique(z)).min(initial=1.0))
    return float(np.log(0.1)), float(np.log(5.0 / finest))


def centre_values(z: Array) -> Array:
    """Candidate positions along the axis: levels, midpoints, and some beyond the last level.

    Beyond it a law with a centre still bends the right way; how far is limited by its fall, which is at most
    1.
    """
    levels = np.unique(z)
    gap = levels[-1] - levels[-2] if levels.size > 1 else 0.1
    beyond = levels[-1] + gap * np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
    return np.concatenate((levels, (levels[1:] + levels[:-1]) / 2, beyond))
