"""ITOP: in-time over-parameterization, settings over SET and RigL that explore more."""

from typing import Any, Literal

from gossamer.evolve.drop import Magnitude
from gossamer.evolve.fraction import Cosine
from gossamer.evolve.grow import DenseGradient, GrowRule, NeverLinked, Uniform
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EverySteps
from gossamer.topology import ERK

_EVERY = {"set": 1500, "rigl": 4000, "never_linked": 1500}


def itop_method(
    *,
    start: Any = None,
    over: Literal["set", "rigl", "never_linked"] = "never_linked",
    zeta: float = 0.5,
    every: int | None = None,
    **options: Any,
) -> Method:
    """In-time over-parameterization (Liu et al. 2021).

    Parameters
    ----------
    start : start of the topology, `ERK` if not given
    over : "set", "rigl" or "never_linked"
        Growth at random, by the dense gradient, or at random among positions that never held a link.
    zeta : float in [0, 1]
        Fraction of links rewired at the start; it falls to 0 along half a cosine.
    every : int, optional
        Steps from one update to the next; the published ones if not given.
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    rules: dict[str, GrowRule] = {
        "set": Uniform(value="zero"),
        "rigl": DenseGradient(),
        "never_linked": NeverLinked(),
    }
    return Method(
        name="itop",
        start=start or ERK(sparsity=0.9),
        drop=Magnitude(),
        grow=rules[over],
        when=EverySteps(every=every or _EVERY[over]),
        fraction=Cosine(zeta=zeta),
        **options,
    )


register_method(
    MethodRecord(
        name="itop",
        summary="rewires rarely and much, so that many positions are tried long enough; over SET or RigL",
        make=itop_method,
        source="Liu et al. 2021, arXiv 2102.02887, and its code",
        origins={
            "start.sparsity": "none published as a default",
            "fraction.zeta": "code of the paper: death rate 0.5, cosine",
            "when.every": "code of the paper: 1500 steps over SET, 4000 over RigL, at batches of 128",
            "grow": "code of the paper: random_unfired grows among weights that were never active",
            "grow.value": "code of the paper: zero",
        },
        verified="growth never comes back to a position while others are untried; R_s is counted in every "
        "run",
        differs="With less data than the paper's, 1500 steps may be more than a run has: set `every`.",
    )
)
