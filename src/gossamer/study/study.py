"""A study: a question, the runs that answer it, and the folder that they are kept in."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from gossamer.errors import AnalysisError, ConfigError
from gossamer.study.axes import name_of
from gossamer.study.config import StudyConfig
from gossamer.study.digest import Digest, digest
from gossamer.study.driver import Summary, drive
from gossamer.study.executor import Executor, LocalExecutor
from gossamer.study.files import read_json
from gossamer.study.planning import Planner
from gossamer.study.presets import study_preset, study_presets
from gossamer.study.progress import Silent, reporter_for
from gossamer.study.rounds import PlannedRun
from gossamer.study.runner import find_runner
from gossamer.study.samples import curves_of, main_axis, sample_of
from gossamer.study.status import Status, read_status
from gossamer.study.store import Store
from gossamer.study.table import Table, build_table, read_summary
from gossamer.study.transfer import Transfer, export_study, import_study
from gossamer.train.arrays import Arrays
from gossamer.train.build import available_cores

DEFAULT_RUNNER = "gossamer.study.training"
STUDIES = Path("studies")


class Study:
    """A study and its folder.

    Parameters
    ----------
    config : StudyConfig
    folder : Path, optional
        Where its runs are kept; ``studies/NAME`` in the current folder if not given.
    runner : str
        Name of the module that knows and trains runs.
    """

    def __init__(
        self, config: StudyConfig, folder: str | Path | None = None, *, runner: str = DEFAULT_RUNNER
    ) -> None:
        self.config = config
        self.folder = Path(folder) if folder is not None else STUDIES / config.name
        self.store = Store(self.folder)
        self._runner = runner

    @classmethod
    def load(
        cls, source: str | Path, *, folder: str | Path | None = None, runner: str = DEFAULT_RUNNER
    ) -> "Study":
        """Study of a TOML file, of a study's folder, or of a preset's name.

        Parameters
        ----------
        source : str or Path
            A path that exists is taken as one; else ``digits``, ``paper`` ... name a preset.
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
        settled = {*self.store.finished(), *self.store.failures()}
        return read_status(
            self.store,
            planner.stored(),
            name=config.name,
            question=config.question,
            reproducible=config.reproducible,
            design=planner.explain(settled.__contains__),
        )

    def table(self) -> Table:
        """One row a planned run, one array a column; see `Table`."""
        planner = self._planner()
        runs = {run.identity: run for runs in planner.stored() for run in runs}
        return build_table(self.store, list(runs.values()), self.config.axis_paths(), planner.run_tables)

    def summary(self, identity: str) -> dict[str, Any]:
        """result/summary.json of a finished run, held to its hash (StoreError if missing or damaged)."""
        return read_summary(self.store, identity)

    def arrays(self, identity: str, kind: str) -> Arrays:
        """Arrays history, predictions, structure or network of a finished run; see `Store.arrays`."""
        return self.store.arrays(identity, kind)

    def digest(self) -> Digest:
        """One hash over the results of all finished runs (StoreError if one is damaged)."""
        return digest(self.store)

    def axes(self) -> list[str]:
        """Names of the varied fields as the table has them."""
        return [name_of(path) for path in self.config.axis_paths()]

    def curves(self, axis: str | None = None) -> list[dict[str, Any]]:
        """Levels of the other axes for every curve along an axis: what `where` may be."""
        table = self.table()
        return curves_of(table, self.axes(), self._axis(table, axis))

    def sample(
        self, axis: str | None = None, *, where: Mapping[str, Any] | None = None, reading: str | None = None
    ) -> Any:
        """Runs of one curve of the study: a `gossamer.analysis.Sample`.

        Parameters
        ----------
        axis : str, optional
            Alias or path of the axis; the study's own, else the one with most levels.
        where : mapping, optional
            Levels of the other axes; may be left out where there is only one choice.
        reading : str, optional
            selected, last or best_on_test; `selected` where there are validation samples if not given.

        Raises
        ------
        AnalysisError
            If the runs make no such curve.
        """
        table = self.table()
        name = self._axis(table, axis)
        curves = curves_of(table, self.axes(), name)
        if where is None and len(curves) > 1:
            raise AnalysisError(
                f"The study has {len(curves)} curves along {name}; choose one, as {curves[0]}."
            )
        return sample_of(
            self.store,
            table,
            axis=name,
            where=curves[0] if where is None else where,
            reading=reading or self.config.analysis.get("reading"),
            seeds=self.config.seeds,
            harder=self.config.analysis.get("harder"),
        )

    def analyse(
        self, axis: str | None = None, *, where: Mapping[str, Any] | None = None, reading: str | None = None
    ) -> Any:
        """Levels, plateau, contour and laws of one curve (`Findings`); parameters as in `sample`."""
        from gossamer.analysis import analyse
        from gossamer.analysis.settings import settings_of

        settings = settings_of(self.config.analysis)
        return analyse(self.sample(axis, where=where, reading=reading), settings)

    def contour(self, axis: str | None = None, **choice: Any) -> Any:
        """Plateau, contour, classes of levels of one curve (`CurveFindings`); parameters as in `sample`."""
        view = self.analyse(axis, **choice).everything
        if view.curve is None:
            raise AnalysisError(" ".join(view.notes) or "The runs do not determine a contour.")
        return view.curve

    def law(self, name: str | None = None, axis: str | None = None, **choice: Any) -> Any:
        """The law of this name, or that which predicts best (`LawFindings`); parameters as in `sample`."""
        view = self.analyse(axis, **choice).everything
        found = view.laws[0] if name is None and view.laws else view.law(name or "")
        if found is None:
            raise AnalysisError(" ".join(view.notes) or f"There is no fitted law {name!r}.")
        return found

    def report(self, path: str | Path | None = None) -> Any:
        """Write page, figures and tables (`Report`) to a folder, by default ``report`` in the study's."""
        from gossamer.report import write_report

        return write_report(self, path)

    def _axis(self, table: Table, axis: str | None) -> str:
        return name_of(axis or self.config.analysis.get("axis") or main_axis(table, self.axes()))

    def export(self, target: str | Path) -> Transfer:
        """Write the study and its finished runs in a compact form into a folder; see `transfer`."""
        return export_study(self.store, Path(target))

    def import_from(self, source: str | Path) -> Transfer:
        """Take over finished runs from a compact form, so that they are not trained again; see `transfer`."""
        with self.store.lock():
            return import_study(self.store, Path(source))

    def _planner(self) -> Planner:
        return Planner(self.config, self.store, find_runner(self._runner))


def find_studies(folder: Path = STUDIES) -> list[Path]:
    """Folders of studies below a folder, sorted."""
    return sorted(path.parent for path in folder.glob("*/study.json"))
