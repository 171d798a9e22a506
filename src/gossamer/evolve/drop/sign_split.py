"""The drop rule of SET: the same fraction of the positive and of the negative weights."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.drop.base import DropRule
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Need, register
from gossamer.evolve.selection import rounded, smallest
from gossamer.fields import field


@register
class SignSplit(DropRule):
    """Drops exactly round(zeta n) of the n negative weights and of the n others, those nearest zero.

    Ties go by the order of the links; a weight of exactly 0 counts as positive. Mocanu et al. 2018.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["sign_split"] = field(
        "sign_split", help="the same fraction of each sign, nearest zero first"
    )

    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> NDArray[np.bool_]:
        """See `DropRule.keep`."""
        negative = layer.weights < 0
        keep = np.ones(len(negative), np.bool_)
        for links in (np.flatnonzero(negative), np.flatnonzero(~negative)):
            size = np.abs(layer.weights[links])
            keep[links[smallest(size, rounded(fraction, len(links)))]] = False
        return keep
