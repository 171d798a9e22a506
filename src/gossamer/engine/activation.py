"""Activation functions of the hidden layers, and the dropout that follows them."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from gossamer.errors import ConfigError

ActivationName = Literal["relu", "leaky_relu", "all_relu", "tanh", "sigmoid", "linear", "srelu"]

SRELU_START = {"t_right": 1.0, "a_right": 1.0, "t_left": 0.0, "a_left": 0.2}
"""Trained parameters of a neuron under "srelu" and their first values, so that it starts as a leaky ReLU.

Jin et al. 2016 start the same way, but for t_right, which they set to a quantile of each neuron's inputs
after some epochs; where a_right is 1 the value of t_right makes no difference.
"""

DROPOUT_LEVELS = 256


@dataclass(frozen=True)
class Activation:
    """Function applied to every neuron of one hidden layer.

    Parameters
    ----------
    name : "relu", "leaky_relu", "all_relu", "tanh", "sigmoid", "linear" or "srelu"
        "srelu" (Jin et al. 2016) is t_right + a_right (z - t_right) above t_right, t_left + a_left (z -
        t_left) below t_left and z between, with four numbers a neuron that are trained; see `SRELU_START`.
    slope : float
        Slope below zero of "leaky_relu"; of "all_relu" its size: the sign alternates with the hidden layer,
        -slope for hidden layers 0, 2, ... and +slope for 1, 3, ... (Curci et al. 2021). Others ignore it.
    """

    name: ActivationName = "relu"
    slope: float = 0.01

    def __post_init__(self) -> None:
        if self.name not in get_args(ActivationName):
            raise ConfigError(f"The activation is {self.name!r}, expected one of {get_args(ActivationName)}.")
        if not isfinite(self.slope):
            raise ConfigError(f"The slope of {self.name!r} is {self.slope}, expected a finite number.")

    @property
    def piecewise_linear(self) -> bool:
        """Whether the function is z above zero and ``negative_slope(...) * z`` at and below zero."""
        return self.name not in ("tanh", "sigmoid", "srelu")

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the numbers that every neuron of the layer trains: four of "srelu", else none."""
        return tuple(SRELU_START) if self.name == "srelu" else ()

    def negative_slope(self, hidden_layer: int) -> float:
        """Slope at and below zero of a piecewise linear activation in hidden layer 0, 1, ..."""
        if self.name == "leaky_relu":
            return self.slope
        if self.name == "all_relu":
            return -self.slope if hidden_layer % 2 == 0 else self.slope
        return 1.0 if self.name == "linear" else 0.0


def dropout_threshold(rate: float) -> int:
    """Byte below which an element is dropped: `rate` in units of 1/256, rounded half up.

    Dropout compares one random byte per element with this threshold and scales what is kept by
    ``1 / (1 - threshold / 256)``, the rate that is achieved.

    Raises
    ------
    ConfigError
        If `rate` is not in [0, 255.5/256), so that nothing could be kept.
    """
    threshold = int(rate * DROPOUT_LEVELS + 0.5) if 0.0 <= rate < 1.0 else DROPOUT_LEVELS
    if threshold >= DROPOUT_LEVELS:
        raise ConfigError(f"The dropout rate is {rate}, expected at least 0 and below 0.998.")
    return threshold
