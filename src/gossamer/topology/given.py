"""Topologies whose densities are given outright: uniform, layer by layer, dense."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from gossamer.errors import TopologyError
from gossamer.fields import field
from gossamer.topology.base import CountedStart, DenseOutputStart, StartBase
from gossamer.topology.links import Shape


class UniformDensity(DenseOutputStart):
    """The same sparsity in every layer; a dense output layer is not made up for elsewhere."""

    kind: Literal["uniform"] = field("uniform", help="the same sparsity in every layer")
    sparsity: float = field(
        help="fraction of a layer's positions without a link", unit="fraction", ge=0, le=1
    )

    def layer_densities(self, shapes: Sequence[Shape]) -> list[float]:
        """Density of every layer, given its (n_in, n_out)."""
        return [1 - self.sparsity] * len(shapes)


class PerLayer(CountedStart):
    """A density for each layer, input side first."""

    kind: Literal["per_layer"] = field("per_layer", help="a density for each layer")
    density: tuple[Annotated[float, Field(ge=0, le=1)], ...] = field(
        help="density of each layer, input side first", unit="fraction"
    )

    def layer_densities(self, shapes: Sequence[Shape]) -> list[float]:
        """Density of every layer, given its (n_in, n_out)."""
        if len(self.density) != len(shapes):
            raise TopologyError(
                f"The start per_layer has {len(self.density)} densities, but the network has {len(shapes)} "
                "layers of links; give one for each."
            )
        return list(self.density)


class Dense(StartBase):
    """Every link there can be."""

    kind: Literal["dense"] = field("dense", help="every link there can be")

    def layer_densities(self, shapes: Sequence[Shape]) -> list[float]:
        """Density of every layer, given its (n_in, n_out)."""
        return [1.0] * len(shapes)
