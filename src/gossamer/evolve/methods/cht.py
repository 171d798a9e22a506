"""CHT: Cannistraci-Hebb training, the hard rule."""

from typing import Any

from gossamer.evolve.drop import ChainRemoval, Magnitude
from gossamer.evolve.fraction import Constant
from gossamer.evolve.grow import CannistraciHebb
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EveryEpoch
from gossamer.topology import UniformDensity


def cht_method(*, start: Any = None, zeta: float = 0.3, **options: Any) -> Method:
    """Cannistraci-Hebb training (Zhang et al. 2024).

    Parameters
    ----------
    start : start of the topology, `UniformDensity` if not given
    zeta : float in [0, 1]
        Fraction of links rewired at each update.
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="cht",
        start=start or UniformDensity(sparsity=0.99, dense_output=True),
        drop=ChainRemoval(by=Magnitude()),
        grow=CannistraciHebb(score="ch3_l3p", soft=False),
        when=EveryEpoch(),
        fraction=Constant(zeta=zeta),
        **options,
    )


register_method(
    MethodRecord(
        name="cht",
        summary="grows by topology alone: the largest CH3-L3 scores, after chain removal",
        make=cht_method,
        source="Zhang et al. 2024, ICLR, and its code",
        origins={
            "start.sparsity": "Zhang et al. 2024: 99 % in the hidden matrices of an MLP",
            "fraction.zeta": "code of the paper: 0.3",
            "when.every": "code of the paper: every epoch",
            "drop.by": "Zhang et al. 2024: weight magnitude",
            "grow.score": "Zhang et al. 2024: CH3-L3",
            "grow.value": "code of the paper: zero",
        },
        verified="scores, update by update, against a slow enumeration of all paths of length 3",
        reconstruction="The root in the score is from memory.",
        differs="The early stop of a layer whose regrown links are 90 % of the removed ones is left out: "
        "such an update changes little.",
    )
)
