"""Importance pruning: SET that takes neurons out as it goes."""

from typing import Any

from gossamer.evolve.density import NeuronImportance
from gossamer.evolve.drop import SignSplit
from gossamer.evolve.fraction import Constant
from gossamer.evolve.grow import Uniform
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EveryEpoch
from gossamer.topology import ErdosRenyi


def importance_pruning_method(
    epsilon: float = 20.0,
    zeta: float = 0.3,
    *,
    start: Any = None,
    percentile: float = 20.0,
    regrow_neurons: bool = False,
    **options: Any,
) -> Method:
    """SET with importance pruning (Curci et al. 2021).

    Parameters
    ----------
    epsilon : float above 0
        Of the Erdos-Renyi start; with `start` given it is not used.
    zeta : float in [0, 1]
        Fraction of links rewired at each update.
    percentile : float in [0, 100]
        Of importance, up to which neurons lose their links.
    regrow_neurons : bool
        Whether links may grow at such neurons again, as in the published program.
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="importance_pruning",
        start=start or ErdosRenyi(epsilon=epsilon),
        drop=SignSplit(),
        grow=Uniform(alive_only=not regrow_neurons),
        when=EveryEpoch(),
        fraction=Constant(zeta=zeta),
        density=NeuronImportance(percentile=percentile),
        **options,
    )


register_method(
    MethodRecord(
        name="importance_pruning",
        summary="SET that from time to time takes the links of the least important neurons, for good",
        make=importance_pruning_method,
        source="Curci et al. 2021, arXiv 2102.01732, and its code",
        origins={
            "start.epsilon": "code of the paper: 20",
            "fraction.zeta": "code of the paper: 0.3",
            "density.percentile": "code of the paper, sequential program: 20; the parallel one has 10",
            "density.first": "code of the paper: after epoch 200 of 400 or more",
            "density.every": "code of the paper, sequential program: every 10 epochs",
            "grow.alive_only": "ours: the program gives pruned neurons links again, which undoes the pruning",
        },
        verified="neurons that go, against their definition; they stay without links",
        conserves="nothing",
    )
)
