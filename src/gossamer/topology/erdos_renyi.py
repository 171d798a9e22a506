"""Erdos-Renyi topology by epsilon, as SET starts (Mocanu et al. 2018, Nat. Commun. 9:2383)."""

from collections.abc import Sequence
from typing import Literal

from gossamer.fields import field
from gossamer.topology.base import Count, DenseOutputStart
from gossamer.topology.links import Shape


def erdos_renyi_density(epsilon: float, n_in: int, n_out: int) -> float:
    """min(1, epsilon (n_in + n_out) / (n_in n_out)): epsilon links per neuron, up to saturation."""
    return min(1.0, epsilon * (n_in + n_out) / (n_in * n_out))


class ErdosRenyi(DenseOutputStart):
    """Links in proportion to neurons: density min(1, epsilon (n_in + n_out) / (n_in n_out)).

    epsilon is not a fraction: larger is denser. The count is Bernoulli by default, as in the code the source
    paper ran. A small layer saturates (the formula exceeds 1) and is dense; `dense_output` makes the last one
    dense anyway.
    """

    kind: Literal["erdos_renyi"] = field("erdos_renyi", help="links in proportion to neurons, by epsilon")
    epsilon: float = field(
        help="links of a layer per neuron of its two sides",
        unit="links per neuron",
        ge=0,
        allow_inf_nan=False,
    )
    count: Count = field(
        "bernoulli", help="links of a layer: exactly density * positions, or each position independently"
    )

    def layer_densities(self, shapes: Sequence[Shape]) -> list[float]:
        """Density of every layer, given its (n_in, n_out)."""
        return [erdos_renyi_density(self.epsilon, *shape) for shape in shapes]
