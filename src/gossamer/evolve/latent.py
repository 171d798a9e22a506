"""Latent rules: what a method trains in place of the weight with which the network computes."""

from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import SerializeAsAny

from gossamer._native import Pattern
from gossamer.engine.latent import Latent
from gossamer.evolve.part import Part, by_kind, register
from gossamer.evolve.selection import rounded, smallest
from gossamer.fields import field

Array = NDArray[Any]


class HasLatent(Protocol):
    """What a latent rule asks of a network (`Network`, `ReferenceNetwork`)."""

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """Pattern of each layer of links."""

    def column(self, layer: int, name: str) -> Array:
        """Read-only view of a per-link column."""

    def set_column(self, layer: int, name: str, values: Array) -> None:
        """Replace a per-link column."""


class LatentRule(Part):
    """How the weights of the layers that evolve are made from latent parameters."""

    role: ClassVar[str] = "latent"

    @abstractmethod
    def of_layer(self, pattern: Pattern) -> Latent:
        """The rule as the engine takes it, for a layer with this pattern."""

    def settle(self, network: HasLatent, layer: int) -> None:
        """Set what depends on all links of a layer, at the start and after updates; nothing as a rule."""


AnyLatent = Annotated[SerializeAsAny[LatentRule], by_kind("latent")]


@register
class DeepR(LatentRule):
    """w = sign theta where theta > 0, else 0 (Bellec et al. 2018): a link that reaches 0 is dormant.

    Every step changes the theta of the links that are not dormant by the optimizer's step on sign g +
    `penalty`, g the gradient by w, and by lr `noise` n with n of mean 0 and variance 1.
    """

    kind: Literal["deep_r"] = field("deep_r", help="sign x theta where theta > 0, else 0")
    penalty: float = field(1e-5, help="l1 penalty on theta", unit="gradient", ge=0, allow_inf_nan=False)
    noise: float = field(
        1e-5,
        help="standard deviation of the noise, times the learning rate",
        unit="weight",
        ge=0,
        allow_inf_nan=False,
    )

    def of_layer(self, pattern: Pattern) -> Latent:
        """See `LatentRule.of_layer`."""
        return Latent("deep_r", penalty=self.penalty, noise=self.noise)


@register
class TopKast(LatentRule):
    """The network computes with the largest parameters of its links, and trains all of them.

    The forward set A are the `forward` largest by absolute value of the links of a layer, which are the
    backward set B (Jayakumar et al. 2020). The penalty is |theta| on A and |theta| / D elsewhere, D being the
    density of A.
    """

    kind: Literal["top_kast"] = field("top_kast", help="theta in the forward set, else 0")
    forward: float = field(
        0.5, help="part of a layer's links in the forward set", unit="fraction", gt=0, le=1
    )
    penalty: float = field(1e-4, help="exploration penalty", unit="gradient", ge=0, allow_inf_nan=False)

    def of_layer(self, pattern: Pattern) -> Latent:
        """See `LatentRule.of_layer`."""
        links = max(1, rounded(self.forward, pattern.nnz))
        return Latent("top_kast", penalty=self.penalty, outside=pattern.n_in * pattern.n_out / links)

    def settle(self, network: HasLatent, layer: int) -> None:
        """Let the forward set be the largest parameters; of equal ones at the edge the last by position."""
        size = np.abs(network.column(layer, "latent"))
        out = smallest(size, len(size) - rounded(self.forward, len(size)))
        flags = np.ones_like(size)
        flags[out] = 0
        network.set_column(layer, "forward", flags)
