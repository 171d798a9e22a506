"""The drop rule of the source paper's code: strict thresholds on either side of zero."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.drop.base import DropRule
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class PaperThreshold(DropRule):
    """Keeps weights strictly beyond two thresholds, as the code that van Engers 2021 ran.

    Let the n weights ascend, p be the index of the first of those nearest zero, and q one more than the index
    of the last. The thresholds are the weights at ``int((1 - zeta) * p)`` and
    ``int(min(n - 1, q + zeta * (n - q)))``. Both are strict: zeta = 0 removes 2 links of a layer, zeta = 1
    removes all, and links that tie with a threshold go with it.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["paper_threshold"] = field("paper_threshold", help="strict thresholds of the paper's code")

    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> NDArray[np.bool_]:
        """See `DropRule.keep`; `fraction` is zeta."""
        w = layer.weights
        n = len(w)
        if n == 0:
            return np.zeros(0, np.bool_)
        p, q = _nearest_zero(w)
        low, high = int((1 - fraction) * p), int(min(n - 1, q + fraction * (n - q)))
        ordered = np.partition(w, (low, high))
        return np.asarray((w > ordered[high]) | (w < ordered[low]))


def _nearest_zero(w: NDArray[Any]) -> tuple[int, int]:
    """Where the weights nearest zero lie in ascending order: index of the first, of the last plus one."""
    nearest = np.abs(w).min()
    first = -nearest if (w == -nearest).any() else nearest
    last = nearest if (w == nearest).any() else -nearest
    return int(np.count_nonzero(w < first)), int(np.count_nonzero(w <= last))
