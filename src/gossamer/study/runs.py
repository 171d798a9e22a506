"""The runs of a study: planned, trained, kept in a folder, looked up and copied."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from rich.console import Console

from gossamer.errors import ConfigError
from gossamer.files import read_json
from gossamer.study.axes import name_of
from gossamer.study.config import StudyConfig
from gossamer.study.drive.driver import Summary, drive
from gossamer.study.drive.executor import Executor, LocalExecutor
from gossamer.study.drive.progress import Silent, reporter_for
from gossamer.study.plan.planner import Planner
from gossamer.study.plan.policies import POLICIES, Policies
from gossamer.study.plan.rounds import PlannedRun
from gossamer.study.presets import study_preset, study_presets
from gossamer.study.runner import find_runner
from gossamer.study.status import Status, read_status
from gossamer.study.store import Digest, Store
from gossamer.study.store.transfer import Transfer, export_study, import_study
from gossamer.study.table import Table, build_table
from gossamer.train.arrays import Arrays
from gossamer.train.build import available_cores

DEFAULT_RUNNER = "gossamer.study.training"
STUDIES = Path("studies")


class StudyRuns:
    """The runs of a study and their folder; `gossamer.Study` also knows what they show.

    Parameters
    ----------
    config : StudyConfig
    folder : Path, optional
        Where its runs are kept; ``studies/NAME`` in the current folder if not given.
    runner : str
        Name of the module that knows and trains runs.
    policies : mapping of str to Policy
        Ways of finding levels that the study may name.

    Raises
    ------
    ConfigError
        If what the study tells its policy does not fit.
    """

    def __init__(
        self,
        config: StudyConfig,
        folder: str | Path | None = None,
        *,
        runner: str = DEFAULT_RUNNER,
        policies: Policies = POLICIES,
    ) -> None:
        self.config = config
        self.folder = Path(folder) if folder is not None else STUDIES / config.name
        self.store = Store(self.folder, find_runner(runner).identity_of)
        self._runner = runner
        self._policies = policies
        policy = policies.get(config.refinement.policy)
        if policy is not None and policy.check is not None:
            policy.check(config)

    @classmethod
    def load(
        cls, source: str | Path, *, folder: str | Path | None = None, runner: str = DEFAULT_RUNNER
    ) -> Self:
        """Study of a TOML file, of a study's folder, or of a preset's name.

        Parameters
        ----------
        source : str or Path
            A path that exists is taken as one; else ``digits``, ``paper`` ... name a preset, and other names
            a folder below ``studies/``.
        folder : str or Path, optional
            Where the runs are kept. A study's folder keeps its own.
        runner : str
            Name of the module that knows and trains runs.

        Raises
        ------
        ConfigError
            If there is no such study, or it is not valid.
        StoreError
            If the folder's own record of the study is damaged.
        """
        path = Path(source)
        if (path / "study.json").is_file():
            record = read_json(path / "study.json")
            return cls(
                StudyConfig.from_mapping(record, str(path / "study.json")), folder or path, runner=runner
            )
        if path.is_file():
            return cls(StudyConfig.from_file(path), folder, runner=runner)
        if str(source) in study_presets():
            return cls(study_preset(str(source)), folder, runner=runner)
        if (STUDIES / path / "study.json").is_file():
            return cls.load(STUDIES / path, folder=folder, runner=runner)
        raise ConfigError(
            f"{source} is neither a study file, nor a study's folder, nor one of the presets "
            f"{', '.join(study_presets())}."
        )

    def run(
        self,
        *,
        workers: int | None = None,
        executor: Callable[[], Executor] | None = None,
        console: Console | None = None,
        only_failed: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> Summary:
        """Train what is missing; what is finished is never trained again.

        Ctrl-C saves the runs in training and returns; calling it again goes on where they were.

        Parameters
        ----------
        workers : int, optional
            Processes at a time, one thread each; one a core if not given.
        executor : callable, optional
            Makes another place for the runs than local processes; `workers` is not used then.
        console : Console, optional
            Where progress is shown; nowhere if not given.
        only_failed : bool
            Train only the runs that failed before.
        stop : callable, optional
            Asked several times a second; when it says True the study saves itself as at Ctrl-C.

        Returns
        -------
        Summary

        Raises
        ------
        StoreError
            If another driver is at work in the folder, or the disk is full.
        ConfigError, DataError
            If a run of the plan is not valid.
        """
        count = workers or available_cores()
        return drive(
            self.config,
            self.store,
            self._planner(),
            self._runner,
            executor or (lambda: LocalExecutor(count)),
            Silent() if console is None else reporter_for(console),
            only_failed=only_failed,
            stop=stop,
        )

    def rounds(self) -> list[list[PlannedRun]]:
        """Planned runs of each stored round; before the first run of the study there are none."""
        return self._planner().stored()

    def preview(self) -> list[PlannedRun]:
        """Runs of the first round; nothing is stored or trained."""
        return self._planner().preview()

    def status(self) -> Status:
        """What is done, running, waiting and failed."""
        config, planner = self.config, self._planner()
        rounds = planner.stored()
        settled = {*self.store.finished(), *self.store.failures()}
        return read_status(
            self.store,
            rounds,
            name=config.name,
            question=config.question,
            reproducible=config.reproducible,
            design=planner.explain(settled.__contains__),
            score=planner.task([run for runs in rounds for run in runs]).score,
        )

    def table(self) -> Table:
        """One row a planned run, one array a column; see `Table`."""
        planner = self._planner()
        runs = {run.identity: run for runs in planner.stored() for run in runs}
        return build_table(self.store, list(runs.values()), self.config.axis_paths(), planner.run_tables)

    def summary(self, identity: str) -> dict[str, Any]:
        """result/summary.json of a finished run, held to its hash (StoreError if missing or damaged)."""
        return self.store.summary(identity)

    def arrays(self, identity: str, kind: str) -> Arrays:
        """Arrays history, predictions, structure or network of a finished run; see `Store.arrays`."""
        return self.store.arrays(identity, kind)

    def digest(self) -> Digest:
        """One hash over the results of the finished runs of the current plan, and which runs lie outside it.

        Raises
        ------
        StoreError
            If a run of the plan, or the plan, is damaged.
        """
        return self.store.digest({run.identity for runs in self._planner().stored() for run in runs})

    def axes(self) -> list[str]:
        """Names of the varied fields as the table has them."""
        return [name_of(path) for path in self.config.axis_paths()]

    def export(self, target: str | Path) -> Transfer:
        """Write the study and its finished runs in a compact form into a folder; see `transfer`."""
        return export_study(self.store, Path(target))

    def import_from(self, source: str | Path) -> Transfer:
        """Take over finished runs from a compact form, so that they are not trained again; see `transfer`."""
        with self.store.lock():
            return import_study(self.store, Path(source))

    def _planner(self) -> Planner:
        return Planner(self.config, self.store, find_runner(self._runner), self._policies)


def find_studies(folder: Path = STUDIES) -> list[Path]:
    """Folders of studies below a folder, sorted."""
    return sorted(path.parent for path in folder.glob("*/study.json"))
