"""The curves of a study: which runs lie on them, and what the analysis finds there."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.assemble import analyse
from gossamer.analysis.axis import Axis
from gossamer.analysis.findings import Findings
from gossamer.analysis.levels.sample import Sample
from gossamer.analysis.settings import settings_of
from gossamer.errors import AnalysisError, StoreError
from gossamer.study.axes import name_of
from gossamer.study.runs import StudyRuns
from gossamer.study.store import Store
from gossamer.study.table import Table
from gossamer.train.readings import READINGS
from gossamer.train.score import Score


def main_axis(table: Table, names: Sequence[str]) -> str:
    """The axis along which a study is analysed unless it says otherwise: the numeric one with most levels.

    Raises
    ------
    AnalysisError
        If no axis has numbers.
    """
    numeric = [name for name in names if table[name].dtype.kind == "f"]
    if not numeric:
        raise AnalysisError("The study has no numeric axis, so nothing can be read as a curve.")
    return max(numeric, key=lambda name: len(np.unique(table[name])))


def curves_of(table: Table, names: Sequence[str], axis: str) -> list[dict[str, Any]]:
    """One choice of the other axes' levels for every curve along `axis`, in the order of the table.

    Runs without a level on the axis, such as static ones where zeta is studied, are on no curve.
    """
    others = [name for name in names if name != axis]
    rows = np.flatnonzero(_has_level(table, axis))
    seen: dict[tuple[Any, ...], dict[str, Any]] = {}
    for values in zip(*(table[name][rows].tolist() for name in others), strict=True):
        seen.setdefault(values, dict(zip(others, values, strict=True)))
    return list(seen.values()) if others else [{}]


def rows_where(table: Table, where: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Rows whose axes have these levels, bool [runs] (AnalysisError: no such axis, or no such rows)."""
    chosen = np.ones(table.n_runs, dtype=np.bool_)
    for name, value in where.items():
        chosen &= _column(table, name) == value
    if not chosen.any():
        asked = ", ".join(f"{name} = {value}" for name, value in where.items())
        raise AnalysisError(f"The study has no run with {asked or 'any level'}.")
    return chosen


def choose_reading(table: Table, chosen: NDArray[np.bool_]) -> str:
    """`selected` where the runs have validation samples, else the paper's `best_on_test`."""
    found = np.isfinite(table.reading("selected")[chosen]).any()
    return "selected" if found else "best_on_test"


def axis_of(runs: StudyRuns, table: Table, axis: str | None = None) -> str:
    """Name of the axis that a study is read along: the one asked for, its own, or its main one."""
    return name_of(axis or runs.config.analysis.get("axis") or main_axis(table, runs.axes()))


def sample_of(
    runs: StudyRuns,
    table: Table,
    axis: str | None = None,
    *,
    where: Mapping[str, Any] | None = None,
    reading: str | None = None,
) -> Sample:
    """Runs of one curve of a study.

    Parameters
    ----------
    runs : StudyRuns
        Its store holds predictions and labels.
    table : Table
        All planned runs.
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
    axis = axis_of(runs, table, axis)
    where = _only_curve(runs, table, axis) if where is None else where
    reading = reading or runs.config.analysis.get("reading")
    # The types of the analysis are literals, and it checks them itself.
    direction: Any = runs.config.analysis.get("harder")
    chosen = rows_where(table, where) & _has_level(table, axis)
    name: Any = reading or choose_reading(table, chosen)
    if name not in READINGS:
        raise AnalysisError(f"There is no {table.score.label} {name!r}; there are {', '.join(READINGS)}.")
    rows = np.flatnonzero(chosen)
    identities = tuple(table["identity"][rows].tolist())
    accuracy = table.reading(name)[rows]
    predictions, labels, test_size = _test_images(
        runs.store, identities, np.isfinite(accuracy), name, table.score
    )
    level = _levels(table, axis)[rows]
    return Sample(
        axis=Axis.of(axis, level, direction),
        runs=identities,
        level=level,
        accuracy=accuracy,
        replicate=table["replicate"][rows],
        test_size=test_size,
        reading=name,
        seeds="shared" if runs.config.seeds == "common" else "independent",
        diverged=table["state"][rows] == "diverged",
        links=_links(table["persisting_links"][rows], np.isfinite(accuracy)),
        predictions=predictions,
        labels=labels,
        score=table.score.oriented,
    )


def analyse_curve(
    runs: StudyRuns,
    table: Table,
    axis: str | None = None,
    *,
    where: Mapping[str, Any] | None = None,
    reading: str | None = None,
) -> Findings:
    """Levels, plateau, contour and laws of one curve of a study; parameters as in `sample_of`."""
    settings = settings_of(runs.config.analysis)
    return analyse(sample_of(runs, table, axis, where=where, reading=reading), settings)


def _only_curve(runs: StudyRuns, table: Table, axis: str) -> dict[str, Any]:
    curves = curves_of(table, runs.axes(), axis)
    if len(curves) > 1:
        raise AnalysisError(f"The study has {len(curves)} curves along {axis}; choose one, as {curves[0]}.")
    return curves[0]


def _column(table: Table, axis: str) -> NDArray[Any]:
    name = name_of(axis)
    if name not in table:
        raise AnalysisError(f"The study has no axis {axis!r}.")
    return table[name]


def _has_level(table: Table, axis: str) -> NDArray[np.bool_]:
    """Rows with a number on the axis; all rows where its levels are words."""
    column = _column(table, axis)
    return np.isfinite(column) if column.dtype.kind == "f" else np.ones(table.n_runs, dtype=np.bool_)


def _levels(table: Table, axis: str) -> NDArray[np.float64]:
    levels = _column(table, axis)
    if levels.dtype.kind != "f":
        raise AnalysisError(f"{axis!r} is not a numeric axis of the study.")
    return levels


def _links(links: NDArray[np.float64], present: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    return links if np.isfinite(links[present]).all() else None


def _test_images(
    store: Store, identities: Sequence[str], present: NDArray[np.bool_], reading: str, score: Score
) -> tuple[NDArray[Any] | None, NDArray[Any] | None, int]:
    """Predictions [n, images] and labels [images] of the common test set, and its size.

    Of several labels a prediction is 1 where any is wrong, and the labels are 0. A score that is no
    proportion of the test images has neither.

    Without labels in the store both are None: resampling of test images is then left out, the rest is not.
    """
    found = [identity for identity, there in zip(identities, present, strict=True) if there]
    if not found:
        raise AnalysisError("No run of this curve is finished; run the study first.")
    data = [store.summary(identity)["data"] for identity in found]
    if len({facts["checksum"] for facts in data}) > 1:
        raise AnalysisError("The runs of this curve were tested on different images; compare one data set.")
    size = int(data[0]["samples"]["test"])
    if not score.proportion:
        return None, None, size
    try:
        labels = store.read_labels(data[0]["checksum"])["test"]
    except (StoreError, KeyError):
        return None, None, size
    predictions = np.zeros((len(identities), size), dtype=labels.dtype)
    several = labels.ndim > 1
    for row in np.flatnonzero(present).tolist():
        stored = store.arrays(identities[row], "predictions")[f"test_{reading}"]
        predictions[row] = (stored != labels).any(axis=1) if several else stored
    return predictions, np.zeros(size, labels.dtype) if several else labels, size
