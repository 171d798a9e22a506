"""Names of the Python side as the numbers that the native core knows them by."""

from collections.abc import Sequence
from typing import Any

from gossamer._native import Pattern
from gossamer.engine.activation import Activation, dropout_threshold
from gossamer.engine.latent import Latent
from gossamer.engine.optimizer import Optimizer
from gossamer.errors import ConfigError

# Enumerations of native/kernels.hpp and native/network.hpp.
ACTIVATIONS = {"linear": 0, "relu": 1, "leaky_relu": 2, "all_relu": 2, "tanh": 3, "sigmoid": 4, "srelu": 5}
LOSSES = {"cross_entropy": 0, "binary_cross_entropy": 1, "mse": 2, "huber": 3, "poisson": 4}
RULES = {"sgd": 1, "adam": 2}
LATENTS = {"power": 1, "mask": 2, "top_kast": 3, "deep_r": 4}
DECAY_FORMS = {"l2": 0, "decoupled_lr": 1, "decoupled": 2}


def layer_codes(
    patterns: Sequence[Pattern],
    activations: Sequence[Activation],
    dropout: Sequence[float],
    latent: Sequence[Latent | None],
) -> list[tuple[Any, ...]]:
    """Pattern, activation, slope below zero, dropout threshold and latent rule of each layer."""
    activations = (*activations, Activation("linear"))
    thresholds = (*map(dropout_threshold, dropout), 0)
    return [
        (
            pattern,
            ACTIVATIONS[a.name],
            a.negative_slope(layer) if a.piecewise_linear else 0.0,
            threshold,
            rule,
        )
        for layer, (pattern, a, threshold, rule) in enumerate(
            zip(patterns, activations, thresholds, map(latent_codes, latent), strict=True)
        )
    ]


def latent_codes(latent: Latent | None) -> tuple[int, float, float, float, float] | None:
    """Fields of native/kernels.hpp's Latent."""
    if latent is None:
        return None
    return LATENTS[latent.kind], latent.power, latent.penalty, latent.outside, latent.noise


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


def latent_column(latent: Latent, optimizer: Optimizer, name: str) -> str:
    """Native name of a column of a layer with latent parameters."""
    if name == latent.companion:
        return "companion"
    states = zip(optimizer.state_columns, ("state1", "state2"), strict=False)
    return {f"mask_{state}": f"companion_{native}" for state, native in states}.get(name, name)


def neuron_column(optimizer: Optimizer, name: str) -> str:
    """Native name of a per-neuron column other than the bias and its state."""
    for state, native in zip(optimizer.state_columns, ("state1", "state2"), strict=False):
        if name.endswith(f"_{state}"):
            return f"{name.removesuffix(state)}{native}"
    return name
