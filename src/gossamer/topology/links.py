"""From an asked density to a number of links, and back: the only place where densities are rounded."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor
from typing import Literal

from gossamer._native import Pattern
from gossamer.errors import TopologyError

Shape = tuple[int, int]
Rounding = Literal["nearest", "floor", "ceil"]

# A product density * n_in * n_out this close to a whole number (relatively) is that number: a density that
# was computed from a count then gives the count back under every rounding.
_WHOLE = 1e-12


def links_from_density(density: float, n_in: int, n_out: int, rounding: Rounding = "nearest") -> int:
    """Number of links of a layer with the given density.

    Parameters
    ----------
    density : float in [0, 1]
        Fraction of positions that are links.
    n_in, n_out : int, at least 1
        Source and target neurons.
    rounding : {"nearest", "floor", "ceil"}
        What becomes of a fraction of a link; "nearest" takes halves up.

    Returns
    -------
    int in [0, n_in * n_out]

    Raises
    ------
    TopologyError
        The density is not in [0, 1].
    """
    if not 0 <= density <= 1:
        raise TopologyError(f"A density is a fraction between 0 and 1, but it is {density}.")
    positions = n_in * n_out
    wanted = density * positions
    if abs(wanted - round(wanted)) <= _WHOLE * max(1.0, wanted):
        return min(round(wanted), positions)
    if rounding == "nearest":
        return min(floor(wanted + 0.5), positions)
    return floor(wanted) if rounding == "floor" else ceil(wanted)


def layer_shapes(sizes: Sequence[int]) -> list[Shape]:
    """(n_in, n_out) of every layer of links between layers of neurons with the given sizes.

    Raises
    ------
    TopologyError
        There are fewer than two sizes, or one is not in [1, 2**32).
    """
    if len(sizes) < 2 or not all(1 <= size < 2**32 for size in sizes):
        raise TopologyError(
            f"A network needs at least two layers of 1 to 2**32 - 1 neurons, but the sizes are {list(sizes)}."
        )
    return list(pairwise(sizes))


def achieved_densities(patterns: Sequence[Pattern]) -> tuple[float, ...]:
    """Links / (n_in * n_out) of every pattern."""
    return tuple(pattern.nnz / (pattern.n_in * pattern.n_out) for pattern in patterns)


def achieved_sparsity(patterns: Sequence[Pattern]) -> float:
    """1 - (links / positions) of all patterns together."""
    positions = sum(pattern.n_in * pattern.n_out for pattern in patterns)
    return 1 - sum(pattern.nnz for pattern in patterns) / positions
