"""Whether patterns, weights, activations and dropout rates make one network."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.engine.activation import Activation
from gossamer.engine.latent import Latent
from gossamer.errors import ConfigError

Array = NDArray[Any]


def check_structure(
    patterns: Sequence[Pattern],
    weights: Sequence[Array],
    activations: Sequence[Activation],
    dropout: Sequence[float],
    latent: Sequence[Latent | None] | None = None,
) -> None:
    """Raise ConfigError if these do not make a network; see `Network` for their meaning."""
    hidden = len(patterns) - 1
    if hidden < 0 or len(weights) != hidden + 1 or len(activations) != hidden or len(dropout) != hidden:
        raise ConfigError(
            f"{len(patterns)} patterns, {len(weights)} weight arrays, {len(activations)} activations and "
            f"{len(dropout)} dropout rates do not make a network; expected one weight array for each pattern "
            "and one activation and rate for each hidden layer."
        )
    if latent is not None and len(latent) != hidden + 1:
        raise ConfigError(f"There are {len(latent)} latent rules, expected one (or None) for each pattern.")
    for layer, (pattern, w) in enumerate(zip(patterns, weights, strict=True)):
        if len(w) != pattern.nnz:
            raise ConfigError(f"Layer {layer} has {len(w)} weights, expected {pattern.nnz}.")
        if layer and pattern.n_in != patterns[layer - 1].n_out:
            raise ConfigError(
                f"Layer {layer} has {pattern.n_in} inputs, expected {patterns[layer - 1].n_out}, "
                "the outputs of the layer before."
            )
