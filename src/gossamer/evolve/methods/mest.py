"""MEST: memory-economic sparse training, with elastic mutation and soft memory bound."""

from typing import Any, Literal

from gossamer.evolve.density import LevelsDensity
from gossamer.evolve.drop import Sensitivity
from gossamer.evolve.fraction import Steps
from gossamer.evolve.grow import Uniform
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EveryEpoch
from gossamer.topology import UniformDensity

_MILESTONES = (0.5625, 0.75)


def mest_method(
    *,
    start: Any = None,
    variant: Literal["EM", "EM&S"] = "EM",
    gradient_weight: float = 0.01,
    every: int = 5,
    **options: Any,
) -> Method:
    """Memory-economic sparse training (Yuan et al. 2021).

    Parameters
    ----------
    start : start of the topology, `UniformDensity` if not given
    variant : "EM" or "EM&S"
        With elastic mutation alone, or with a number of links that first rises above the budget and comes
        back to it.
    gradient_weight : float, lambda of |w| + lambda |g|
    every : int, epochs from one update to the next
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    soft = variant == "EM&S"
    fraction = Steps(zeta=1 / 3, later=(0.2, 0.0), milestones=_MILESTONES) if soft else None
    return Method(
        name="mest",
        start=start or UniformDensity(sparsity=0.9),
        drop=Sensitivity(gradient_weight=gradient_weight),
        grow=Uniform(value="zero"),
        when=EveryEpoch(every=every),
        fraction=fraction or Steps(zeta=0.2, later=(0.1, 0.0), milestones=_MILESTONES),
        density=LevelsDensity(levels=(1.5, 1.25, 1.0), milestones=_MILESTONES, scope="layer")
        if soft
        else None,
        **options,
    )


register_method(
    MethodRecord(
        name="mest",
        summary="drops where |weight| + lambda |gradient| is small, grows at random; EM, or EM&S with a "
        "surplus",
        make=mest_method,
        source="Yuan et al. 2021, NeurIPS, and its code",
        origins={
            "start.sparsity": "code of the paper: bounds around 0.9",
            "drop.gradient_weight": "ours: the code leaves it to the user",
            "fraction": "code of the paper: density 0.08, 0.09, 0.1 before growth to 0.1, so 20 %, 10 % and "
            "0 go; EM&S grows to 0.15, 0.125, 0.1 and drops back to 0.1",
            "fraction.milestones": "code of the paper: epochs 90 and 120 of 160",
            "when.every": "code of the paper: 5 epochs",
            "density.levels": "code of the paper: densities 0.15, 0.125, 0.1",
            "grow.value": "code of the paper: zero",
        },
        verified="links dropped, update by update, against a dense float64 computation of |w| + lambda |g|",
        differs="The gradient is that of one batch. Bounds are multiples of the start's density.",
    )
)
