"""GraNet: gradual pruning with zero-cost neuroregeneration, from a sparse start."""

from typing import Any

from gossamer.evolve.density import CubicDensity
from gossamer.evolve.drop import Magnitude
from gossamer.evolve.fraction import Cosine
from gossamer.evolve.grow import DenseGradient
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EverySteps
from gossamer.topology import ERK


def granet_method(
    *, start: Any = None, density: float = 0.1, zeta: float = 0.5, every: int = 1000, **options: Any
) -> Method:
    """Gradual pruning with neuroregeneration (Liu et al. 2021, arXiv 2106.10404).

    Parameters
    ----------
    start : start of the topology, half of all links by `ERK` if not given
    density : float in [0, 1]
        Density of the evolving layers at the end.
    zeta : float in [0, 1]
        Fraction of links regenerated at the start; it falls to 0 along half a cosine.
    every : int, steps from one update to the next
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="granet",
        start=start or ERK(sparsity=0.5),
        drop=Magnitude(),
        grow=DenseGradient(),
        when=EverySteps(every=every),
        fraction=Cosine(zeta=zeta),
        density=CubicDensity(final=density, until=110 / 160),
        **options,
    )


register_method(
    MethodRecord(
        name="granet",
        summary="prunes gradually by magnitude over the network and regrows half by gradient at each update",
        make=granet_method,
        source="Liu et al. 2021, arXiv 2106.10404, and its code",
        origins={
            "start.sparsity": "Liu et al. 2021: 0.5 for sparse-to-sparse training",
            "fraction.zeta": "code of the paper: 50 %, cosine",
            "density.final": "none published as a default; the paper has 0.2, 0.1 and 0.05",
            "density.until": "code of the paper: epochs 0 to 110 of 160",
            "density.scope": "code of the paper: magnitude over the whole network",
            "when.every": "code of the paper: 1000 steps on CIFAR",
            "grow.value": "code of the paper: zero",
        },
        verified="number of links on the cubic schedule; links chosen against a dense float64 computation",
        conserves="nothing",
    )
)
