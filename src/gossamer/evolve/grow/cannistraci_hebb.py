"""The grow rule of Cannistraci-Hebb training: where many short paths and few others lead."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from gossamer.evolve.grow.base import GrownValue, GrowRule, check_room, grown_weights
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.fields import field
from gossamer.random import Purpose
from gossamer.topology.best import BLOCK, Best

Scores = Callable[[slice], NDArray[np.float64]]


@register
class CannistraciHebb(GrowRule):
    """Grows the positions with the largest Cannistraci-Hebb score over paths of length 3 in the kept links.

    With B the kept links, a path from source u to target v goes u - z1 - z2 - v, z1 a target and z2 a source.
    Let e(z1, v) = max(0, degree(z1) - common(z1, v) - 1) be the links of z1 to sources that share no path
    with v, common() counting shared neighbours, and e(z2, u) likewise. Zhang et al. 2025 (arXiv 2501.19107),
    and its code for what the text leaves open::

        ch2_l3n  sum over z2 of B[z2, v] common(u, z2) / (1 + e(z2, u)), and the same over z1
        ch3_l3n  the same with 1 in place of common
        ch3_l3p  sum over paths of 1 / sqrt((1 + e(z1, v)) (1 + e(z2, u)))

    Positions of score 0 are taken last, in random order. Memory is that of a block of positions.
    """

    needs: ClassVar[frozenset[Need]] = frozenset()
    kind: Literal["cannistraci_hebb"] = field("cannistraci_hebb", help="largest Cannistraci-Hebb score first")
    score: Literal["ch2_l3n", "ch3_l3n", "ch3_l3p"] = field("ch2_l3n", help="which of the scores")
    soft: bool = field(True, help="whether positions are drawn with odds by score, or the largest are taken")
    value: GrownValue = field("zero", help="weight of a grown link: from the initial distribution, or zero")

    def grow(
        self, layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """See `GrowRule.grow`."""
        check_room(layer, keep, count)
        n_in, n_out = layer.pattern.n_in, layer.pattern.n_out
        sources, targets = layer.pattern.link_sources()[keep], layer.pattern.targets[keep]
        links = csr_array((np.ones(len(sources)), (sources, targets)), shape=(n_in, n_out))
        scores = (
            _path_scores(links) if self.score == "ch3_l3p" else _node_scores(links, self.score == "ch2_l3n")
        )
        best, rows = Best(count), max(1, BLOCK // n_out)
        for number, first in enumerate(range(0, n_in if count else 0, rows)):
            block = slice(first, min(first + rows, n_in))
            free = (links[block].toarray() == 0).ravel()
            keys = _keys(scores(block).ravel(), draw.block(number), soft=self.soft)
            places = np.flatnonzero(free)
            best.offer(keys[places], places.astype(np.uint64) + np.uint64(first * n_out))
        positions = best.positions()
        return positions, grown_weights(layer, keep, positions, self.value, draw)


def _keys(scores: NDArray[np.float64], draw: Draw, *, soft: bool) -> NDArray[np.float64]:
    """Keys by which positions of one block are chosen, from scores of at least 0.

    Hard: the score; soft: log(score) plus a Gumbel number, so that the k best are drawn in turn with odds
    `scores`. Either way positions of score 0 come after all others, in random order.
    """
    draws = draw.uniform(len(scores), Purpose.GROW_POSITION)
    last = -np.finfo(np.float64).max * (1 - draws / 2)
    if not soft:
        return np.where(scores > 0, scores, last)
    with np.errstate(divide="ignore"):
        return np.where(scores > 0, np.log(scores) - np.log(-np.log(draws)), last)


def _external(common: csr_array) -> csr_array:
    """1 + e on every pair with common neighbours, from their numbers; rows look at columns."""
    degree = common.diagonal()
    result = common.tocsr(copy=True)
    result.data = 1 + np.maximum(0.0, degree[result.indices] - result.data - 1)
    return result


def _node_scores(links: csr_array, by_number: bool) -> Scores:
    between_sources, between_targets = (links @ links.T).tocsr(), (links.T @ links).tocsr()
    shares = []
    for common in (between_sources, between_targets):
        share = _external(common)
        share.data = (common.data if by_number else 1.0) / share.data
        shares.append(share)
    of_sources, of_targets = shares[0], shares[1].T.tocsr()

    def scores(rows: slice) -> NDArray[np.float64]:
        return np.asarray((of_sources[rows] @ links + links[rows] @ of_targets).toarray())

    return scores


def _path_scores(links: csr_array) -> Scores:
    sources_of = links.T.tocsr()
    roots = []
    for common in ((links @ links.T).tocsr(), (sources_of @ links).tocsr()):
        root = _external(common)
        root.data = 1 / np.sqrt(root.data)
        roots.append(root)
    source_roots, target_roots = roots[0], roots[1].T.tocsr()

    def row(u: int) -> NDArray[np.float64]:
        near = links.indices[links.indptr[u] : links.indptr[u + 1]]
        weight = np.zeros(links.shape[0])
        part = slice(source_roots.indptr[u], source_roots.indptr[u + 1])
        weight[source_roots.indices[part]] = source_roots.data[part]
        weight[u] = 0.0
        result = np.zeros(links.shape[1])
        for z1 in near:
            ends = sources_of.indices[sources_of.indptr[z1] : sources_of.indptr[z1 + 1]]
            reached = np.asarray(weight[ends] @ links[ends]).ravel()
            toward = np.zeros(links.shape[1])
            part = slice(target_roots.indptr[z1], target_roots.indptr[z1 + 1])
            toward[target_roots.indices[part]] = target_roots.data[part]
            result += reached * toward
        return result

    return lambda rows: np.array([row(u) for u in range(rows.start, rows.stop)])
