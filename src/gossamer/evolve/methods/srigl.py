"""SRigL: RigL with the same fan-in for every neuron, and neurons that may go."""

from typing import Any

from gossamer.evolve.drop import FanInDrop
from gossamer.evolve.fraction import Cosine
from gossamer.evolve.grow import FanInGrow
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EverySteps
from gossamer.topology import ERK


def srigl_method(
    *,
    start: Any = None,
    zeta: float = 0.3,
    ablation: float = 0.3,
    every: int = 100,
    until: float = 0.75,
    **options: Any,
) -> Method:
    """Structured RigL (Lasby et al. 2024).

    Parameters
    ----------
    start : start of the topology, constant fan-in with the densities of `ERK` if not given
    zeta : float in [0, 1]
        Fraction of links rewired at the start; it falls to 0 along half a cosine.
    ablation : float in [0, 1]
        A neuron with fewer salient links than this part of the fan-in loses all.
    every : int, steps from one update to the next
    until : float, part of the training that has updates
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="srigl",
        start=start or ERK(sparsity=0.9),
        drop=FanInDrop(ablation=ablation),
        grow=FanInGrow(ablation=ablation),
        when=EverySteps(every=every, until=until),
        fraction=Cosine(zeta=zeta, until=until),
        **options,
    )


register_method(
    MethodRecord(
        name="srigl",
        summary="RigL with constant fan-in: every neuron has as many links, and neurons of little use go",
        make=srigl_method,
        source="Lasby et al. 2024, arXiv 2305.02299, and its code",
        origins={
            "start.sparsity": "none published as a default; the paper goes from 0.8 to 0.99",
            "fraction.zeta": "Lasby et al. 2024: alpha = 0.3, cosine",
            "drop.ablation": "code of the paper: gamma_sal = 0.3, at least one salient link",
            "when.every": "Lasby et al. 2024: Delta T = 100",
            "when.until": "Lasby et al. 2024: 75 % of the training",
            "grow.value": "code of the paper: zero",
        },
        verified="links and ablated neurons, update by update, against a dense float64 computation",
        differs="A start of any kind is brought to constant fan-in by the first update. The fan-in is "
        "the nearest whole number to the start's links by active neurons.",
        conserves="nothing",
    )
)
