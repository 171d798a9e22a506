"""SET: sparse evolutionary training."""

from typing import Any

from gossamer.evolve.drop import DropRule, SignSplit
from gossamer.evolve.fraction import Constant
from gossamer.evolve.grow import GrowRule, Uniform
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EveryEpoch, When
from gossamer.topology import ErdosRenyi


def set_method(
    epsilon: float = 13.0,
    zeta: float = 0.3,
    *,
    start: Any = None,
    drop: DropRule | None = None,
    grow: GrowRule | None = None,
    when: When | None = None,
    **options: Any,
) -> Method:
    """Sparse evolutionary training (Mocanu et al. 2018).

    Parameters
    ----------
    epsilon : float above 0
        Of the Erdos-Renyi start; with `start` given it is not used.
    zeta : float in [0, 1]
        Fraction of links rewired at each update.
    start, drop, grow, when
        Other parts than `ErdosRenyi`, `SignSplit`, `Uniform` and `EveryEpoch`.
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="set",
        start=start or ErdosRenyi(epsilon=epsilon),
        drop=drop or SignSplit(),
        grow=grow or Uniform(),
        when=when or EveryEpoch(),
        fraction=Constant(zeta=zeta),
        **options,
    )


register_method(
    MethodRecord(
        name="set",
        summary="drops the weights nearest zero of each sign, grows as many links at random, every epoch",
        make=set_method,
        source="Mocanu et al. 2018, Nature Communications 9:2383",
        origins={
            "fraction.zeta": "Mocanu et al. 2018: 0.3 everywhere",
            "drop": "Mocanu et al. 2018, Box 1: the smallest positive and the largest negative weights",
            "grow.value": "code that van Engers 2021 ran: drawn like a first weight",
            "when.every": "Mocanu et al. 2018: after every epoch",
            "last_update": "code that van Engers 2021 ran: nothing; the text of SET drops and does not grow",
        },
        verified="the drop rules against slow definitions; runs bit for bit over versions, threads and "
        "resumes",
    )
)
