"""R_s: the part of all positions that ever held a link (Liu et al. 2021, *Do we actually need dense
over-parameterization?*, arXiv 2102.02887).

The union of all links that ever were is not stored: it would take an array of every position. Its expected
size follows exactly from what is stored, as long as growth is uniform. An update of a layer with P positions
and n links grows g links, r of them where it has just dropped one. The other m = g - r lie uniformly among
the P - n positions that were empty before, and every position that never held a link is one of these. So the
number V of positions that never held a link loses a hypergeometric number at each update:

    E[V'] = E[V] (1 - m / N),
    Var[V'] = Var[V] (1 - m / N)^2 + m (N - m) / (N^2 (N - 1)) E[V (N - V)],      N = P - n.

R_s = 1 - V / P; the standard deviation says how far the true union may lie from the expected one.
"""

from dataclasses import dataclass

import numpy as np

from gossamer.analysis.structure.turnover import Moves


@dataclass(frozen=True)
class Exploration:
    """Expected R_s of one layer.

    Attributes
    ----------
    layer : int
    value : float or None
        Expected fraction of positions that ever held a link; None where growth is not uniform.
    deviation : float or None
        Standard deviation of the true fraction around it.
    exact : bool
        Whether the value is the fraction itself: nothing has grown.
    complete : bool
        Whether every epoch was stored; else the missing ones are taken as like the next one stored.
    """

    layer: int
    value: float | None
    deviation: float | None
    exact: bool
    complete: bool


def exploration(layer: int, positions: int, start_links: int, moves: Moves, *, uniform: bool) -> Exploration:
    """Expected R_s of one layer; O(updates).

    Parameters
    ----------
    layer : int
    positions : int
        n_in * n_out.
    start_links : int
    moves : Moves
        Several updates in an epoch are taken as equal parts of its numbers.
    uniform : bool
        Whether links grow uniformly among the free positions.
    """
    if not moves.grown.any():
        return Exploration(layer, start_links / positions, 0.0, exact=True, complete=moves.complete)
    if not uniform:
        return Exploration(layer, None, None, exact=False, complete=moves.complete)
    mean, variance = float(positions - start_links), 0.0
    for epoch in np.flatnonzero(moves.grown).tolist():
        times = int(moves.updates[epoch])
        fresh = float(moves.grown[epoch] - moves.regrown[epoch]) / times
        empty = float(positions - moves.nnz[epoch])
        for _ in range(times):
            mean, variance = _after_update(mean, variance, fresh, empty)
    value, deviation = 1 - mean / positions, float(np.sqrt(max(variance, 0.0))) / positions
    return Exploration(layer, value, deviation, exact=False, complete=moves.complete)


def _after_update(mean: float, variance: float, fresh: float, empty: float) -> tuple[float, float]:
    if empty <= 0:
        return mean, variance
    spread = mean * (empty - mean) - variance
    noise = fresh * (empty - fresh) / (empty**2 * max(empty - 1, 1.0)) * spread
    stay = 1 - fresh / empty
    return mean * stay, variance * stay**2 + max(noise, 0.0)
