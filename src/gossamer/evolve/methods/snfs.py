"""SNFS: sparse networks from scratch, also called sparse momentum."""

from typing import Any

from gossamer.evolve.drop import Magnitude
from gossamer.evolve.fraction import Cosine
from gossamer.evolve.grow import DenseGradient
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.redistribute import MeanMomentum
from gossamer.evolve.when import EveryEpoch
from gossamer.topology import UniformDensity


def snfs_method(
    *, start: Any = None, zeta: float = 0.5, redistribute: bool = True, memory: float = 0.9, **options: Any
) -> Method:
    """Sparse networks from scratch (Dettmers and Zettlemoyer 2019).

    Parameters
    ----------
    start : start of the topology, `UniformDensity` if not given
    zeta : float in [0, 1]
        Fraction of links rewired at the start; it falls to 0 along half a cosine.
    redistribute : bool
        Whether links move between layers by mean absolute momentum.
    memory : float in [0, 1)
        Of the momentum by which links grow.
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="snfs",
        start=start or UniformDensity(sparsity=0.95),
        drop=Magnitude(),
        grow=DenseGradient(memory=memory),
        when=EveryEpoch(),
        fraction=Cosine(zeta=zeta),
        redistribute=MeanMomentum() if redistribute else None,
        **options,
    )


register_method(
    MethodRecord(
        name="snfs",
        summary="sparse momentum: grows where the dense momentum is largest, layers by their mean momentum",
        make=snfs_method,
        source="Dettmers and Zettlemoyer 2019, arXiv 1907.04840, and its code",
        origins={
            "start.sparsity": "code of the paper: density 0.05",
            "fraction.zeta": "code of the paper: prune rate 0.5, cosine",
            "grow.memory": "code of the paper: momentum 0.9 of the optimizer",
            "grow.window": "ours: 1 / (1 - 0.9); of the links that 64 batches choose 10 choose 70 to 87 % "
            "(one: 6 to 58 %) on Fashion-MNIST, and accuracies are as with 32",
            "grow.value": "code of the paper: zero",
            "when.every": "code of the paper: once an epoch",
            "redistribute": "Dettmers and Zettlemoyer 2019: mean absolute momentum; none gives the variant "
            "that RigL's authors call momentum",
        },
        verified="links chosen, update by update, against masked-dense momentum in float64",
        differs="The momentum of a position is truncated to the window, and follows the positions of "
        "the dense network also where a link was dropped in between. A layer with less than 20 % sparsity is "
        "rewired like any other, its growth only limited by its room.",
        conserves="network",
    )
)
