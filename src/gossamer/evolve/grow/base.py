"""What a grow rule is, and what grow rules share: free positions and values of new links."""

from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import SerializeAsAny

from gossamer._native import sample_free
from gossamer.errors import TopologyError
from gossamer.evolve.layer import Draw, LayerView
from gossamer.evolve.part import Part, by_kind
from gossamer.random import Purpose

GrownValue = Literal["init", "zero", "tiny"]
_TINY = 1e-12


class GrowRule(Part):
    """Chooses where links grow, and their weights."""

    role: ClassVar[str] = "grow"

    @abstractmethod
    def grow(
        self, layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw
    ) -> tuple[NDArray[np.uint64], NDArray[Any]]:
        """Positions and weights of `count` new links.

        Parameters
        ----------
        layer : LayerView
            The layer before the drop.
        keep : bool array [nnz]
            Links that stay.
        count : int
        draw : Draw

        Returns
        -------
        positions : uint64 array [count], ``source * n_out + target``, ascending, none of a kept link
        weights : array [count] of the layer's type
        """

    @property
    def kept_batches(self) -> int:
        """Batches whose activations and deltas the run has to keep for this rule; 0 for none."""
        return 0

    def wanted(self, layer: LayerView, keep: NDArray[np.bool_]) -> int | None:
        """Links that this rule grows in a layer whatever the account says; None leaves it to the account."""
        return None


AnyGrow = Annotated[SerializeAsAny[GrowRule], by_kind("grow")]


def check_room(layer: LayerView, keep: NDArray[np.bool_], count: int) -> None:
    """Raise TopologyError where fewer than `count` positions hold no kept link."""
    free = layer.positions - int(np.count_nonzero(keep))
    if count > free:
        raise TopologyError(
            f"Layer {layer.index} has {free} free positions for {count} links that grow; rewire a smaller "
            "fraction, or leave the layer out of the method's layers."
        )


def free_positions(
    layer: LayerView, keep: NDArray[np.bool_], count: int, draw: Draw, *, allow_regrow: bool = True
) -> NDArray[np.uint64]:
    """Draw `count` positions uniformly among those that no kept link holds, ascending: uint64 [count].

    With `allow_regrow` False, positions that the same update just dropped are left out too.

    Raises
    ------
    TopologyError
        If fewer than `count` positions are free.
    """
    pattern = layer.pattern
    taken = np.count_nonzero(keep) if allow_regrow else pattern.nnz
    free = pattern.n_in * pattern.n_out - int(taken)
    if count > free:
        raise TopologyError(
            f"Layer {layer.index} has {free} free positions for {count} links that grow; let dropped links "
            "regrow (allow_regrow), rewire a smaller fraction, or leave the layer out of the method's layers."
        )
    return sample_free(
        pattern, keep.view(np.uint8), count, draw.seed, draw.step, draw.layer, not allow_regrow
    )


def grown_weights(
    layer: LayerView, keep: NDArray[np.bool_], positions: NDArray[np.uint64], value: GrownValue, draw: Draw
) -> NDArray[Any]:
    """Weights of links that grow at ascending `positions`: 0, 1e-12 of a random sign, or initial draws.

    With fan-in "actual" a link's fans are the degrees of its neurons after the swap.
    """
    if value == "zero":
        return np.zeros(len(positions), layer.weights.dtype)
    if value == "tiny":
        signs = np.where(draw.uniform(len(positions), Purpose.GROW_VALUE) < 0.5, -_TINY, _TINY)
        return signs.astype(layer.weights.dtype)
    fans: tuple[Any, Any] = (layer.pattern.n_in, layer.pattern.n_out)
    if layer.initial.fan_in == "actual":
        fans = _fans_after(layer, keep, positions)
    draws = draw.uniform(len(positions), Purpose.GROW_VALUE)
    return layer.initial.values(*fans, draws).astype(layer.weights.dtype)


def _fans_after(
    layer: LayerView, keep: NDArray[np.bool_], positions: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """In-degree of the target and out-degree of the source of each grown link, after the swap."""
    pattern = layer.pattern
    sources, targets = np.divmod(positions.astype(np.int64), pattern.n_out)
    all_sources = np.concatenate([pattern.link_sources()[keep], sources])
    all_targets = np.concatenate([pattern.targets[keep], targets])
    return np.bincount(all_targets)[targets], np.bincount(all_sources)[sources]
