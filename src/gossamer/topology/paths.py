"""Which inputs, outputs and links lie on a path from an input to an output, and how many should.

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
from gossamer.topology.links import layer_shapes

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


def expected_path_coverage(sizes: Sequence[int], densities: Sequence[float]) -> PathCoverage:
    """Expected numbers of inputs, outputs and links on a path, by a mean-field recursion; O(layers).

    Let every position of layer l be a link with probability p_l independently, and let A_l be the number of
    neurons of layer l from which a path leads to an output. A neuron of layer l misses all A_{l+1} such
    neurons of the next layer with probability (1 - p_l)^A_{l+1}, independently of its fellows, so

        E[A_l | A_{l+1}] = n_l f_l(A_{l+1}),   f_l(a) = 1 - (1 - p_l)^a,   A_L = n_L.

    The recursion puts the mean in place of A_{l+1}: E[A_l] ~ n_l g_l(E[A_{l+1}]), where g_l joins the values
    of f_l at whole numbers by straight lines. f_l grows and is concave and A_{l+1} is whole, so by Jensen's
    inequality each step, and with them the result, is an upper bound. The first step is exact, since A_L is
    not random; a later one is tight while A_{l+1} varies little against 1 / p_l, and too high where paths are
    about to die out (mean degree near 1). Reachability from the inputs is the mirror image.

    Links between layers l and l + 1 are independent of what comes before and after, so a position holds a
    link that lies on a path with probability p_l P(its source is reached) P(its target is alive).

    Parameters
    ----------
    sizes : sequence of int
        Neurons of each layer, input and output included.
    densities : sequence of float in [0, 1]
        Density of each layer of links. With exact counts, links are not quite independent; that is ignored.

    Returns
    -------
    PathCoverage, with expected numbers

    Raises
    ------
    TopologyError
        The sizes are no network, or there is not one density in [0, 1] for each layer of links.
    """
    shapes = layer_shapes(sizes)
    if len(densities) != len(shapes) or not all(0 <= density <= 1 for density in densities):
        raise TopologyError(
            f"Path coverage needs {len(shapes)} densities between 0 and 1, but they are {list(densities)}."
        )
    reached = _expected_reached(sizes, densities)
    alive = _expected_reached(sizes[::-1], densities[::-1])[::-1]
    return PathCoverage(
        sizes=tuple(sizes),
        inputs=alive[0],
        outputs=reached[-1],
        links=tuple(p * n_in * n_out for p, (n_in, n_out) in zip(densities, shapes, strict=True)),
        effective_links=tuple(
            p * before * after for p, before, after in zip(densities, reached[:-1], alive[1:], strict=True)
        ),
    )


def _expected_reached(sizes: Sequence[int], densities: Sequence[float]) -> list[float]:
    """Expected number of neurons of each layer that a path from the first layer reaches (an upper bound)."""
    reached = [float(sizes[0])]
    for size, density in zip(sizes[1:], densities, strict=True):
        reached.append(size * _hit_probability(density, reached[-1]))
    return reached


def _hit_probability(density: float, neurons: float) -> float:
    """Probability that one of `neurons` independent positions is a link, linear between whole numbers."""
    whole = int(neurons)
    missed = (1 - density) ** whole
    return 1 - missed * (1 - density * (neurons - whole))


@dataclass(frozen=True)
class PathCheck:
    """Path coverage of the sampled patterns and for the asked densities, and a warning if one is due."""

    sampled: PathCoverage
    expected: PathCoverage
    warning: str | None


def check_paths(patterns: Sequence[Pattern], densities: Sequence[float], *, require: bool) -> PathCheck:
    """Compare what lies on a path with what should.

    Parameters
    ----------
    patterns : sequence of Pattern
        The sampled topology, layers in order.
    densities : sequence of float in [0, 1]
        The densities that were asked for.
    require : bool
        Whether an input or an output on no path is an error rather than a warning.

    Raises
    ------
    TopologyError
        As `path_coverage` and `expected_path_coverage`; or, with `require`, an input or output is on no path.
    """
    sampled = path_coverage(patterns)
    expected = expected_path_coverage(network_sizes(patterns), densities)
    n_inputs, n_outputs = sampled.sizes[0], sampled.sizes[-1]
    if sampled.inputs == n_inputs and sampled.outputs == n_outputs:
        return PathCheck(sampled, expected, warning=None)
    found = (
        f"{n_inputs - sampled.inputs:g} of {n_inputs} inputs and {n_outputs - sampled.outputs:g} of "
        f"{n_outputs} outputs are on no path from an input to an output, where about "
        f"{n_inputs - expected.inputs:.1f} and {n_outputs - expected.outputs:.1f} are expected at the asked "
        "densities"
    )
    if require:
        raise TopologyError(f"{found}; make the network denser, or set require_paths = false.")
    return PathCheck(sampled, expected, warning=f"{found}.")
