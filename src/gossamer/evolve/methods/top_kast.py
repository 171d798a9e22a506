"""Top-KAST: a forward set within the backward set of links that are trained."""

from typing import Any

from gossamer.evolve.drop import Magnitude
from gossamer.evolve.fraction import Constant
from gossamer.evolve.grow import Uniform
from gossamer.evolve.latent import TopKast
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EverySteps
from gossamer.topology import ERK


def top_kast_method(
    *,
    start: Any = None,
    forward: float = 0.5,
    penalty: float = 1e-4,
    zeta: float = 0.3,
    every: int = 100,
    **options: Any,
) -> Method:
    """Top-KAST (Jayakumar et al. 2020) with links for its backward set.

    Parameters
    ----------
    start : start of the backward set, `ERK` if not given
    forward : float in (0, 1]
        Part of the links in the forward set.
    penalty : float, at least 0
        Exploration penalty.
    zeta : float in [0, 1]
        Fraction of the links, the smallest parameters, that other positions replace at an update.
    every : int, steps from one update to the next
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="top_kast",
        start=start or ERK(sparsity=0.8),
        latent=TopKast(forward=forward, penalty=penalty),
        drop=Magnitude(),
        grow=Uniform(value="zero"),
        when=EverySteps(every=every),
        fraction=Constant(zeta=zeta),
        **options,
    )


register_method(
    MethodRecord(
        name="top_kast",
        summary="computes with the largest parameters of its links, trains all of them, explores at random",
        make=top_kast_method,
        source="Jayakumar et al. 2020, arXiv 2106.03517",
        origins={
            "start.sparsity": "Jayakumar et al. 2020: backward sets of 50 to 90 % sparsity",
            "latent.forward": "ours",
            "latent.penalty": "ours: near the weight decay of 1e-4 that the paper's tables use",
            "when.every": "from memory: the sets are found anew every 100 steps",
            "fraction.zeta": "ours",
            "grow.value": "ours: a parameter that enters the backward set of the paper is its smallest",
        },
        verified="steps against the formula in NumPy; forward set and dropped links, update by update, "
        "against a dense float64 computation",
        reconstruction="The interval and how the sets are found anew are from memory.",
        differs="The paper keeps parameters at all positions, so that one outside the backward set may come "
        "in by its size. Here links are the backward set and nothing is kept elsewhere: the smallest "
        "parameters make room for links at random positions, which start at zero. Sparsity is told of "
        "the links; that of inference is 1 - forward x density, and a parameter outside the forward set is "
        "stored as a weight of 0.",
    )
)
