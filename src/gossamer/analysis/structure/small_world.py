"""Is a network a small world: clustered like a lattice, yet with short distances?

For a layered network, whose graph is bipartite between layers:

- Clustering is the chance that a path of three links within one layer of links, v' - u - v - u' with all four
  neurons different, is closed by a link u' - v' (Robins and Alexander 2004, *Small worlds among interlocking
  directors*). It is estimated from paths drawn uniformly among all of them, in the layers that are not dense.
- Its null is a pattern drawn uniformly among those with as many links: three links of the path being given,
  the fourth position holds one of the n - 3 others with probability (n - 3) / (P - 3), P positions.
- Distance is the mean number of links on the shortest way between two connected neurons of the whole network,
  directions ignored, from some neurons drawn uniformly to all others. Its null are networks with as many
  links in each layer, drawn uniformly.

gamma = clustering / null, lambda = distance / null, sigma = gamma / lambda (Humphries and Gurney 2008);
sigma well above 1 is a small world. Costs O(links) memory and O(links * (sources + 1)) time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gossamer._native import sample_exact
from gossamer.topology import Pattern, in_degrees, out_degrees

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class SmallWorld:
    """Small-worldness of one network.

    Attributes
    ----------
    clustering, clustering_null : float
    clustering_error : float
        Standard error of `clustering` from the number of paths sampled.
    distance, distance_null : float
        In links.
    gamma, distance_ratio, sigma : float
        See the module; `distance_ratio` is lambda.
    samples, sources, null_networks : int
        Paths sampled, neurons that distances were measured from, and random networks compared with.
    """

    clustering: float
    clustering_null: float
    clustering_error: float
    distance: float
    distance_null: float
    gamma: float
    distance_ratio: float
    sigma: float
    samples: int
    sources: int
    null_networks: int


def small_world(
    patterns: Sequence[Pattern], samples: int, sources: int, null_networks: int, random: np.random.Generator
) -> SmallWorld | None:
    """Small-worldness of a network.

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
    SmallWorld, or None where there is no path of three links in a layer that is not dense, or where the null
    clustering is 0
    """
    found = _clustering(patterns, samples, random)
    if found is None or found[1] == 0:
        return None
    clustering, null = found
    distance = mean_distance(patterns, sources, random)
    alike = [
        mean_distance(_random_network(patterns, int(random.integers(2**63))), sources, random)
        for _ in range(null_networks)
    ]
    compared = float(np.mean(alike))
    gamma, ratio = clustering / null, distance / compared
    return SmallWorld(
        clustering=clustering,
        clustering_null=null,
        clustering_error=float(np.sqrt(clustering * (1 - clustering) / samples)),
        distance=distance,
        distance_null=compared,
        gamma=gamma,
        distance_ratio=ratio,
        sigma=gamma / ratio,
        samples=samples,
        sources=min(sources, patterns[0].n_in + sum(p.n_out for p in patterns)),
        null_networks=null_networks,
    )


def three_paths(pattern: Pattern) -> Counts:
    """Paths of three links that have each link in their middle, int64 [nnz]."""
    sources, targets = pattern.link_sources(), pattern.targets
    return np.asarray((out_degrees(pattern)[sources] - 1) * (in_degrees(pattern)[targets] - 1))


def _clustering(
    patterns: Sequence[Pattern], samples: int, random: np.random.Generator
) -> tuple[float, float] | None:
    """Chance of a path to be closed, and its mean under the null."""
    sparse = [p for p in patterns if 3 < p.nnz < p.n_in * p.n_out]
    paths = [three_paths(p) for p in sparse]
    total = sum(int(p.sum()) for p in paths)
    if not total:
        return None
    closed, null = 0, 0.0
    for pattern, count, drawn in zip(sparse, paths, _shares(paths, samples, random), strict=True):
        middle = random.choice(pattern.nnz, drawn, p=count / count.sum()) if drawn else np.zeros(0, np.int64)
        closed += int(np.count_nonzero(_is_closed(pattern, middle, random)))
        null += drawn * (pattern.nnz - 3) / (pattern.n_in * pattern.n_out - 3)
    return closed / samples, null / samples


def _shares(paths: Sequence[Counts], samples: int, random: np.random.Generator) -> list[int]:
    """How many of the sampled paths fall into each layer."""
    weights = np.array([float(p.sum()) for p in paths])
    return [int(n) for n in random.multinomial(samples, weights / weights.sum())]


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
    sizes = [patterns[0].n_in, *(p.n_out for p in patterns)]
    first = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.concatenate([p.link_sources() + first[k] for k, p in enumerate(patterns)])
    columns = np.concatenate([p.targets + first[k + 1] for k, p in enumerate(patterns)])
    ends = np.concatenate([rows, columns]), np.concatenate([columns, rows])
    return csr_array((np.ones(len(ends[0]), np.float32), ends), shape=(int(first[-1]),) * 2)


def _random_network(patterns: Sequence[Pattern], seed: int) -> list[Pattern]:
    return [sample_exact(p.n_in, p.n_out, p.nnz, seed, layer) for layer, p in enumerate(patterns)]
