"""Any way to start a topology, as a config field: `kind` tells which."""

from typing import Annotated

from pydantic import Field

from gossamer.topology.correlation import Correlation
from gossamer.topology.erdos_renyi import ErdosRenyi
from gossamer.topology.erk import ERK
from gossamer.topology.given import Dense, PerLayer, UniformDensity

Start = Annotated[
    ErdosRenyi | ERK | UniformDensity | PerLayer | Dense | Correlation, Field(discriminator="kind")
]

BUDGETED = frozenset({"correlation"})
"""Kinds of starts that put the links of a budget in places."""
