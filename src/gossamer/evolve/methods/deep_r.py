"""DEEP R: deep rewiring by a random walk of link strengths that end at zero."""

from typing import Any

from gossamer.evolve.drop import Dormant
from gossamer.evolve.grow import Uniform
from gossamer.evolve.latent import DeepR
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EverySteps
from gossamer.topology import UniformDensity


def deep_r_method(
    *, start: Any = None, penalty: float = 1e-5, noise: float = 1e-5, every: int = 1, **options: Any
) -> Method:
    """Deep rewiring (Bellec et al. 2018).

    Parameters
    ----------
    start : start of the topology, `UniformDensity` if not given
    penalty, noise : float, at least 0
        l1 penalty on the strengths, and noise of a step in units of the learning rate.
    every : int, steps from one update to the next
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="deep_r",
        start=start or UniformDensity(sparsity=0.9),
        latent=DeepR(penalty=penalty, noise=noise),
        drop=Dormant(),
        grow=Uniform(value="tiny"),
        when=EverySteps(every=every),
        **options,
    )


register_method(
    MethodRecord(
        name="deep_r",
        summary="strengths of links walk at random and by the gradient; those that reach zero grow elsewhere",
        make=deep_r_method,
        source="Bellec et al. 2018, arXiv 1711.05136, and its code",
        origins={
            "start.sparsity": "none published as a default; the code trains densities of 0.01 to 0.3",
            "latent.penalty": "code of the paper: 1e-5 on MNIST",
            "latent.noise": "code of the paper: 1e-5 on MNIST",
            "when.every": "Bellec et al. 2018: after every step",
            "grow.value": "code of the paper: strength 1e-12, a random sign",
        },
        verified="steps against the formula in NumPy; dropped links, update by update, against a dense "
        "float64 computation; conservation",
        differs="The sign of a position is drawn when a link grows there, not once for all positions, which "
        "would need memory for every position. The step may be that of any optimizer, not only of gradient "
        "descent.",
    )
)
