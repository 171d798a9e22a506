"""Names of the Python side as the numbers that the native core knows them by."""

from collections.abc import Sequence
from typing import Any

from gossamer._native import Pattern
from gossamer.engine.activation import Activation, dropout_threshold
from gossamer.engine.optimizer import Optimizer
from gossamer.errors import ConfigError

# Enumerations of native/kernels.hpp and native/network.hpp.
ACTIVATIONS = {"linear": 0, "relu": 1, "leaky_relu": 2, "all_relu": 2, "tanh": 3, "sigmoid": 4}
LOSSES = {"cross_entropy": 0, "binary_cross_entropy": 1, "mse": 2}
RULES = {"sgd": 1, "adam": 2}
DECAY_FORMS = {"l2": 0, "decoupled_lr": 1, "decoupled": 2}


def layer_codes(
    patterns: Sequence[Pattern], activations: Sequence[Activation], dropout: Sequence[float]
) -> list[tuple[Pattern, int, float, int]]:
    """Pattern, activation, slope below zero and dropout threshold of each layer; the output is linear."""
    activations = (*activations, Activation("linear"))
    thresholds = (*map(dropout_threshold, dropout), 0)
    return [
        (pattern, ACTIVATIONS[a.name], a.negative_slope(layer) if a.piecewise_linear else 0.0, threshold)
        for layer, (pattern, a, threshold) in enumerate(zip(patterns, activations, thresholds, strict=True))
    ]


def optimizer_codes(optimizer: Optimizer) -> dict[str, Any]:
    """Fields of native/network.hpp's OptimizerSpec."""
    names = ("momentum", "nesterov", "weight_decay", "beta1", "beta2", "eps", "decay_biases")
    fields: dict[str, Any] = {name: getattr(optimizer, name) for name in names}
    return fields | {"rule": RULES[optimizer.kind], "form": DECAY_FORMS[optimizer.weight_decay_form]}


def native_column(optimizer: Optimizer, name: str, known: Sequence[str]) -> str:
    """Native name of a column; raises ConfigError if `name` is not among the known ones."""
    if name not in known:
        raise ConfigError(f"There is no column {name!r}, expected one of {tuple(known)}.")
    return dict(zip(optimizer.state_columns, ("state1", "state2"), strict=False)).get(name, name)
