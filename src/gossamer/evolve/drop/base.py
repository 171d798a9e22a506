"""What a drop rule is."""

from abc import abstractmethod
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import SerializeAsAny

from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Part, by_kind


class DropRule(Part):
    """Chooses the links that a layer keeps."""

    role: ClassVar[str] = "drop"

    @abstractmethod
    def keep(self, layer: LayerView, fraction: float, draw: Draw) -> NDArray[np.bool_]:
        """Flags bool [nnz] of the links that stay when about `fraction` (in [0, 1]) of them are to go."""


AnyDrop = Annotated[SerializeAsAny[DropRule], by_kind("drop")]
