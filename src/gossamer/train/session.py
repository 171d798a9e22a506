"""Training a run from wherever it is to its end."""

import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from gossamer.data import DataConfig, Dataset, load_dataset, understood
from gossamer.errors import StoreError
from gossamer.evolve import Clock
from gossamer.lock import Lock
from gossamer.topology import check_paths
from gossamer.train.accounting import accounting_of
from gossamer.train.batches import Batches
from gossamer.train.build import first_network, first_patterns, instruction_class, layer_sizes, threads
from gossamer.train.checkpoint import FILE, CheckpointHeader, write_checkpoint
from gossamer.train.config import RunConfig
from gossamer.train.history import Evaluation, History
from gossamer.train.identity import identity, scaled_checksum
from gossamer.train.loop import Loop
from gossamer.train.machine import attempt_facts
from gossamer.train.memory import check_memory
from gossamer.train.progress import Progress
from gossamer.train.readings import EpochScore, Leader, Predictions, Readings
from gossamer.train.record import load, refuse_foreign, stored_identity, write_run
from gossamer.train.resume import resume
from gossamer.train.run import DataFacts, Outcome, Run
from gossamer.train.services import update_flop
from gossamer.train.state import RunState
from gossamer.train.summary import paths_of

Listener = Callable[[Progress], None]


def train(
    config: RunConfig,
    data: Dataset | None = None,
    *,
    folder: str | Path | None = None,
    data_dir: Path | None = None,
    progress: Listener | None = None,
    stop: Callable[[], bool] | None = None,
) -> Run:
    """Train a run, or go on with it where an earlier attempt was stopped.

    Parameters
    ----------
    config : RunConfig
    data : Dataset, optional
        Instead of the data set that `config` names. If it was loaded with another `DataConfig`, the run
        records that one; for arrays in memory it records their name, and its identity covers their scaling.
    folder : str or Path, optional
        Where checkpoints and the result are written. A finished run there with the same identity is read,
        not trained again; an unfinished one is gone on with, and ends in the same bytes as if it had never
        stopped. A finished run with fewer epochs is extended if it kept its checkpoint
        (``execution.keep_checkpoint``) and nothing in it depends on the number of epochs.
    data_dir : Path, optional
        Folder with data sets; see `gossamer.data.load_dataset`.
    progress : callable, optional
        Called with a `Progress` after every short piece of work.
    stop : callable, optional
        Asked after every short piece of work; once it returns True the run is saved and given back as it is.

    Returns
    -------
    Run

    Raises
    ------
    ConfigError, DataError, TopologyError
        If the run cannot be: a value, the data or the topology does not fit.
    StoreError
        If the folder holds another run, the run of the other engine, or a damaged one, or cannot be written.
    """
    dataset = data or load_dataset(config.data, data_dir=data_dir, seed=config.seed_of("data"))
    if progress is None:
        for note in understood(dataset).notes:
            warnings.warn(note, stacklevel=3)
    config, checksum = _with_data(config, dataset)
    run_identity = identity(config, checksum)
    path = None if folder is None else Path(folder)
    if path is not None and stored_identity(path) == run_identity:
        return _finished(path, config)
    with threads(config) as count, nullcontext() if path is None else _sole_user(path):
        if path is not None and stored_identity(path) == run_identity:
            return _finished(path, config)
        if path is not None:
            refuse_foreign(path)
        check_memory(config, layer_sizes(config, dataset))
        session = _Session(config, dataset, checksum, run_identity, path, progress)
        session.begin(count)
        return session.carry_out(stop or (lambda: False))


def _sole_user(folder: Path) -> Lock:
    """Lock that keeps other processes from training in the same folder."""
    held = f"{folder} is in use by {{holder}}, which trains there; wait for it, or choose another folder."
    return Lock(folder / ".gossamer-lock", held, keep=False)


def _with_data(config: RunConfig, dataset: Dataset) -> tuple[RunConfig, str]:
    """The config with the data set that is really used, and the checksum that tells it from all others."""
    if dataset.config == config.data.without_folders():
        return config, dataset.checksum
    if dataset.config is not None:
        return config.with_data(dataset.config), dataset.checksum
    # The parts are given, so the fields of a split stand at the same values for all arrays.
    named = DataConfig(
        name=dataset.name, scaling="none", task=dataset.task, test_fraction=0.5, validation_samples=0
    )
    return config.with_data(named), scaled_checksum(dataset)


def _finished(folder: Path, config: RunConfig) -> Run:
    """The finished run of a folder; its bits may be those of another CPU, but not of the other engine."""
    run = load(folder)
    own = instruction_class(config)
    if run.instruction_class != own and "reference" in (run.instruction_class, own):
        raise StoreError(
            f"{folder} holds this run as {run.instruction_class!r} arithmetic made it, and {own!r}, which is "
            "asked for, rounds differently; choose another folder."
        )
    return run


def _never_updated(config: RunConfig, clock: Clock) -> str:
    """A sentence for a method that changes the topology but gets no occasion to in this run; else empty."""
    method = config.method
    if method.drop is None or method.next_update(0, clock) is not None:
        return ""
    return (
        f"The method {method.name!r} never changes the topology of this run: no update falls into its "
        f"{clock.total_steps} steps; set method.when.every."
    )


