"""The table of a study: one row a planned run, one array a column."""

import csv
import importlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import AnalysisError, StoreError
from gossamer.study.axes import get_path, name_of
from gossamer.study.plan import Cell
from gossamer.study.plan.rounds import PlannedRun
from gossamer.study.store import Store
from gossamer.train.canonical import canonical_json
from gossamer.train.readings import READINGS
from gossamer.train.score import Score
from gossamer.train.task import TASKS, Task, task_of


class Table(Mapping[str, NDArray[Any]]):
    """Columns by name, all of the same length; a row is a run that the study has planned.

    Every score of the task has its three readings: accuracy_last, accuracy_selected, accuracy_best_on_test
    of a classification; r2_... and mse_... of a regression; subset_accuracy_... and macro_f1_... of several
    labels. The first score is the one that is analysed.

    =====================================  =============================================================
    an axis by its alias or path           float64 for numbers, bool, or text (JSON for lists and tables)
    block, identity, state                 text; state is finished, diverged, failed, waiting or damaged
    replicate, seed                        int64
    compact                                bool: the run was imported from its compact form
    accuracy_last, _selected,              float64, NaN where there is none; so for every score of the
    _best_on_test                          task
    epoch_last, _selected, _best_on_test   int64, 0 where there is none
    epochs                                 int64, epochs trained
    nnz, density, sparsity                 float64, achieved, over all layers
    persisting_links                       float64
    effective_sparsity                     float64, counting links on a path from an input to an output
    nnz_0, density_0, ...                  float64, achieved, by layer
    flop_training, flop_inference          float64, operations by the formulas of Evci et al. 2020
    exploration                            float64, R_s: part of all positions that ever held a link
    regrown                                float64, part of grown links that undid a drop of their update
    dead_neurons                           float64, hidden neurons on no path
    =====================================  =============================================================

    Attributes
    ----------
    task : Task
        What the networks predict.
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]], task: Task = TASKS["classification"]) -> None:
        self._columns = dict(columns)
        self.task = task

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def score(self) -> Score:
        """The score that is analysed, the first one of the task."""
        return self.task.score

    def reading(self, name: str) -> NDArray[np.float64]:
        """Reading last, selected or best_on_test of `score`, float64 [runs]; better when higher."""
        column: NDArray[np.float64] = self[f"{self.score.name}_{name}"]
        return column if self.score.higher_is_better else -column

    @property
    def n_runs(self) -> int:
        """Number of rows."""
        return len(self._columns["identity"])

    def rows(self) -> list[dict[str, Any]]:
        """Rows as JSON values; a missing number is None."""
        lists = {name: column.tolist() for name, column in self._columns.items()}
        return [{name: _none(values[k]) for name, values in lists.items()} for k in range(self.n_runs)]

    def to_csv(self) -> str:
        """The table as CSV with a header; a missing number is an empty cell."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self._columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows())
        return text.getvalue()

    def to_pandas(self) -> Any:
        """The table as a pandas DataFrame (AnalysisError where pandas is not installed)."""
        try:
            pandas = importlib.import_module("pandas")
        except ImportError as error:
            raise AnalysisError("pandas is not installed; install it or use the table's arrays.") from error
        return pandas.DataFrame(self._columns)


