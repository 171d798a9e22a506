"""Numbers that describe one pattern."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern


def out_degrees(pattern: Pattern) -> NDArray[np.int64]:
    """Links that leave each source neuron, shape (n_in,); for the first layer, the links of each input."""
    return np.diff(pattern.source_offsets)


def in_degrees(pattern: Pattern) -> NDArray[np.int64]:
    """Links that enter each target neuron, shape (n_out,)."""
    return np.diff(pattern.target_offsets)


@dataclass(frozen=True)
class DegreeStatistics:
    """Mean, standard deviation (over all neurons), extremes, and the number of neurons without links."""

    mean: float
    deviation: float
    smallest: int
    largest: int
    without_links: int

    @classmethod
    def of(cls, degrees: NDArray[np.int64]) -> "DegreeStatistics":
        """Statistics of the degrees of one side of a pattern."""
        return cls(
            mean=float(degrees.mean()),
            deviation=float(degrees.std()),
            smallest=int(degrees.min()),
            largest=int(degrees.max()),
            without_links=int(np.count_nonzero(degrees == 0)),
        )


@dataclass(frozen=True)
class PatternStatistics:
    """Size, links, density, and degrees of the source and the target neurons of one pattern."""

    n_in: int
    n_out: int
    nnz: int
    density: float
    sources: DegreeStatistics
    targets: DegreeStatistics


def pattern_statistics(pattern: Pattern) -> PatternStatistics:
    """Describe one pattern; O(n_in + n_out)."""
    return PatternStatistics(
        n_in=pattern.n_in,
        n_out=pattern.n_out,
        nnz=pattern.nnz,
        density=pattern.nnz / (pattern.n_in * pattern.n_out),
        sources=DegreeStatistics.of(out_degrees(pattern)),
        targets=DegreeStatistics.of(in_degrees(pattern)),
    )
