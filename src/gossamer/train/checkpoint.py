"""Checkpoints: all that a run needs to go on as if nothing had happened, in one file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.data import Dataset
from gossamer.errors import StoreError
from gossamer.evolve.position_set import PositionSet
from gossamer.train.arrays import expect, read_arrays, write_arrays
from gossamer.train.build import AnyNetwork
from gossamer.train.config import RunConfig
from gossamer.train.history import History
from gossamer.train.network_arrays import network_from_arrays, network_to_arrays
from gossamer.train.readings import Leader, Leaders, Predictions
from gossamer.train.state import Moved, RunState, Times
from gossamer.train.stored_checkpoint import StoredCounters, StoredHeader, misfits
from gossamer.train.structure import snapshots_from_arrays, snapshots_to_arrays

FILE = "checkpoint.safetensors"
_LEADERS = ("selected", "best_on_test")


class CheckpointError(StoreError):
    """A checkpoint is torn, foreign, or of another run; the run has to start again."""


@dataclass(frozen=True)
class CheckpointHeader:
    """What a checkpoint is of.

    Attributes
    ----------
    identity : str
        Identity of the run.
    epochs : int
        Epochs that the run was to have.
    instruction_class : str
        Bits of the arithmetic so far; see `gossamer.train.build.instruction_class`.
    attempts : list of dict
        Measured facts of each attempt at the run, the first one first.
    """

    identity: str
    epochs: int
    instruction_class: str
    attempts: list[dict[str, Any]]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was read; `restore` makes the network and the state of it."""

    header: CheckpointHeader
    counters: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def restore(self, config: RunConfig, dataset: Dataset) -> tuple[AnyNetwork, RunState]:
        """Network and state of the run at the checkpoint.

        Raises
        ------
        CheckpointError
            If the content is not that of a checkpoint of a run with this config and these data.
        """
        network = network_from_arrays(config, _below(self.arrays, "network."), state=True)
        try:
            state = self._state()
            wrong = next(misfits(config, dataset, network, state), "")
            if not wrong:
                _keep(network, config.method.kept_batches, _below(self.arrays, "kept."))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise CheckpointError("it is incomplete") from error
        if wrong:
            raise CheckpointError(wrong)
        return network, state

    def _state(self) -> RunState:
        counters, running = self.counters, _below(self.arrays, "running.")
        moved = Moved(*(running[name].copy() for name in ("dropped", "grown", "regrown")))
        state = RunState(running["losses"].copy(), running["correct"].copy(), moved)
        state.epoch, state.position = int(counters["epoch"]), int(counters["position"])
        state.update_due = bool(counters["update_due"])
        state.records = History.from_arrays(_below(self.arrays, "history.")).records()
        state.snapshots = snapshots_from_arrays(_below(self.arrays, "structure."))
        predictions = _below(self.arrays, "predictions.")
        state.last = Predictions.from_arrays(predictions, "last")
        if state.epoch and state.last is None:
            raise KeyError("last")
        state.leaders = Leaders(*(_leader(counters[name], predictions, name) for name in _LEADERS))
        state.memory = {name: array.copy() for name, array in _below(self.arrays, "memory.").items()}
        layers = range(len(state.moved.dropped))
        explored = [_below(self.arrays, f"explored.{layer}.") for layer in layers]
        if all(explored):
            state.explored = [PositionSet.from_arrays(arrays) for arrays in explored]
        times = _below(self.arrays, "times.")
        state.times = Times(
            *(expect(times, name, "f", (None,)).tolist() for name in ("train", "evaluate", "evolve"))
        )
        return state


def write_checkpoint(folder: Path, header: CheckpointHeader, network: AnyNetwork, state: RunState) -> None:
    """Write the checkpoint of a run folder, atomically."""
    positions = [pattern.n_in * pattern.n_out for pattern in network.patterns]
    validation = any(record.validation for record in state.records)
    predictions = state.last.to_arrays("last") if state.last else {}
    counters: dict[str, Any] = {
        "epoch": state.epoch,
        "position": state.position,
        "update_due": state.update_due,
    }
    for name in _LEADERS:
        leader: Leader | None = getattr(state.leaders, name)
        counters[name] = None
        if leader is not None:
            counters[name] = [leader.criterion, leader.test_score, leader.epoch]
            predictions |= leader.predictions.to_arrays(name)
    groups: dict[str, Mapping[str, NDArray[Any]]] = {
        "network": network_to_arrays(network, state=True),
        "history": History.of(state.records, positions, validation=validation).to_arrays(),
        "structure": snapshots_to_arrays(state.snapshots, network.sizes[0]),
        "predictions": predictions,
        "memory": state.memory,
        "running": {"losses": state.losses, "correct": state.correct, **vars(state.moved)},
        "times": {name: np.array(seconds) for name, seconds in vars(state.times).items()},
    }
    for layer in range(network.n_layers):
        for age in range(network.kept_batches(layer)):
            groups[f"kept.{age}.{layer}"] = dict(
                zip(("inputs", "deltas"), network.signals(layer, age), strict=True)
            )
    for layer, ever in enumerate(state.explored or ()):
        groups[f"explored.{layer}"] = ever.to_arrays()
    arrays = {f"{group}.{name}": array for group, named in groups.items() for name, array in named.items()}
    metadata = {"header": asdict(header), "counters": counters}
    write_arrays(folder / FILE, arrays, metadata, kind="checkpoint")


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Checkpoint of a run folder, or None where there is none.

    Raises
    ------
    StoreError
        If the file cannot be read.
    CheckpointError
        If it is torn or foreign.
    """
    path = folder / FILE
    if not path.exists():
        return None
    arrays, metadata = read_arrays(path, kind="checkpoint")
    try:
        header = StoredHeader.model_validate(metadata["header"])
        StoredCounters.model_validate(metadata["counters"])
    except (KeyError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not a checkpoint of this version; delete it to start again."
        ) from error
    found = {name: getattr(header, name) for name in StoredHeader.model_fields}
    return Checkpoint(CheckpointHeader(**found), metadata["counters"], arrays)


def for_longer_run(state: RunState, config: RunConfig) -> RunState:
    """State without what only the end of the shorter run left behind."""
    kept = [s for s in state.snapshots if s.epoch == 0 or s.epoch in config.training.snapshot_epochs]
    return replace(state, snapshots=kept)


def _below(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _keep(network: AnyNetwork, window: int, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Let the network keep the batches that a growth looks back at."""
    kept = sorted({(-int(age), int(layer)) for age, layer, _ in (name.split(".") for name in arrays)})
    if kept:
        network.keep_batches(window, [layer for _, layer in kept])
    for age, layer in kept:
        inputs, deltas = (
            expect(arrays, f"{-age}.{layer}.{kind}", "f", (None, None)) for kind in ("inputs", "deltas")
        )
        network.add_signals(layer, inputs, deltas)


def _leader(counters: Any, predictions: Mapping[str, NDArray[Any]], name: str) -> Leader | None:
    if counters is None:
        return None
    found = Predictions.from_arrays(predictions, name)
    if found is None:
        raise KeyError(name)
    criterion, score, epoch = counters
    return Leader(float(criterion), float(score), int(epoch), found)
