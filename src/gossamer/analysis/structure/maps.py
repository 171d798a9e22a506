"""Links and weights by input neuron, as a run stored them: the source paper's heat maps and others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import AnalysisError

Side = Literal["survivor", "grown"]
Quantity = Literal["links", "sum", "abs_sum"]
Key = tuple[Side, Quantity]

KEYS: tuple[Key, ...] = tuple((side, q) for side in get_args(Side) for q in get_args(Quantity))


@dataclass(frozen=True, eq=False)
class InputMaps:
    """The input layer at one stored epoch, by input neuron.

    Figure 4 of the source paper shows links and signed weight sums of the survivors of the drop. The network
    computes with what is there after growth; sums of absolute weights do not cancel.

    Attributes
    ----------
    epoch : int
        0 is the start of the run.
    updated : bool
        Whether the topology was updated at this epoch. If not, both sides are the layer as it was; only at
        epoch 0 the survivors are the links that a drop would have left.
    maps : mapping of (side, quantity) to float64 [n_in]
        Sides: "survivor" after the drop and before growth, "grown" after growth. Quantities: "links",
        "sum" (of the weights, with their signs), "abs_sum" (of their absolute values).
    """

    epoch: int
    updated: bool
    maps: Mapping[Key, NDArray[np.float64]]

    def __getitem__(self, key: Key) -> NDArray[np.float64]:
        return self.maps[key]


def input_maps(arrays: Mapping[str, NDArray[Any]]) -> tuple[InputMaps, ...]:
    """Every stored epoch of a run, in order.

    Parameters
    ----------
    arrays : mapping
        Arrays of a structure file, whole or compact: ``epochs`` and ``updated`` [s], and
        ``{side}_{quantity}`` [s, n_in].

    Raises
    ------
    AnalysisError
        If an array is missing.
    """
    try:
        return tuple(
            InputMaps(
                int(epoch),
                bool(arrays["updated"][row]),
                {(side, q): arrays[f"{side}_{q}"][row].astype(np.float64) for side, q in KEYS},
            )
            for row, epoch in enumerate(arrays["epochs"])
        )
    except KeyError as error:
        raise AnalysisError(f"The structure snapshots have no array {error.args[0]!r}.") from error


def maps_at(stored: tuple[InputMaps, ...], epoch: int | None = None) -> InputMaps | None:
    """The maps of an epoch; None where it was not stored.

    Without an epoch, those of the last update that was stored, because without an update nothing is dropped
    and both sides are the same; in a run without updates, the last ones stored.
    """
    if epoch is not None:
        return next((found for found in stored if found.epoch == epoch), None)
    updates = [found for found in stored if found.updated] or stored
    return updates[-1] if updates else None
