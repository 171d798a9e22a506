"""Methods that prune a dense network before it is trained, and their random control."""

from collections.abc import Callable
from typing import Any, get_args

from gossamer.evolve.method import Method
from gossamer.evolve.record import MethodRecord, register_method
from gossamer.topology import Saliency, UniformDensity
from gossamer.topology.saliency import SaliencyKind


def saliency_method(kind: SaliencyKind, *, budget: Any = None, start: Any = None, **options: Any) -> Method:
    """Train the links that a saliency of the dense network picks, and no others.

    Parameters
    ----------
    kind : "snip", "iterative_snip", "force", "grasp", "synflow" or "random_pruning"
    budget : start that says how many links there are, optional
        Together, or in each layer where ``scope`` is "layer".
    start : Saliency, optional
        In place of one made from the others.
    options
        Fields of `Saliency`.
    """
    budget = budget or UniformDensity(sparsity=0.9)
    return Method(name=kind, start=start or Saliency(kind=kind, budget=budget, **options))


def _make(kind: SaliencyKind) -> Callable[..., Method]:
    return lambda **options: saliency_method(kind, **options)


_SUMMARIES = {
    "snip": "keeps the links whose removal would change the loss most, before training; then static",
    "iterative_snip": "SNIP in 60 rounds, each on what the last one left; then static",
    "force": "SNIP in 60 rounds in which pruned links may come back; then static",
    "grasp": "keeps the links that keep the gradient flowing, by second derivatives; then static",
    "synflow": "keeps the links that carry most flow, in 100 rounds and without data; then static",
    "random_pruning": "keeps random links of the whole network: the control of pruning before training",
}
_SOURCES = {
    "snip": "Lee et al. 2019, arXiv 1810.02340, and its code",
    "iterative_snip": "de Jorge et al. 2021, arXiv 2006.09081, and its code",
    "force": "de Jorge et al. 2021, arXiv 2006.09081, and its code",
    "grasp": "Wang et al. 2020, arXiv 2002.07376, and its code",
    "synflow": "Tanaka et al. 2020, arXiv 2006.05467, and its code",
    "random_pruning": "the control of Tanaka et al. 2020",
}
_SAMPLES = {
    "snip": "code of the paper: one batch of 100",
    "iterative_snip": "code of the paper: one batch",
    "force": "code of the paper: one batch",
    "grasp": "code of the paper: 10 samples a class, 100 for ten classes; here they are drawn over all "
    "classes",
}
_ROUNDS = {
    "iterative_snip": "code of the paper: 60, sparsity on a geometric course",
    "force": "code of the paper: 60, sparsity on a geometric course",
    "synflow": "code of the paper: 100, sparsity on a geometric course",
}
_WEIGHTS = {"snip": "ours: the published program trains from a second, fresh initialisation"}

_DIFFERS = "Biases are not scored and stay. Layers that the budget makes dense are not scored either."

for _kind in get_args(SaliencyKind):
    _origins = (("samples", _SAMPLES), ("rounds", _ROUNDS), ("weights", _WEIGHTS))
    register_method(
        MethodRecord(
            name=_kind,
            summary=_SUMMARIES[_kind],
            make=_make(_kind),
            source=_SOURCES[_kind],
            origins={f"start.{name}": of[_kind] for name, of in _origins if _kind in of},
            verified="links against a dense float64 computation of the published formula",
            differs="" if _kind in ("synflow", "random_pruning") else _DIFFERS,
            own_start=True,
        )
    )
