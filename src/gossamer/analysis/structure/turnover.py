"""How fast the links of a layer come and go, how old they are, and which part of all positions they saw.

R_s is the part of all positions that ever held a link (Liu et al. 2021, *Do we actually need dense
over-parameterization?*, arXiv 2102.02887). The union of all links that ever were is not stored: it would take
an array of every position. Its expected size follows exactly from what is stored, as long as growth is
uniform: an update of a layer with P positions and n links grows g links, r of them where it has just dropped
one. The other m = g - r lie uniformly among the P - n positions that were empty before, and every position
that never held a link is one of these. So their number V shrinks as E[V'] = E[V] (1 - m / (P - n)); R_s = 1 -
V / P.
"""

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
        `regrown` counts links that grew where the same update had just dropped one.
    updates : int64 [epochs], updates of the topology in the epoch
    """

    nnz: Counts
    dropped: Counts
    grown: Counts
    regrown: Counts
    updates: Counts

    @classmethod
    def of(cls, history: Mapping[str, NDArray[Any]], layer: int, updates: Counts) -> "Moves":
        """Moves of a layer from the arrays of a history file.

        A compact history keeps some of its epochs only; each other epoch then repeats the next one that is
        kept.
        """
        kept = history["epoch"]
        rows = np.minimum(np.searchsorted(kept, np.arange(1, len(updates) + 1)), len(kept) - 1)
        columns = (
            history[name][rows, layer].astype(np.int64) for name in ("nnz", "dropped", "grown", "regrown")
        )
        nnz, dropped, grown, regrown = columns
        dropped, grown, regrown = (np.where(updates > 0, moved, 0) for moved in (dropped, grown, regrown))
        return cls(nnz, dropped, grown, regrown, updates)

    @property
    def turnover(self) -> float:
        """Mean fraction of the links that an update drops."""
        happened = self.updates > 0
        each = self.dropped[happened] / np.maximum(self.nnz[happened] * self.updates[happened], 1)
        return float(each.mean()) if each.size else 0.0

    @property
    def lifetime(self) -> float | None:
        """Mean life of a link in epochs, links over links dropped an epoch; None if none was dropped."""
        dropped = int(self.dropped.sum())
        return int(self.nnz.sum()) / dropped if dropped else None

    def explored(self, positions: int, start_links: int, *, uniform: bool) -> float | None:
        """Expected R_s; None where links grow otherwise than uniformly. O(updates).

        Several updates in an epoch are taken as equal parts of its numbers.
        """
        if not uniform and self.grown.any():
            return None
        never = float(positions - start_links)
        for epoch in np.flatnonzero(self.grown).tolist():
            times, empty = int(self.updates[epoch]), float(positions - self.nnz[epoch])
            fresh = float(self.grown[epoch] - self.regrown[epoch]) / times
            never *= (1 - fresh / empty) ** times if empty > 0 else 1.0
        return 1 - never / positions


def mean_age(births: NDArray[Any], steps: int, steps_per_epoch: int) -> float | None:
    """Mean age of links in epochs at the end of a run of so many steps; None where there are none.

    Parameters
    ----------
    births : int [nnz]
        Step after which each link was grown, 0 for the links of the start, which are as old as the run.
    steps, steps_per_epoch : int
    """
    return float((steps - births.astype(np.float64)).mean() / steps_per_epoch) if len(births) else None
