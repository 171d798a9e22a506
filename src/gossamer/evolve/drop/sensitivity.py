"""The drop rule of MEST: small weights whose gradient is small as well."""

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.drop.base import ScoredDrop
from gossamer.evolve.layer import LayerView
from gossamer.evolve.part import Need, register
from gossamer.evolve.schedule import Scheduled, value_at
from gossamer.fields import field


@register
class Sensitivity(ScoredDrop):
    """Drops the links of smallest |w| + lambda |g|, g the gradient of a batch (Yuan et al. 2021)."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS, Need.SUPPORT_GRADIENT})
    kind: Literal["sensitivity"] = field("sensitivity", help="smallest |weight| + lambda |gradient| first")
    gradient_weight: Scheduled = field(
        0.01, help="lambda, weight of the gradient", unit="weight per gradient"
    )

    def scores(self, layer: LayerView) -> NDArray[Any]:
        """See `ScoredDrop.scores`."""
        gradient = layer.services.support_gradient(layer.index)
        weight = layer.weights.dtype.type(value_at(self.gradient_weight, layer.moment))
        return np.asarray(np.abs(layer.weights) + weight * np.abs(gradient))
