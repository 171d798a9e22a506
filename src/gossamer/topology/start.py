"""Any way to start a topology, as a config field: `kind` tells which."""

from typing import Annotated

from pydantic import Field

from gossamer.topology.correlation import Correlation
from gossamer.topology.erdos_renyi import ErdosRenyi
from gossamer.topology.erk import ERK
from gossamer.topology.given import Dense, PerLayer, UniformDensity
from gossamer.topology.networks import ScaleFree, SmallWorld
from gossamer.topology.regular import BiRegular, Expander, Regular
from gossamer.topology.saliency import ROUNDS, Saliency
from gossamer.topology.saved import Saved

Start = Annotated[
    ErdosRenyi
    | ERK
    | UniformDensity
    | PerLayer
    | Dense
    | Regular
    | BiRegular
    | Expander
    | SmallWorld
    | ScaleFree
    | Correlation
    | Saved
    | Saliency,
    Field(discriminator="kind"),
]

BUDGETED = frozenset(
    {"biregular", "correlation", "expander", "regular", "scale_free", "small_world", *ROUNDS}
)
"""Kinds of starts that put the links of a budget in places."""
