"""Distributions of initial weights, for new networks and for links that grow later."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from gossamer._native import Pattern, uniform_draws
from gossamer.errors import ConfigError
from gossamer.random import Purpose

InitName = Literal["he_uniform", "he_normal", "glorot_uniform", "glorot_normal"]
FanIn = Literal["dense", "actual"]


@dataclass(frozen=True)
class Initial:
    """Distribution of the weight of a link, by the links that reach its target and leave its source.

    The variance is 2 / fan_in for "he" and 2 / (fan_in + fan_out) for "glorot"; "uniform" is U(-L, L) of that
    variance, so L = sqrt(6 / fan_in) for "he_uniform".

    Parameters
    ----------
    name : "he_uniform", "he_normal", "glorot_uniform" or "glorot_normal"
    fan_in : "dense" or "actual"
        "dense" counts the links of a dense layer (fan_in = n_in, fan_out = n_out), as the code of van Engers
        2021 does; "actual" counts the target's links and the source's links in the pattern.
    """

    name: InitName = "he_uniform"
    fan_in: FanIn = "dense"

    def __post_init__(self) -> None:
        if self.name not in get_args(InitName):
            raise ConfigError(
                f"The initial distribution is {self.name!r}, expected one of {get_args(InitName)}."
            )
        if self.fan_in not in get_args(FanIn):
            raise ConfigError(f"fan_in is {self.fan_in!r}, expected 'dense' or 'actual'.")

    def values(
        self,
        fan_in: NDArray[np.integer] | int,
        fan_out: NDArray[np.integer] | int,
        draws: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Weights of links from draws in (0, 1), one each.

        Parameters
        ----------
        fan_in, fan_out : int, or int array [links]
        draws : float64 array [links]

        Returns
        -------
        float64 array [links]
        """
        fan = fan_in if self.name.startswith("he") else np.add(fan_in, fan_out)
        deviation = np.sqrt(2.0 / fan)
        if self.name.endswith("normal"):
            return np.asarray(ndtri(draws) * deviation)
        return np.asarray((2.0 * draws - 1.0) * (np.sqrt(3.0) * deviation))


def initial_weights(
    patterns: Sequence[Pattern],
    init: InitName = "he_uniform",
    fan_in: FanIn = "dense",
    seed: int = 0,
    dtype: Literal["float32", "float64"] = "float32",
) -> list[NDArray[Any]]:
    """Initial weights of each layer: draw k of layer l is that of link k in source order.

    Returns
    -------
    list of arrays [nnz of the layer] of `dtype`
    """
    initial = Initial(init, fan_in)
    weights = []
    for layer, pattern in enumerate(patterns):
        draws = uniform_draws(seed, pattern.nnz, step=0, layer=layer, purpose=int(Purpose.WEIGHT))
        fans: tuple[Any, Any] = (pattern.n_in, pattern.n_out)
        if fan_in == "actual":
            fans = _actual_fans(pattern)
        weights.append(initial.values(*fans, draws).astype(dtype))
    return weights


def _actual_fans(pattern: Pattern) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """In-degree of the target and out-degree of the source of every link."""
    out_degree = np.diff(pattern.source_offsets)
    in_degree = np.diff(pattern.target_offsets)
    return in_degree[pattern.targets], np.repeat(out_degree, out_degree)
