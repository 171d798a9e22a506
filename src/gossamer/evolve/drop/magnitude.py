"""The drop rule of most methods since SET: the smallest weights, whatever their sign."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.drop.base import DropRule
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.evolve.selection import rounded, smallest
from gossamer.fields import field


@register
class Magnitude(DropRule):
    """Drops exactly round(zeta nnz) links, those of smallest absolute weight; ties go by link order."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["magnitude"] = field("magnitude", help="smallest absolute weights first")

    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> NDArray[np.bool_]:
        """See `DropRule.keep`."""
        size = np.abs(layer.weights)
        return ~smallest(size, rounded(fraction, len(size)))
