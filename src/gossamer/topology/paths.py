"""Which inputs, outputs and links lie on a path from an input to an output.

Links that lie on no path cannot matter to any prediction; a sparsity that counts only the others is called
effective (Vysogorets and Kempe, *Connectivity matters*, arXiv 2107.02306).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gossamer._native import Pattern
from gossamer.errors import TopologyError

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class PathCoverage:
    """What lies on a path from an input to an output: counts, or expected counts.

    Attributes
    ----------
    sizes : neurons of each layer
    inputs, outputs : input and output neurons on a path
    links : links of each layer, on a path or not
    effective_links : links of each layer that lie on a path
    """

    sizes: tuple[int, ...]
    inputs: float
    outputs: float
    links: tuple[float, ...]
    effective_links: tuple[float, ...]

    @property
    def positions(self) -> int:
        """Positions of all layers: links of the dense network."""
        return sum(n_in * n_out for n_in, n_out in pairwise(self.sizes))

    @property
    def sparsity(self) -> float:
        """Fraction of positions without a link."""
        return 1 - sum(self.links) / self.positions

    @property
    def effective_sparsity(self) -> float:
        """Fraction of positions without a link that lies on a path; never below `sparsity`."""
        return 1 - sum(self.effective_links) / self.positions


def path_coverage(patterns: Sequence[Pattern]) -> PathCoverage:
    """Count what lies on a path, by one pass over the links in each direction; O(links + neurons).

    Parameters
    ----------
    patterns : sequence of Pattern
        Layers in order; each goes on where the one before it ends.

    Returns
    -------
    PathCoverage, with counts

    Raises
    ------
    TopologyError
        There is no layer, or two adjacent ones do not fit together.
    """
    sizes = network_sizes(patterns)
    reached = reached_from_inputs(patterns)
    alive = reaching_outputs(patterns)
    effective = tuple(
        int(np.count_nonzero(_at_sources(pattern, reached[layer]) & alive[layer + 1][pattern.targets]))
        for layer, pattern in enumerate(patterns)
    )
    return PathCoverage(
        sizes=sizes,
        inputs=int(np.count_nonzero(alive[0])),
        outputs=int(np.count_nonzero(reached[-1])),
        links=tuple(pattern.nnz for pattern in patterns),
        effective_links=effective,
    )


def network_sizes(patterns: Sequence[Pattern]) -> tuple[int, ...]:
    """Neurons of each layer of the network that the patterns make.

    Raises
    ------
    TopologyError
        There is no pattern, or two adjacent ones do not fit together.
    """
    if not patterns:
        raise TopologyError("A network needs at least one pattern, but there is none.")
    for layer, (first, second) in enumerate(pairwise(patterns)):
        if first.n_out != second.n_in:
            raise TopologyError(
                f"Pattern {layer} ends in {first.n_out} neurons, but pattern {layer + 1} begins with "
                f"{second.n_in}; they must be equal."
            )
    return (patterns[0].n_in, *(pattern.n_out for pattern in patterns))


def reached_from_inputs(patterns: Sequence[Pattern]) -> list[BoolArray]:
    """For each layer of neurons, input first: which neurons a path from some input reaches."""
    reached = [np.ones(patterns[0].n_in, dtype=np.bool_)]
    for pattern in patterns:
        following = np.zeros(pattern.n_out, dtype=np.bool_)
        following[pattern.targets[_at_sources(pattern, reached[-1])]] = True
        reached.append(following)
    return reached


def reaching_outputs(patterns: Sequence[Pattern]) -> list[BoolArray]:
    """For each layer of neurons, input first: from which neurons a path leads to some output."""
    alive = [np.ones(patterns[-1].n_out, dtype=np.bool_)]
    for pattern in reversed(patterns):
        preceding = np.zeros(pattern.n_in, dtype=np.bool_)
        preceding[pattern.link_sources()[alive[0][pattern.targets]]] = True
        alive.insert(0, preceding)
    return alive


def _at_sources(pattern: Pattern, neurons: BoolArray) -> BoolArray:
    """Value of each link's source, in the order of the links."""
    return np.repeat(neurons, np.diff(pattern.source_offsets))
