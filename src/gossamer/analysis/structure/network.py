"""The graph of a whole network: its paths, the neurons that lie on none, and whether it is a small world.

A small world is clustered like a lattice, yet has short distances. For a layered network, whose graph is
bipartite between layers:

- Clustering is the chance that a path of three links within one layer of links, v' - u - v - u' with all four
  neurons different, is closed by a link u' - v' (Robins and Alexander 2004, *Small worlds among interlocking
  directors*). It is estimated from paths drawn uniformly among all of them, in the layers that are not dense.
- Its null is a pattern drawn uniformly among those with as many links: three links of the path being given,
  the fourth position holds one of the n - 3 others with probability (n - 3) / (P - 3), P positions.
- Distance is the mean number of links on the shortest way between two connected neurons of the whole network,
  directions ignored, from some neurons drawn uniformly to all others. Its null are networks with as many
  links in each layer, drawn uniformly.

sigma = (clustering / null) / (distance / null), well above 1 in a small world (Humphries and Gurney 2008).
Costs O(links) memory and O(links * (sources + 1)) time.
"""

from collections.abc import Sequence
from math import log10

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gossamer._native import sample_exact
from gossamer.topology import Pattern, in_degrees, out_degrees
from gossamer.topology.paths import network_sizes, reached_from_inputs, reaching_outputs

Counts = NDArray[np.int64]


def log10_paths(patterns: Sequence[Pattern]) -> float | None:
    """log10 of the number of paths from inputs to outputs; None where there is none. O(links).

    The number itself overflows any type in a deep network, so the counts of each layer are kept relative to
    their largest, whose logarithm is added up.
    """
    logarithm, reaching = 0.0, np.ones(patterns[0].n_in)
    for pattern in patterns:
        weights = reaching[pattern.link_sources()]
        reaching = np.bincount(pattern.targets, weights, minlength=pattern.n_out).astype(np.float64)
        largest = float(reaching.max())
        if largest == 0.0:
            return None
        reaching /= largest
        logarithm += log10(largest)
    return logarithm + log10(float(reaching.sum()))


def log10_expected_paths(patterns: Sequence[Pattern]) -> float | None:
    """The same of the mean number when as many links lie at random in each layer; None if a layer has none.

    Each of the prod(sizes) rows of neurons is a path with the product of the densities.
    """
    if not all(pattern.nnz for pattern in patterns):
        return None
    densities = sum(log10(p.nnz) - log10(p.n_in) - log10(p.n_out) for p in patterns)
    return sum(map(log10, network_sizes(patterns))) + densities


def lost_neurons(patterns: Sequence[Pattern]) -> dict[str, float]:
    """Fractions of all neurons that take no part; O(links + neurons).

    "dead": without links that enter, so that their activation is the same for every sample (inputs are never
    dead). "unread": without links that leave (outputs are never unread). "unreachable": on no path from an
    input to an output, the former included. This is about links alone: whether a connected ReLU neuron is
    ever active depends on data and is not asked.
    """
    ways = zip(reached_from_inputs(patterns), reaching_outputs(patterns), strict=True)
    total = sum(network_sizes(patterns))
    return {
        "dead": sum(int(np.count_nonzero(in_degrees(p) == 0)) for p in patterns) / total,
        "unread": sum(int(np.count_nonzero(out_degrees(p) == 0)) for p in patterns) / total,
        "unreachable": 1 - sum(int(np.count_nonzero(there & back)) for there, back in ways) / total,
    }


def small_world(
    patterns: Sequence[Pattern], samples: int, sources: int, null_networks: int, random: np.random.Generator
) -> float | None:
    """Small-worldness sigma of a network.

    Parameters
    ----------
    patterns : sequence of Pattern
    samples : int
        Paths of three links to draw.
    sources : int
        Neurons to measure distances from; all of them where the network has no more.
    null_networks : int
    random : numpy Generator

    Returns
    -------
    float, or None where there is no path of three links in a layer that is not dense, or where the null
    clustering is 0
    """
    found = clustering(patterns, samples, random)
    if found is None or found[1] == 0:
        return None
    distance = mean_distance(patterns, sources, random)
    alike = [
        mean_distance(_random_network(patterns, int(random.integers(2**63))), sources, random)
        for _ in range(null_networks)
    ]
    return found[0] / found[1] / (distance / float(np.mean(alike)))


