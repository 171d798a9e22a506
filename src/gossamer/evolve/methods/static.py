"""Static: the topology of the start is kept."""

from typing import Any

from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.topology import ErdosRenyi


def static_method(epsilon: float = 13.0, *, start: Any = None) -> Method:
    """Keep the topology of the start (an Erdos-Renyi one of `epsilon`, unless another is given)."""
    return Method(name="static", start=start or ErdosRenyi(epsilon=epsilon))


register_method(
    MethodRecord(
        name="static",
        summary="keeps the links of the start (also called FixProb)",
        make=static_method,
        source="Mocanu et al. 2018, Nature Communications 9:2383 (FixProb)",
        verified="the links at the end are those of the start",
    )
)
