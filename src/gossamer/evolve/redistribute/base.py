"""What redistribution is: shares of the layers in what grows."""

from abc import abstractmethod
from typing import Annotated, ClassVar

from pydantic import SerializeAsAny

from gossamer.evolve.drop.base import Flags
from gossamer.evolve.layer import LayerView
from gossamer.evolve.part import Part, by_kind


class Redistribute(Part):
    """Says in which proportion layers grow. Without such a part every layer grows what it dropped."""

    role: ClassVar[str] = "redistribute"

    @abstractmethod
    def share(self, layer: LayerView, keep: Flags) -> float:
        """Share of a layer, at least 0; only the proportion between layers counts."""


AnyRedistribute = Annotated[SerializeAsAny[Redistribute], by_kind("redistribute")]
