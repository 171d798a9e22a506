"""The drop rule of most methods since SET: the smallest weights, whatever their sign."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.drop.base import ScoredDrop
from gossamer.evolve.layer import LayerView
from gossamer.evolve.part import Need, register
from gossamer.fields import field


@register
class Magnitude(ScoredDrop):
    """Drops exactly round(zeta nnz) links, those of smallest absolute weight; ties go by link order.

    Where a latent rule trains something else than the weight, that counts: it tells links of weight 0 apart.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    kind: Literal["magnitude"] = field("magnitude", help="smallest absolute weights first")

    def scores(self, layer: LayerView) -> NDArray[Any]:
        """See `ScoredDrop.scores`."""
        return np.abs(layer.columns.get("latent", layer.weights))