def _none(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


Tables = Callable[[Cell], Mapping[str, Any]]


def build_table(store: Store, runs: Sequence[PlannedRun], axes: Sequence[str], tables: Tables) -> Table:
    """Table of planned runs.

    Parameters
    ----------
    store : Store
        Read only.
    runs : sequence of PlannedRun
        One row each.
    axes : sequence of str
        Paths of the varied fields.
    tables : callable
        From a cell to the tables of its run config; asked about axes that the cell's level does not name.
    """
    finished, failed = set(store.finished()), store.failures()
    task = task_of(tables(runs[0].cell)) if runs else TASKS["classification"]
    rows = [_axis_values(run, axes, tables) | _row(store, run, finished, failed, task) for run in runs]
    measures = _base("", 0, 0, "") | _measures({}, task) | dict.fromkeys(_ACCOUNTING)
    empty = dict.fromkeys(map(name_of, axes)) | measures
    names = dict.fromkeys(name for row in rows or [empty] for name in row)
    return Table({name: _column(name, [row.get(name) for row in rows]) for name in names}, task)


def _axis_values(run: PlannedRun, axes: Sequence[str], tables: Tables) -> dict[str, Any]:
    level = run.cell.level
    config = {} if set(axes) <= set(level) else tables(run.cell)
    return {name_of(path): level[path] if path in level else get_path(config, path) for path in axes}


def _row(
    store: Store, run: PlannedRun, finished: set[str], failed: Mapping[str, Any], task: Task
) -> dict[str, Any]:
    row = _base(run.cell.block, run.cell.replicate, run.cell.seed, run.identity)
    if run.identity in finished:
        try:
            found = store.held(run.identity)
            found.hold_to(run.cell.level)
            row["compact"] = found.manifest.form == "compact"
            return row | _measures(found.summary, task) | _accounting(store, run.identity)
        except StoreError:
            return row | _measures({}, task) | {"state": "damaged"} | dict.fromkeys(_ACCOUNTING)
    state = "failed" if run.identity in failed else "waiting"
    return row | _measures({}, task) | {"state": state} | dict.fromkeys(_ACCOUNTING)


def _base(block: str, replicate: int, seed: int, identity: str) -> dict[str, Any]:
    return {"block": block, "replicate": replicate, "seed": seed, "identity": identity, "compact": False}


_ACCOUNTING = ("flop_training", "flop_inference", "exploration", "regrown", "dead_neurons")


def _accounting(store: Store, identity: str) -> dict[str, Any]:
    """Cost and topology of a published run; None where an older version trained it."""
    found = store.measured(identity).get("accounting") or {}
    flop = found.get("flop") or {}
    values = {"flop_training": flop.get("training"), "flop_inference": flop.get("inference")}
    return values | {name: found.get(name) for name in _ACCOUNTING[2:]}


def _measures(summary: Mapping[str, Any], task: Task) -> dict[str, Any]:
    row: dict[str, Any] = {"state": summary.get("state", "waiting")}
    for score in task.scores:
        readings = summary.get(score.name) or {}
        row |= {f"{score.name}_{name}": (readings.get(name) or {}).get("value") for name in READINGS}
    readings = summary.get(task.score.name) or {}
    for name in READINGS:
        row[f"epoch_{name}"] = (readings.get(name) or {}).get("epoch") or 0
    layers = summary.get("layers") or []
    nnz = sum(layer["nnz"] for layer in layers)
    positions = sum(layer["n_in"] * layer["n_out"] for layer in layers)
    row["epochs"] = summary.get("epochs") or 0
    row["nnz"] = nnz if layers else None
    row["density"] = nnz / positions if layers else None
    row["sparsity"] = 1 - nnz / positions if layers else None
    row["persisting_links"] = summary.get("persisting_links")
    row["effective_sparsity"] = get_path(summary, "paths.end.effective_sparsity")
    for index, layer in enumerate(layers):
        row[f"nnz_{index}"], row[f"density_{index}"] = layer["nnz"], layer["density"]
    return row


_INTEGERS = ("replicate", "seed", "epochs", *(f"epoch_{name}" for name in READINGS))
_TEXTS = ("block", "identity", "state")


def _column(name: str, values: list[Any]) -> NDArray[Any]:
    if name in _INTEGERS:
        return np.array(values, dtype=np.int64)
    if name in _TEXTS:
        return np.array(values, dtype=np.str_)
    if values and all(isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.bool_)
    if all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values
    ):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.array([v if isinstance(v, str) else canonical_json(v) for v in values], dtype=np.str_)
