"""How fast links come and go, from the stored numbers of each epoch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Moves:
    """Links of one layer that were moved in each epoch.

    Attributes
    ----------
    nnz : int64 [epochs], links at the evaluation of the epoch
    dropped, grown, regrown : int64 [epochs]
    updates : int64 [epochs], updates of the topology in the epoch
    complete : bool
        False where a compact run keeps some of its epochs only; each other epoch then repeats the next one
        that is kept.
    """

    nnz: Counts
    dropped: Counts
    grown: Counts
    regrown: Counts
    updates: Counts
    complete: bool


@dataclass(frozen=True)
class Turnover:
    """Turnover of one layer over a run.

    Attributes
    ----------
    layer : int
    updates : int
    dropped : float
        Mean fraction of the links that an update drops.
    regrown : float or None
        Part of all grown links that grew where the same update had just dropped one; None if none grew.
    lifetime : float or None
        Mean life of a link in epochs, links over links dropped an epoch; None if none was dropped.
    complete : bool
        Whether every epoch was stored.
    """

    layer: int
    updates: int
    dropped: float
    regrown: float | None
    lifetime: float | None
    complete: bool


def moves_of(history: Mapping[str, NDArray[Any]], layer: int, updates: Counts) -> Moves:
    """Moves of one layer in every epoch of a run.

    Parameters
    ----------
    history : mapping
        Arrays of a history file, whole or compact.
    layer : int
    updates : int64 [epochs]
    """
    kept = history["epoch"]
    rows = np.searchsorted(kept, np.arange(1, len(updates) + 1))
    rows = np.minimum(rows, len(kept) - 1)
    columns = (history[name][rows, layer].astype(np.int64) for name in ("nnz", "dropped", "grown", "regrown"))
    nnz, dropped, grown, regrown = columns
    happened = updates > 0
    return Moves(
        nnz,
        np.where(happened, dropped, 0),
        np.where(happened, grown, 0),
        np.where(happened, regrown, 0),
        updates,
        complete=len(kept) == len(updates),
    )


def turnover(layer: int, moves: Moves) -> Turnover:
    """Turnover of one layer; O(epochs)."""
    links, dropped, grown = int(moves.nnz.sum()), int(moves.dropped.sum()), int(moves.grown.sum())
    happened = moves.updates > 0
    each = moves.dropped[happened] / np.maximum(moves.nnz[happened] * moves.updates[happened], 1)
    return Turnover(
        layer=layer,
        updates=int(moves.updates.sum()),
        dropped=float(each.mean()) if each.size else 0.0,
        regrown=int(moves.regrown.sum()) / grown if grown else None,
        lifetime=links / dropped if dropped else None,
        complete=moves.complete,
    )


def kept_at_random(moves: Moves) -> float | None:
    """Chance of a link to outlive all drops if they were at random; None where epochs are missing."""
    if not moves.complete:
        return None
    happened = moves.updates > 0
    times, links = moves.updates[happened], np.maximum(moves.nnz[happened], 1)
    return float(np.prod((1 - moves.dropped[happened] / (links * times)) ** times))
