"""What has to hold of a checkpoint before a run goes on from it."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt

from gossamer.data import Dataset
from gossamer.files import Stored
from gossamer.train.batches import Batches
from gossamer.train.build import AnyNetwork, layer_sizes
from gossamer.train.config import RunConfig
from gossamer.train.history import MOST_MOVED
from gossamer.train.state import RunState
from gossamer.train.task import TASKS

_Leader = Annotated[list[FiniteFloat], Field(min_length=3, max_length=3)]  # criterion, score, epoch


class StoredHeader(Stored):
    """See `gossamer.train.checkpoint.CheckpointHeader`."""

    identity: str
    epochs: PositiveInt
    instruction_class: str
    attempts: list[dict[str, Any]]


class StoredCounters(Stored):
    """Epoch and step of the run, and the epochs that lead."""

    epoch: NonNegativeInt
    position: NonNegativeInt
    update_due: bool
    selected: _Leader | None
    best_on_test: _Leader | None


def misfits(config: RunConfig, dataset: Dataset, network: AnyNetwork, state: RunState) -> Iterator[str]:
    """What in a checkpoint is not that of a run with this config and data, in words; nothing if all is."""
    sizes = layer_sizes(config, dataset)
    if tuple(network.sizes) != sizes:
        yield f"its layers have {list(network.sizes)} neurons, and those of the run {list(sizes)}"
        return
    yield from _position(config, dataset, state)
    yield from _records(config, dataset, state, [n * m for n, m in pairwise(sizes)])
    yield from _leaders(dataset, state)
    layers = len(sizes) - 1
    for name, counts in vars(state.moved).items():
        if counts.shape != (layers,) or counts.dtype != np.int64 or (counts < 0).any():
            yield f"it has no counts of {name} links for {layers} layers"
        elif (counts > MOST_MOVED).any():
            yield f"it has more {name} links than a run can have"
    if any(len(found.after.links) != sizes[0] or found.epoch > state.epoch + 1 for found in state.snapshots):
        yield "its snapshots are of other layers or of later epochs"
    positions = [n * m for n, m in pairwise(sizes)]
    for ever, most in zip(state.explored or (), positions, strict=False):
        found = ever.positions()
        if len(found) and int(found[-1]) >= most:
            yield "it tells of links beyond a layer"
    ended = state.epoch + (not state.update_due)
    if any(len(seconds) != ended for seconds in vars(state.times).values()):
        yield f"it has no times of {ended} epochs"
    if any(array.dtype.kind not in "biuf" or not np.isfinite(array).all() for array in state.memory.values()):
        yield "what its method remembers is no finite number"


def _position(config: RunConfig, dataset: Dataset, state: RunState) -> Iterator[str]:
    batches = Batches.of(config, len(dataset.train))
    if state.epoch > config.training.epochs or state.position > batches.steps:
        yield f"it stands at epoch {state.epoch}, step {state.position}, which the run does not have"
    if state.update_due and (state.position or not state.epoch):
        yield "an update is due before its epoch has ended"
    losses, correct = state.losses, state.correct
    if losses.shape != (batches.steps,) or losses.dtype != np.float64 or not np.isfinite(losses).all():
        yield f"it has no finite loss for each of {batches.steps} steps"
    if correct.shape != (batches.steps,) or correct.dtype != np.int64:
        yield f"it has no number of correct samples for each of {batches.steps} steps"
    elif correct.size and (correct.min() < 0 or correct.max() > config.training.batch_size):
        yield "it has more correct samples than a batch has"


def _records(config: RunConfig, dataset: Dataset, state: RunState, positions: list[int]) -> Iterator[str]:
    if len(state.records) != state.epoch:
        yield f"it stands at epoch {state.epoch}, and its history has {len(state.records)}"
    names = {"loss", *(score.name for score in TASKS[dataset.task].scores)}
    for record in state.records[:1]:
        found = [part for part in (record.test, record.validation) if part is not None]
        if any(part.values.keys() != names for part in found):
            yield "its history has other scores than the run"
        if (record.validation is None) != (dataset.validation is None):
            yield "its history was evaluated on other parts of the data"
        if len(record.links.nnz) != len(positions):
            yield f"its history is not one of {len(positions)} layers"


def _leaders(dataset: Dataset, state: RunState) -> Iterator[str]:
    leaders = state.leaders
    if (leaders.best_on_test is None) != (state.epoch == 0):
        yield "it has no best epoch"
    held_out = dataset.validation is not None and state.epoch > 0
    if (leaders.selected is not None) != held_out:
        yield "its selected epoch is not one of the run"
    known = [leader for leader in vars(leaders).values() if leader is not None]
    if any(not 1 <= leader.epoch <= state.epoch for leader in known):
        yield "its best epochs are not among those of the run"
    samples = {name: len(split) for name, split in dataset.parts().items()}
    classes = dataset.n_classes if dataset.task == "classification" else 0
    for found in (state.last, *(leader.predictions for leader in known)):
        if found is not None and not found.fits(samples, classes):
            yield "its predictions are not those of the run's data"
            return
