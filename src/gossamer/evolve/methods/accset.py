"""AccSET: SET that removes links as accuracy increases (a reconstruction)."""

from typing import Any, Literal

from gossamer.evolve.density import AccuracyDriven
from gossamer.evolve.drop import SignSplit
from gossamer.evolve.fraction import Constant
from gossamer.evolve.grow import Uniform
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EveryEpoch
from gossamer.topology import ErdosRenyi


def accset_method(
    epsilon: float = 13.0,
    zeta: float = 0.3,
    *,
    start: Any = None,
    variant: Literal["complement", "record", "relative", "improving"] = "record",
    floor: float = 0.3,
    **options: Any,
) -> Method:
    """Accelerated SET, reconstructed (Lapshyna 2020).

    Parameters
    ----------
    epsilon : float above 0
        Of the Erdos-Renyi start; with `start` given it is not used.
    zeta : float in [0, 1]
        Fraction of links dropped at each update.
    variant, floor
        See `AccuracyDriven`.
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="accset",
        start=start or ErdosRenyi(epsilon=epsilon),
        drop=SignSplit(),
        grow=Uniform(),
        when=EveryEpoch(),
        fraction=Constant(zeta=zeta),
        density=AccuracyDriven(variant=variant, floor=floor),
        **options,
    )


register_method(
    MethodRecord(
        name="accset",
        summary="SET that grows back fewer links the better it is on validation samples",
        make=accset_method,
        source="Lapshyna 2020, BSc thesis, University of Twente (essay 80559); only its abstract could be "
        "read",
        origins={
            "fraction.zeta": "van Engers 2021: 0.3",
            "density.variant": "ours: the others shrink at every epoch and collapse onto the floor",
            "density.floor": "ours: near the 65 % fewer links that van Engers 2021 reports on Fashion-MNIST",
        },
        verified="the number of links follows the formula of the variant; test samples have no influence",
        reconstruction="All of it: which links go, how many grow back and by which signal. Only 'gradually "
        "removing connections as the accuracy increases' is published.",
        conserves="nothing",
    )
)
