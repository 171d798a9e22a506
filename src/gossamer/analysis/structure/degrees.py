"""Degree distributions: how the links of a layer spread over its neurons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.structure.power_law import PowerLaw, fit_power_law

Counts = NDArray[np.int64]
End = Literal["sources", "targets"]


@dataclass(frozen=True)
class Degrees:
    """Degrees of the neurons at one end of a layer of links.

    Attributes
    ----------
    layer : int
        Layer of links, 0 being the one that reads the inputs.
    end : "sources" or "targets"
        Links that leave each source neuron, or that enter each target neuron.
    neurons : int
    mean, deviation : float
    dispersion : float or None
        Variance over that of links placed at random (binomial, with the same mean): about 1 at random, larger
        where some neurons gather links, 0 where all have the same number. None in an empty or full layer.
    smallest, largest, without_links : int
    power_law : PowerLaw or None
        None where the degrees are too few or too much alike for a fit.
    """

    layer: int
    end: End
    neurons: int
    mean: float
    deviation: float
    dispersion: float | None
    smallest: int
    largest: int
    without_links: int
    power_law: PowerLaw | None


def describe_degrees(
    layer: int,
    end: End,
    degrees: Sequence[Counts],
    other_end: int,
    draws: int,
    random: np.random.Generator,
) -> Degrees:
    """Describe degrees pooled over the runs of a level.

    Parameters
    ----------
    layer : int
    end : "sources" or "targets"
    degrees : sequence of int64 arrays, one a run
    other_end : int
        Neurons at the other end: the most links that a neuron can have.
    draws : int
        Most bootstrap draws of the power law; see `fit_power_law`.
    random : numpy Generator
    """
    pooled = np.concatenate(degrees)
    mean, variance = float(pooled.mean()), float(pooled.var())
    at_random = mean * (1 - mean / other_end)
    return Degrees(
        layer=layer,
        end=end,
        neurons=len(pooled),
        mean=mean,
        deviation=float(np.sqrt(variance)),
        dispersion=variance / at_random if at_random > 0 else None,
        smallest=int(pooled.min()),
        largest=int(pooled.max()),
        without_links=int(np.count_nonzero(pooled == 0)),
        power_law=fit_power_law(pooled, draws, random),
    )
