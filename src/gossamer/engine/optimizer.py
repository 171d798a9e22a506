"""The rule that turns a gradient into a new weight."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from gossamer.errors import ConfigError

OptimizerKind = Literal["sgd", "adam"]
DecayForm = Literal["l2", "decoupled_lr", "decoupled"]

_STATE_COLUMNS: dict[str, tuple[str, ...]] = {"sgd": ("velocity",), "adam": ("moment1", "moment2")}


@dataclass(frozen=True)
class Optimizer:
    """Stochastic gradient descent with momentum, or Adam, with one of three forms of weight decay.

    With g the gradient's mean over the batch, lr the learning rate and wd the weight decay::

        l2            g = g + wd * w, shrink = 0
        decoupled_lr  shrink = lr * wd
        decoupled     shrink = wd

        sgd           v = momentum * v - lr * g
                      w = (w + v) - shrink * w
        sgd nesterov  v = momentum * v - lr * g
                      w = (w + (momentum * v - lr * g)) - shrink * w
        adam          m = beta1 * m + (1 - beta1) * g;  s = beta2 * s + (1 - beta2) * g**2;  t = step + 1
                      w = w - lr * (m / (1 - beta1**t)) / (sqrt(s / (1 - beta2**t)) + eps) - shrink * w

    where the w of ``shrink * w`` is the weight before the step.

    Parameters
    ----------
    kind : "sgd" or "adam"
    momentum : float in [0, 1)
        Of "sgd". At 0 the velocity is kept all the same, so that a layer's columns depend on `kind` alone.
    nesterov : bool
    weight_decay : float, at least 0
    weight_decay_form : "l2", "decoupled_lr" or "decoupled"
        "decoupled" is not multiplied by the learning rate, as in the code of van Engers 2021.
    beta1, beta2 : float in [0, 1)
    eps : float above 0
    decay_biases : bool
        Whether weight decay acts on biases too.
    """

    kind: OptimizerKind = "sgd"
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    weight_decay_form: DecayForm = "l2"
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    decay_biases: bool = True

    def __post_init__(self) -> None:
        if self.kind not in get_args(OptimizerKind):
            raise ConfigError(f"The optimizer is {self.kind!r}, expected 'sgd' or 'adam'.")
        if self.weight_decay_form not in get_args(DecayForm):
            raise ConfigError(
                f"weight_decay_form is {self.weight_decay_form!r}, expected one of {get_args(DecayForm)}."
            )
        for name in ("momentum", "beta1", "beta2"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected a number in [0, 1).")
        if not (self.weight_decay >= 0.0 and isfinite(self.weight_decay)):
            raise ConfigError(f"weight_decay is {self.weight_decay}, expected a finite number of at least 0.")
        if not (self.eps > 0.0 and isfinite(self.eps)):
            raise ConfigError(f"eps is {self.eps}, expected a finite number above 0.")

    @property
    def state_columns(self) -> tuple[str, ...]:
        """Names of the per-link (and per-bias) state: ("velocity",) or ("moment1", "moment2")."""
        return _STATE_COLUMNS[self.kind]
