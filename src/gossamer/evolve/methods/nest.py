"""NeST: grows links by gradient from a small seed, then prunes by magnitude."""

from typing import Any

from gossamer.evolve.density import PointsDensity
from gossamer.evolve.drop import Magnitude
from gossamer.evolve.grow import DenseGradient
from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.evolve.when import EveryEpoch
from gossamer.topology import UniformDensity


def nest_method(
    *,
    start: Any = None,
    growth: float = 2.0,
    end: float = 1.0,
    memory: float = 0.9,
    **options: Any,
) -> Method:
    """Neural network synthesis, links only (Dai, Yin and Jha 2019).

    Parameters
    ----------
    start : start of the topology, a seed of 10 % of the links if not given
    growth : float, multiple of the start's links that growth reaches
    end : float, multiple of the start's links that pruning leaves
    memory : float in [0, 1)
        Of the gradient's mean over batches by which links grow.
    options
        ``last_update`` and ``layers`` of `Method`.
    """
    return Method(
        name="nest",
        start=start or UniformDensity(sparsity=0.9),
        drop=Magnitude(),
        grow=DenseGradient(memory=memory),
        when=EveryEpoch(),
        density=PointsDensity(multiples=(1.0, growth, end), parts=(0.0, 0.3, 0.8), scope="layer"),
        **options,
    )


register_method(
    MethodRecord(
        name="nest",
        summary="grows links where the bridging gradient is largest, then prunes the smallest weights",
        make=nest_method,
        source="Dai, Yin and Jha 2019, arXiv 1711.02017; no public code was found",
        origins={
            "start.sparsity": "Dai et al. 2019: 10 % of the links in the seed",
            "density": "ours: the paper names no ratio of growth and no schedule",
            "grow.memory": "ours: in place of the mean over the training samples",
            "grow.value": "ours: zero; the paper names no value",
            "when.every": "ours",
        },
        verified="links grown, update by update, against a dense float64 bridging matrix",
        reconstruction="How much grows, when growth ends, and the weights of new links are not published. "
        "Growth of neurons is left out: widths stay those of the network.",
        conserves="nothing",
    )
)
