"""DSR: dynamic sparse reparameterization."""

from typing import Any

from gossamer.evolve.drop import AdaptiveThreshold
from gossamer.evolve.fraction import Constant
from gossamer.evolve.grow import Uniform
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.redistribute import Survivors
from gossamer.evolve.when import Stretches
from gossamer.topology import UniformDensity


def dsr_method(*, start: Any = None, zeta: float = 0.01, **options: Any) -> Method:
    """Dynamic sparse reparameterization (Mostafa and Wang 2019).

    Parameters
    ----------
    start : start of the topology, `UniformDensity` if not given
    zeta : float in [0, 1]
        Fraction of links that the threshold is to drop at an update.
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="dsr",
        start=start or UniformDensity(sparsity=0.9),
        drop=AdaptiveThreshold(),
        grow=Uniform(value="zero"),
        when=Stretches(),
        fraction=Constant(zeta=zeta),
        redistribute=Survivors(),
        **options,
    )


register_method(
    MethodRecord(
        name="dsr",
        summary="drops below one adaptive threshold for the network, grows at random where links survive",
        make=dsr_method,
        source="Mostafa and Wang 2019, arXiv 1902.05967, and its code",
        origins={
            "start.sparsity": "none published for an MLP",
            "drop.threshold": "code of the paper: 1e-3 at first",
            "drop.tolerance": "code of the paper: doubled below 0.9 of the target, halved above 1.1",
            "fraction.zeta": "code of the paper: about 1 % of the parameters a round",
            "when.every": "code of the paper: 1, 2, 4 and 8 epochs",
            "when.milestones": "code of the paper: epochs 40, 80 and 120 of 200",
            "when.until": "code of the paper: 160 of 200 epochs",
            "grow.value": "code of the paper: zero",
        },
        verified="links and thresholds, update by update, against a dense float64 computation",
        differs="Shares become whole numbers by largest remainders.",
        conserves="network",
    )
)
