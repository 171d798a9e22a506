"""Going on with a run: whether the checkpoint in its folder may be used, and why not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.data import Dataset
from gossamer.errors import StoreError
from gossamer.train.build import AnyNetwork, instruction_class
from gossamer.train.checkpoint import FILE, Checkpoint, CheckpointError, for_longer_run, read_checkpoint
from gossamer.train.config import RunConfig
from gossamer.train.identity import identity
from gossamer.train.record import stored_identity
from gossamer.train.state import RunState


@dataclass(frozen=True)
class Resumed:
    """What an earlier attempt left: `network` and `state` to go on with, or a `restart` sentence why not."""

    attempts: list[dict[str, Any]]
    network: AnyNetwork | None = None
    state: RunState | None = None
    restart: str = ""


def resume(folder: Path, config: RunConfig, checksum: str, dataset: Dataset) -> Resumed | None:
    """What an earlier attempt at a run left in its folder, or None if it left nothing.

    Parameters
    ----------
    folder : Path
    config : RunConfig
    checksum : str
        Checksum of the data set.
    dataset : Dataset

    Raises
    ------
    StoreError
        If the folder holds another run, or a checkpoint that cannot be read.
    """
    checkpoint = read_checkpoint(folder)
    if checkpoint is None:
        _refuse_other_result(folder)
        return None
    header = checkpoint.header
    _check_same_run(folder, checkpoint, config, checksum)
    own = instruction_class(config)
    if header.instruction_class != own:
        return Resumed(
            header.attempts,
            restart=f"The run starts again: its checkpoint was made with {header.instruction_class!r} "
            f"arithmetic, and this process has {own!r}, which rounds differently.",
        )
    try:
        network, state = checkpoint.restore(config, dataset)
    except StoreError as error:
        sentence = str(error).rstrip(".")
        raise CheckpointError(
            f"{folder / FILE} cannot be gone on with: {sentence}; delete it to start the run again."
        ) from error
    if header.epochs != config.training.epochs:
        state = for_longer_run(state, config)
    return Resumed(header.attempts, network, state)


def _refuse_other_result(folder: Path) -> None:
    stored = stored_identity(folder)
    if stored is not None:
        raise StoreError(
            f"{folder} holds another finished run ({stored[:12]}); choose another folder. A run can be "
            "extended to more epochs only if it was trained with execution.keep_checkpoint = true."
        )


def _check_same_run(folder: Path, checkpoint: Checkpoint, config: RunConfig, checksum: str) -> None:
    header = checkpoint.header
    epochs = config.training.epochs
    training = config.training.model_copy(update={"epochs": header.epochs})
    if identity(config.model_copy(update={"training": training}), checksum) != header.identity:
        raise StoreError(
            f"{folder / FILE} belongs to another run ({header.identity[:12]}); choose another folder, or "
            "delete that file to start this run there."
        )
    if header.epochs == epochs:
        return
    if not config.extendable:
        raise StoreError(
            f"{folder} holds this run with {header.epochs} epochs, and it cannot be made {epochs}: its "
            "schedules depend on the number of epochs; choose another folder."
        )
    if checkpoint.counters.get("epoch", 0) > epochs:
        raise StoreError(
            f"{folder} holds this run after {checkpoint.counters['epoch']} epochs, and {epochs} are asked "
            "for; choose another folder."
        )
