"""What every way to start a topology has in common: densities in, patterns out."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from gossamer._native import Pattern, sample_bernoulli, sample_exact
from gossamer.errors import TopologyError
from gossamer.fields import field
from gossamer.topology.links import Rounding, Shape, layer_shapes, links_from_density

Count = Literal["exact", "bernoulli"]


class StartBase(BaseModel):
    """A way to choose the first links; subclasses define `layer_densities`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    needs_data: ClassVar[bool] = False
    """Whether `sample` needs the training inputs."""

    def layer_densities(self, shapes: Sequence[Shape]) -> list[float]:
        """Density of every layer, given its (n_in, n_out)."""
        raise NotImplementedError

    def densities(self, sizes: Sequence[int]) -> tuple[float, ...]:
        """Asked density of every layer of links.

        Parameters
        ----------
        sizes : sequence of int
            Neurons of each layer, input and output included.

        Returns
        -------
        tuple of float in [0, 1], one shorter than `sizes`

        Raises
        ------
        TopologyError
            The sizes are no network, or no densities satisfy what was asked.
        """
        return tuple(self.layer_densities(layer_shapes(sizes)))

    def links(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Number of links of every layer; with Bernoulli counts the expected number, to the nearest."""
        pairs = zip(layer_shapes(sizes), self.densities(sizes), strict=True)
        return tuple(links_from_density(density, *shape) for shape, density in pairs)

    def sample(self, sizes: Sequence[int], seed: int, inputs: Any = None) -> list[Pattern]:
        """Random pattern of every layer, uniform given its number of links.

        Parameters
        ----------
        sizes : sequence of int
            Neurons of each layer; pattern l goes from sizes[l] to sizes[l + 1].
        seed : int in [0, 2**64)
            Key of the random numbers; their purpose is `Purpose.TOPOLOGY`, their layer is l.
        inputs : array [n, d] or SciPy CSR, optional
            Training inputs, for starts that need them.

        Raises
        ------
        TopologyError
            As `densities`, or a layer would have 2**32 links or more.
        """
        shapes = layer_shapes(sizes)
        try:
            return [
                sample_exact(*shape, links, seed, layer)
                for layer, (shape, links) in enumerate(zip(shapes, self.links(sizes), strict=True))
            ]
        except ValueError as error:
            raise TopologyError(str(error)) from error


class CountedStart(StartBase):
    """A start with a choice of how densities become links."""

    count: Count = field(
        "exact", help="links of a layer: exactly density * positions, or each position independently"
    )
    rounding: Rounding = field("nearest", help="of exact counts: what becomes of a fraction of a link")

    def links(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Number of links of every layer; with Bernoulli counts the expected number, to the nearest."""
        if self.count == "bernoulli":
            return super().links(sizes)
        pairs = zip(layer_shapes(sizes), self.densities(sizes), strict=True)
        return tuple(links_from_density(density, *shape, self.rounding) for shape, density in pairs)

    def sample(self, sizes: Sequence[int], seed: int, inputs: Any = None) -> list[Pattern]:
        """Random pattern of every layer; with Bernoulli counts every position is a link independently.

        Parameters, result and errors as `StartBase.sample`.
        """
        if self.count == "exact":
            return super().sample(sizes, seed, inputs)
        pairs = zip(layer_shapes(sizes), self.densities(sizes), strict=True)
        try:
            return [
                sample_bernoulli(*shape, density, seed, layer) for layer, (shape, density) in enumerate(pairs)
            ]
        except ValueError as error:
            raise TopologyError(str(error)) from error


class DenseOutputStart(CountedStart):
    """A start whose output layer can be made dense."""

    dense_output: bool = field(False, help="whether the output layer has all its links")

    def densities(self, sizes: Sequence[int]) -> tuple[float, ...]:
        """Asked density of every layer of links; see `StartBase.densities`."""
        densities = super().densities(sizes)
        return (*densities[:-1], 1.0) if self.dense_output else densities


def pattern_of(positions: NDArray[np.uint64], n_in: int, n_out: int) -> Pattern:
    """Pattern with a link at each of the ascending positions ``source * n_out + target``."""
    sources, targets = np.divmod(positions, np.uint64(n_out))
    offsets = np.zeros(n_in + 1, np.int64)
    np.cumsum(np.bincount(sources.astype(np.int64), minlength=n_in), out=offsets[1:])
    return Pattern(n_in, n_out, offsets, targets.astype(np.uint32))
