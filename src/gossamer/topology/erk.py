"""Erdos-Renyi densities solved for a total sparsity (Evci et al. 2020, arXiv 1911.11134, appendix)."""

from collections.abc import Sequence
from math import floor
from typing import Literal

from gossamer.errors import TopologyError
from gossamer.fields import field
from gossamer.topology.base import DenseOutputStart
from gossamer.topology.erdos_renyi import erdos_renyi_density
from gossamer.topology.links import Shape

# Relative error that a number of links may have after a few roundings.
_ROUNDING_ERROR = 1e-12


def solve_epsilon(shapes: Sequence[Shape], links: float) -> float:
    """The epsilon at which Erdos-Renyi densities give a total number of links, saturated layers included.

    Layers whose density would exceed 1 are fixed as dense and the rest is solved again. That only raises
    epsilon, so a layer once saturated stays so, and there are at most as many rounds as layers.

    Parameters
    ----------
    shapes : sequence of (n_in, n_out)
        Neurons on both sides of each layer of links.
    links : float in [0, sum of n_in * n_out]
        Number of links of all layers together.

    Returns
    -------
    float, at least 0; when every layer is dense, any larger value would do as well
    """
    free, epsilon = list(shapes), 0.0
    while free:
        epsilon = links / sum(n_in + n_out for n_in, n_out in free)
        saturated = [shape for shape in free if epsilon * sum(shape) > shape[0] * shape[1]]
        if not saturated:
            break
        links -= sum(n_in * n_out for n_in, n_out in saturated)
        free = [shape for shape in free if shape not in saturated]
    return epsilon


class ERK(DenseOutputStart):
    """Erdos-Renyi densities with a given total sparsity (for dense layers, ERK is Erdos-Renyi).

    The sparsity counts all links of the network, a dense output layer included.
    """

    kind: Literal["erk"] = field("erk", help="links in proportion to neurons, for a total sparsity")
    sparsity: float = field(help="fraction of all positions without a link", unit="fraction", ge=0, le=1)

    def layer_densities(self, shapes: Sequence[Shape]) -> list[float]:
        """Density of every layer, given its (n_in, n_out)."""
        positions = sum(n_in * n_out for n_in, n_out in shapes)
        links = (1 - self.sparsity) * positions
        if not self.dense_output:
            return _densities(shapes, links)
        output = shapes[-1][0] * shapes[-1][1]
        if links < output * (1 - _ROUNDING_ERROR):
            raise TopologyError(
                f"A total sparsity of {self.sparsity} is impossible because the dense output layer alone has "
                f"{output} of {positions} links; the largest feasible is {_floor6(1 - output / positions)}: "
                "lower it or set dense_output = false."
            )
        return [*_densities(shapes[:-1], max(0.0, links - output)), 1.0]


def _densities(shapes: Sequence[Shape], links: float) -> list[float]:
    epsilon = solve_epsilon(shapes, links)
    return [erdos_renyi_density(epsilon, *shape) for shape in shapes]


def _floor6(value: float) -> float:
    """The value to six digits after the point, never more than it is."""
    return floor(value * 1e6) / 1e6
