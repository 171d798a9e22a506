"""Where a run is: everything besides the network that the rest of the run depends on."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.evolve.position_set import PositionSet
from gossamer.train.history import EpochRecord
from gossamer.train.readings import Leaders, Predictions
from gossamer.train.structure import Snapshot


@dataclass
class Moved:
    """Links moved by the updates of one epoch so far: int64 [layers] each."""

    dropped: NDArray[np.int64]
    grown: NDArray[np.int64]
    regrown: NDArray[np.int64]

    @classmethod
    def none(cls, layers: int) -> "Moved":
        """No links moved in any layer."""
        return cls(*(np.zeros(layers, np.int64) for _ in range(3)))


@dataclass
class Times:
    """Seconds spent in each epoch; they are measured, and no result depends on them."""

    train: list[float] = field(default_factory=lambda: [0.0])
    evaluate: list[float] = field(default_factory=lambda: [0.0])
    evolve: list[float] = field(default_factory=lambda: [0.0])


@dataclass
class RunState:
    """Where a run is.

    Attributes
    ----------
    epoch : int
        Epochs that are evaluated.
    position : int
        Steps taken of the epoch that runs, which is number ``epoch + 1``.
    update_due : bool
        Whether the update at the end of `epoch` is still to come. A checkpoint that is kept of a finished run
        has it set, so that a longer run does there what it would have done.
    losses : float64 [steps per epoch], correct : int64 [steps per epoch]
        Mean loss and correct samples of the steps of the epoch that runs.
    moved : Moved
        Links moved in the epoch that runs.
    records, snapshots : list
    leaders : Leaders
    last : Predictions or None
        Of the last epoch that is evaluated.
    diverged : int or None
        The epoch, counted from 1, in which a loss was no longer finite.
    memory : dict of arrays
        What the parts of the method keep from update to update.
    explored : list of PositionSet, or None
        Positions that ever held a link, by layer; None in a run that an older version began.
    times : Times
        One entry for each finished epoch and one for that which runs.
    """

    losses: NDArray[np.float64]
    correct: NDArray[np.int64]
    moved: Moved
    epoch: int = 0
    position: int = 0
    update_due: bool = False
    records: list[EpochRecord] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    leaders: Leaders = field(default_factory=Leaders)
    last: Predictions | None = None
    diverged: int | None = None
    memory: dict[str, NDArray[Any]] = field(default_factory=dict)
    explored: list[PositionSet] | None = None
    times: Times = field(default_factory=Times)

    @classmethod
    def start(cls, steps_per_epoch: int, layers: int) -> "RunState":
        """State before the first step."""
        return cls(np.zeros(steps_per_epoch), np.zeros(steps_per_epoch, np.int64), Moved.none(layers))