class _Session:
    """One attempt at a run."""

    def __init__(
        self,
        config: RunConfig,
        dataset: Dataset,
        checksum: str,
        run_identity: str,
        folder: Path | None,
        listener: Listener | None,
    ) -> None:
        self._config, self._dataset, self._folder = config, dataset, folder
        self._checksum, self._identity, self._listener = checksum, run_identity, listener
        self._attempts: list[dict[str, Any]] = []
        self._began = self._saved = time.monotonic()

    def begin(self, thread_count: int) -> None:
        """Make network and state: as an earlier attempt left them if there was one, else as a run starts."""
        config, dataset = self._config, self._dataset
        steps = Batches.of(config, len(dataset.train)).steps
        update_flop(config, layer_sizes(config, dataset))
        patterns = first_patterns(config, dataset)
        densities = config.method.start.densities(layer_sizes(config, dataset))
        self._paths = check_paths(patterns, densities, require=config.require_paths)
        earlier = None if self._folder is None else resume(self._folder, config, self._checksum, dataset)
        if earlier is not None and earlier.network is not None and earlier.state is not None:
            network, state = earlier.network, earlier.state
        else:
            network, state = first_network(config, patterns), RunState.start(steps, len(patterns))
        self._loop = Loop(config, dataset, network, state)
        facts = attempt_facts(thread_count, self._loop.progress().step)
        self._attempts = [*(earlier.attempts if earlier else ()), facts]
        never = _never_updated(config, self._loop.clock)
        for message in (earlier.restart if earlier else "", self._paths.warning, never):
            if message:
                self._tell(message)

    def carry_out(self, stop: Callable[[], bool]) -> Run:
        """Train to the end or until stopped, and write what belongs into the folder."""
        loop = self._loop
        outcome = loop.run(self._after_piece, stop)
        keep = self._config.execution.keep_checkpoint and outcome == "finished"
        if outcome == "interrupted" or keep:
            self._save()
        last = loop.finish() if outcome == "finished" else None
        run = self._run(outcome, last)
        if outcome == "interrupted":
            return run
        explored = None if loop.state.explored is None else [len(ever) for ever in loop.state.explored]
        run = replace(run, measured={**run.measured, "accounting": accounting_of(run, explored)})
        if self._folder is None:
            return run
        write_run(run, self._folder)
        for name in () if keep else (FILE,):
            (self._folder / name).unlink(missing_ok=True)
        return run

    def _tell(self, message: str) -> None:
        if self._listener is None:
            warnings.warn(message, stacklevel=4)
        else:
            self._listener(self._loop.progress(message))

    def _after_piece(self) -> None:
        if self._listener is not None:
            self._listener(self._loop.progress())
        if self._loop.state.diverged is not None:
            return  # a checkpoint does not tell, and the run ends here
        if time.monotonic() - self._saved >= self._config.execution.checkpoint_seconds:
            self._save()

    def _save(self) -> None:
        if self._folder is None:
            return
        header = CheckpointHeader(
            identity=self._identity,
            epochs=self._config.training.epochs,
            instruction_class=instruction_class(self._config),
            attempts=self._timed_attempts(),
        )
        write_checkpoint(self._folder, header, self._loop.network, self._loop.state)
        self._saved = time.monotonic()

    def _timed_attempts(self) -> list[dict[str, Any]]:
        seconds = round(time.monotonic() - self._began, 3)
        return [*self._attempts[:-1], {**self._attempts[-1], "seconds": seconds}]

    def _run(self, outcome: Outcome, last: tuple[Evaluation, Predictions] | None) -> Run:
        loop, state = self._loop, self._loop.state
        positions = [pattern.n_in * pattern.n_out for pattern in loop.network.patterns]
        validation = self._dataset.validation is not None
        scores, predictions = self._scores(last)
        return Run(
            config=self._config,
            identity=self._identity,
            state=outcome,
            network=loop.network,
            history=History.of(state.records, positions, validation=validation, task=loop.task),
            scores=scores,
            predictions=predictions,
            snapshots=tuple(state.snapshots),
            paths=paths_of(self._paths, loop.network),
            data=DataFacts.of(self._dataset),
            scaling=self._dataset.scaling,
            target_scaling=self._dataset.target_scaling,
            fill=self._dataset.fill,
            diverged_epoch=state.diverged,
            instruction_class=instruction_class(self._config),
            measured={"attempts": self._timed_attempts(), "epoch_seconds": vars(state.times)},
            warnings=(self._paths.warning,) if self._paths.warning else (),
            folder=self._folder,
        )

    def _scores(
        self, last: tuple[Evaluation, Predictions] | None
    ) -> tuple[dict[str, Readings], dict[str, Predictions]]:
        """The three readings of every score, and their predictions; none before an epoch is evaluated."""
        state = self._loop.state
        best, selected = state.leaders.best_on_test, state.leaders.selected
        if best is None or state.last is None:
            return {}, {}
        record = state.records[-1]
        evaluation, predictions = last or (record.test, state.last)
        by_name = {"last": predictions, "best_on_test": best.predictions}
        if selected is not None:
            by_name["selected"] = selected.predictions

        def of(leader: Leader, name: str) -> EpochScore:
            return EpochScore(state.records[leader.epoch - 1].test.scores[name], leader.epoch)

        readings = {
            name: Readings(
                EpochScore(value, record.epoch), of(selected, name) if selected else None, of(best, name)
            )
            for name, value in evaluation.scores.items()
        }
        return readings, by_name
