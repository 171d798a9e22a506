"""The runner that trains: from a config to its identity and cost, and to a finished run folder."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from gossamer.data import DataConfig, Dataset, load_dataset
from gossamer.errors import StoreError
from gossamer.study.runner import Report, RunFacts, Stop, UnusableFolderError
from gossamer.train.build import layer_sizes
from gossamer.train.checkpoint import CheckpointError, read_checkpoint
from gossamer.train.config import RunConfig
from gossamer.train.identity import identities, without_absent
from gossamer.train.overrides import with_tables
from gossamer.train.presets import preset
from gossamer.train.problems import validated
from gossamer.train.progress import Progress
from gossamer.train.record import stored_identity
from gossamer.train.session import train
from gossamer.train.stored_summary import result_identity
from gossamer.train.task import stored_targets


def resolve(base: str | Mapping[str, Any] | None, layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """See `gossamer.study.runner.Runner`."""
    if isinstance(base, Mapping):
        config = validated(RunConfig, base)
    else:
        config = RunConfig() if base is None else preset(base)
    for layer in layers:
        config = with_tables(config, layer) if layer else config
    return config.model_dump(mode="json")


def base_tables(base: str | None) -> dict[str, Any]:
    """See `gossamer.study.runner.Runner`."""
    return without_absent(RunConfig() if base is None else preset(base))


def describe(tables: Mapping[str, Any], seeds: Sequence[int]) -> list[RunFacts]:
    """See `gossamer.study.runner.Runner`."""
    config = validated(RunConfig, tables)
    if config.seeds.data is None and len(seeds) > 1:
        # Every seed splits or generates the data in its own way.
        return [facts for seed in seeds for facts in describe({**tables, "seed": seed}, [seed])]
    dataset = _dataset_of(config)
    sizes = layer_sizes(config, dataset)
    densities = config.method.start.densities(sizes)
    links = sum(d * n * m for d, n, m in zip(densities, sizes[:-1], sizes[1:], strict=True))
    epochs = config.training.epochs
    cost = links * len(dataset.train) * epochs
    found = identities(config, dataset.checksum, seeds)
    return [RunFacts(identity, cost, epochs, dataset.checksum) for identity in found]


def config_of(tables: Mapping[str, Any]) -> str:
    """See `gossamer.study.runner.Runner`."""
    return json.dumps(_single_threaded(validated(RunConfig, tables)).model_dump(mode="json"))


def identity_of(config: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """See `gossamer.study.runner.Runner`."""
    return result_identity(config, summary)


def labels(tables: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """See `gossamer.study.runner.Runner`."""
    dataset = _dataset_of(validated(RunConfig, tables))
    parts = {name: split for name, split in dataset.parts().items() if name != "train"}
    return {name: stored_targets(split.labels, dataset.n_classes) for name, split in parts.items()}


def run_one(config: str, folder: Path, *, report: Report, stop: Stop) -> str:
    """See `gossamer.study.runner.Runner`."""
    checked = validated(RunConfig, json.loads(config))
    _check_leftovers(folder)
    messages: list[str] = []

    def listen(progress: Progress) -> None:
        if progress.message:
            messages.append(progress.message)
        report(progress.epoch, progress.epochs, progress.validation, loss=progress.loss)

    try:
        run = train(checked, _dataset_of(checked), folder=folder, progress=listen, stop=stop)
    except CheckpointError as error:
        raise UnusableFolderError(str(error)) from error
    # Warnings stand in the run's summary; what is left is about this attempt.
    for message in messages:
        if message not in run.warnings:
            report(len(run.history), checked.training.epochs, None, message)
    return run.state


def _check_leftovers(folder: Path) -> None:
    try:
        read_checkpoint(folder)
        stored_identity(folder)
    except StoreError as error:
        if isinstance(error.__cause__, OSError):
            raise
        raise UnusableFolderError(str(error)) from error


def _single_threaded(config: RunConfig) -> RunConfig:
    """The config with one thread, unless it says otherwise: runs of a study go side by side."""
    if config.execution.threads is not None:
        return config
    return config.model_copy(update={"execution": config.execution.model_copy(update={"threads": 1})})


def _dataset_of(config: RunConfig) -> Dataset:
    return _load(config.data, config.seed_of("data"))


@lru_cache(maxsize=4)
def _load(data: DataConfig, seed: int) -> Dataset:
    """Data set of a config; a worker's next run most often has the same one."""
    return load_dataset(data, seed=seed)
