"""RigL: grows where the gradient of the dense network is largest."""

from typing import Any

from gossamer.evolve.drop import Magnitude
from gossamer.evolve.fraction import Cosine
from gossamer.evolve.grow import DenseGradient
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EverySteps
from gossamer.topology import ERK


def rigl_method(
    *, start: Any = None, zeta: float = 0.3, every: int = 100, until: float = 0.75, **options: Any
) -> Method:
    """RigL (Evci et al. 2020).

    Parameters
    ----------
    start : start of the topology, `ERK` if not given
    zeta : float in [0, 1]
        Fraction of links rewired at the start of the training; it falls to 0 along half a cosine.
    every : int, steps from one update to the next
    until : float, part of the training that has updates
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="rigl",
        start=start or ERK(sparsity=0.9),
        drop=Magnitude(),
        grow=DenseGradient(),
        when=EverySteps(every=every, until=until),
        fraction=Cosine(zeta=zeta, until=until),
        **options,
    )


register_method(
    MethodRecord(
        name="rigl",
        summary="drops the smallest weights, grows where the dense gradient is largest, every 100 steps",
        make=rigl_method,
        source="Evci et al. 2020, arXiv 1911.11134",
        origins={
            "start.sparsity": "none published; the paper goes from 0.8 to 0.965",
            "fraction.zeta": "Evci et al. 2020: alpha = 0.3, cosine",
            "fraction.until": "Evci et al. 2020: 75 % of the training",
            "when.every": "Evci et al. 2020: Delta T = 100",
            "when.until": "Evci et al. 2020: 75 % of the training",
            "grow.value": "Evci et al. 2020: zero",
            "last_update": "follows from `until`: there is no update at the end",
        },
        verified="links chosen, update by update, against a dense float64 computation of the published "
        "formula",
        differs="In the paper an update takes the place of a step. Here it comes between two steps, and the "
        "batch whose gradient it takes is trained on afterwards.",
    )
)
