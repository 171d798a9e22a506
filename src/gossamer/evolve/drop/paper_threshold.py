"""The drop rule of the source paper's code: strict thresholds on either side of zero."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.drop.base import DropRule
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.evolve.selection import kth_smallest
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
        nearest = np.abs(w).min()
        p, q = int(np.count_nonzero(w < -nearest)), int(np.count_nonzero(w <= nearest))
        low = kth_smallest(w, int((1 - fraction) * p))
        high = kth_smallest(w, int(min(n - 1, q + fraction * (n - q))))
        return np.asarray((w > high) | (w < low))
