"""Starts that say how many links a layer has, for those that say where they are."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from gossamer.fields import field
from gossamer.topology.base import StartBase
from gossamer.topology.erdos_renyi import ErdosRenyi
from gossamer.topology.erk import ERK
from gossamer.topology.given import Dense, PerLayer, UniformDensity

Budget = Annotated[ErdosRenyi | ERK | UniformDensity | PerLayer | Dense, Field(discriminator="kind")]


class BudgetedStart(StartBase):
    """A start that puts the links of a budget in places of its own choice."""

    budget: Budget = field(
        help="how many links each layer has", default_factory=lambda: UniformDensity(sparsity=0.9)
    )

    def densities(self, sizes: Sequence[int]) -> tuple[float, ...]:
        """Asked density of every layer of links; see `StartBase.densities`."""
        return self.budget.densities(sizes)

    def links(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """Number of links of every layer; see `StartBase.links`."""
        return self.budget.links(sizes)