def clustering(
    patterns: Sequence[Pattern], samples: int, random: np.random.Generator
) -> tuple[float, float] | None:
    """Chance of a path of three links to be closed, and its mean under the null; None without such paths."""
    sparse = [p for p in patterns if 3 < p.nnz < p.n_in * p.n_out]
    paths = [three_paths(p) for p in sparse]
    weights = np.array([float(p.sum()) for p in paths])
    if not weights.sum():
        return None
    closed, null = 0, 0.0
    shares = random.multinomial(samples, weights / weights.sum()).tolist()
    for pattern, count, drawn in zip(sparse, paths, shares, strict=True):
        middle = random.choice(pattern.nnz, drawn, p=count / count.sum()) if drawn else np.zeros(0, np.int64)
        closed += int(np.count_nonzero(_is_closed(pattern, middle, random)))
        null += drawn * (pattern.nnz - 3) / (pattern.n_in * pattern.n_out - 3)
    return closed / samples, null / samples


def three_paths(pattern: Pattern) -> Counts:
    """Paths of three links that have each link in their middle, int64 [nnz]."""
    sources, targets = pattern.link_sources(), pattern.targets
    return np.asarray((out_degrees(pattern)[sources] - 1) * (in_degrees(pattern)[targets] - 1))


def _is_closed(pattern: Pattern, middle: Counts, random: np.random.Generator) -> NDArray[np.bool_]:
    """Whether random paths with these links in their middle are closed."""
    u, v = pattern.link_sources()[middle], pattern.targets[middle]
    # Place of the middle link among the links of its source, and of its target.
    at_source = middle - pattern.source_offsets[u]
    by_target = np.empty(pattern.nnz, np.int64)
    by_target[pattern.link_of] = np.arange(pattern.nnz)
    at_target = by_target[middle] - pattern.target_offsets[v]
    other = _other(at_source, out_degrees(pattern)[u], random)
    end_target = pattern.targets[pattern.source_offsets[u] + other].astype(np.int64)
    other = _other(at_target, in_degrees(pattern)[v], random)
    end_source = pattern.sources[pattern.target_offsets[v] + other].astype(np.int64)
    keys = pattern.link_sources().astype(np.int64) * pattern.n_out + pattern.targets
    wanted = end_source * pattern.n_out + end_target
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.asarray(keys[place] == wanted)


def _other(place: Counts, degree: Counts, random: np.random.Generator) -> Counts:
    """A place below `degree`, uniform among those that are not `place`."""
    drawn = (random.random(len(place)) * (degree - 1)).astype(np.int64)
    return drawn + (drawn >= place)


def mean_distance(patterns: Sequence[Pattern], sources: int, random: np.random.Generator) -> float:
    """Mean distance in links from neurons drawn uniformly to all neurons that a way leads to.

    Neurons without links have no distance and are not drawn.
    """
    graph = _graph(patterns)
    linked = np.flatnonzero(np.diff(graph.indptr))
    chosen = random.choice(linked, min(sources, len(linked)), replace=False)
    seen = np.zeros((graph.shape[0], len(chosen)), np.bool_)
    seen[chosen, np.arange(len(chosen))] = True
    front, steps, total, reached = seen.copy(), 0, 0, 0
    while front.any():
        front = (graph @ front.astype(np.float32) > 0) & ~seen
        seen |= front
        steps += 1
        new = int(np.count_nonzero(front))
        total, reached = total + steps * new, reached + new
    return total / reached


def _graph(patterns: Sequence[Pattern]) -> csr_array:
    """Symmetric adjacency of all neurons, layer after layer."""
    first = np.concatenate([[0], np.cumsum(network_sizes(patterns))])
    rows = np.concatenate([p.link_sources() + first[k] for k, p in enumerate(patterns)])
    columns = np.concatenate([p.targets + first[k + 1] for k, p in enumerate(patterns)])
    ends = np.concatenate([rows, columns]), np.concatenate([columns, rows])
    return csr_array((np.ones(len(ends[0]), np.float32), ends), shape=(int(first[-1]),) * 2)


def _random_network(patterns: Sequence[Pattern], seed: int) -> list[Pattern]:
    return [sample_exact(p.n_in, p.n_out, p.nnz, seed, layer) for layer, p in enumerate(patterns)]
