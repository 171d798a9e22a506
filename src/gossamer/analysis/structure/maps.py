"""Links and weights by input neuron, as a run stored them: the source paper's heat maps and others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import AnalysisError

Side = Literal["survivor", "grown"]
Quantity = Literal["links", "sum", "abs_sum"]

SIDES: tuple[Side, ...] = get_args(Side)
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)


@dataclass(frozen=True, eq=False)
class InputMaps:
    """The input layer at one stored epoch, by input neuron.

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
    maps: Mapping[tuple[Side, Quantity], NDArray[np.float64]]

    def __getitem__(self, key: tuple[Side, Quantity]) -> NDArray[np.float64]:
        return self.maps[key]

    @property
    def paper(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What Figure 4 of the source paper shows: links, and signed weight sums, of the survivors of the
        drop.
        """
        return self["survivor", "links"], self["survivor", "sum"]

    @property
    def corrected(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What the network computes with: links, and sums of absolute weights, after growth.

        Weights of opposite sign do not cancel here, and links are not counted at their rarest moment.
        """
        return self["grown", "links"], self["grown", "abs_sum"]

    def link_count(self, side: Side) -> int:
        """Links of the layer on one side."""
        return int(self[side, "links"].sum())


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
                epoch=int(epoch),
                updated=bool(arrays["updated"][row]),
                maps={
                    (side, quantity): arrays[f"{side}_{quantity}"][row].astype(np.float64)
                    for side in SIDES
                    for quantity in QUANTITIES
                },
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
