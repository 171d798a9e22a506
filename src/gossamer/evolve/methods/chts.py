"""CHTs: Cannistraci-Hebb training with the soft rule."""

from typing import Any, Literal

from gossamer.evolve.drop import ChainRemoval, RelativeImportance
from gossamer.evolve.fraction import Constant, Cosine
from gossamer.evolve.grow import CannistraciHebb
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EveryEpoch
from gossamer.topology import UniformDensity


def chts_method(
    *,
    start: Any = None,
    zeta: float = 0.3,
    adaptive_zeta: bool = True,
    score: Literal["ch2_l3n", "ch3_l3n", "ch3_l3p"] = "ch2_l3n",
    until: float = 0.75,
    **options: Any,
) -> Method:
    """Cannistraci-Hebb training soft rule (Zhang et al. 2025).

    Parameters
    ----------
    start : start of the topology, `UniformDensity` if not given
    zeta : float in [0, 1]
        Fraction of links rewired, at the start of the training where it is adaptive.
    adaptive_zeta : bool
        Whether zeta falls to 0 along half a cosine, `until` that part of the training.
    score : "ch2_l3n", "ch3_l3n" or "ch3_l3p"
    until : float, part of the training that has updates where zeta is adaptive
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="chts",
        start=start or UniformDensity(sparsity=0.99, dense_output=True),
        drop=ChainRemoval(by=RelativeImportance()),
        grow=CannistraciHebb(score=score, soft=True),
        when=EveryEpoch(until=until) if adaptive_zeta else EveryEpoch(),
        fraction=Cosine(zeta=zeta, until=until) if adaptive_zeta else Constant(zeta=zeta),
        **options,
    )


register_method(
    MethodRecord(
        name="chts",
        summary="grows by topology alone: sampled by Cannistraci-Hebb scores of paths of length 3",
        make=chts_method,
        source="Zhang et al. 2025, NeurIPS, arXiv 2501.19107, and its code",
        origins={
            "start.sparsity": "Zhang et al. 2025: 99 % in the three hidden matrices of an MLP, output dense",
            "fraction.zeta": "published command: 0.3",
            "fraction.until": "code of the paper: with adaptive zeta a cosine to 75 % of the epochs",
            "when.every": "published command: every epoch",
            "drop.by": "published command: relative importance, not sampled",
            "drop.by.epsilon": "code of the paper: 1e-5 for every position",
            "grow.score": "published command: CH2-L3n",
            "grow.value": "code of the paper: zero",
        },
        verified="links dropped and scores, update by update, against dense float64 matrices; that sampling "
        "follows the scores, by a test of frequencies",
        differs="In the code an update takes the place of the last step of an epoch. Its initial "
        "weights ('swi') are normal with the layer's mean number of links: set network.init = he_normal and "
        "network.fan_in = actual. Its correlated start is the start `correlation`.",
    )
)
