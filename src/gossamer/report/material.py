"""What a report is made of: the study's table, its curves and what the analysis found on each."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis import Axis, Findings
from gossamer.analysis.curves import analyse_curve, axis_of, choose_reading, curves_of, rows_where
from gossamer.errors import AnalysisError
from gossamer.report.structure import Structure, structure_of
from gossamer.report.words import READINGS, axis_symbol, level_text
from gossamer.study import StudyConfig, StudyRuns, Table
from gossamer.train.score import Score

Rows = NDArray[np.int64]

_NONE_YET = "No run of this curve is finished yet; run the study first."
_UNREAD = {
    "selected": "No run has validation samples, so no epoch is selected on them.",
    "last": _NONE_YET,
    "best_on_test": _NONE_YET,
}


@dataclass(frozen=True, eq=False)
class Curve:
    """Runs of a study that differ in their level on the axis alone.

    Parameters
    ----------
    label : str
        Levels of the other axes; empty where there is one curve.
    axis : Axis
    rows : int64 [n]
        Its rows of the table.
    findings : mapping of str to Findings
        By reading of the score.
    reasons : mapping of str to str
        Why there are no findings, by reading.
    """

    label: str
    axis: Axis
    rows: Rows
    findings: Mapping[str, Findings]
    reasons: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Control:
    """Runs of a block without a level on the axis, such as dense or static ones, to compare with."""

    label: str
    rows: Rows


@dataclass(frozen=True, eq=False)
class Material:
    """Everything that the figures, tables and sentences of a report are made of.

    Parameters
    ----------
    study : StudyRuns
    table : Table
    axis : str
        Name of the axis along which the score is read.
    curves : tuple of Curve
    controls : tuple of Control
    readings : tuple of str
        Readings of the score that have findings, in the order of `words.READINGS`.
    reading : str
        The one that a report opens with.
    structure : Structure
        Of the first curve.
    notes : tuple of str
        What was assumed.
    """

    study: StudyRuns
    table: Table
    axis: str
    curves: tuple[Curve, ...]
    controls: tuple[Control, ...]
    readings: tuple[str, ...]
    reading: str
    structure: Structure
    notes: tuple[str, ...] = ()

    @property
    def config(self) -> StudyConfig:
        """The study's own configuration."""
        return self.study.config

    @property
    def score(self) -> Score:
        """The score that is read, as it is analysed: better when higher."""
        return self.table.score.oriented

    @property
    def harder(self) -> str:
        """Which levels of the axis are harder: "larger" or "smaller"."""
        return self.curves[0].axis.harder

    @property
    def levels(self) -> NDArray[np.float64]:
        """Levels of the axis, easiest first."""
        rows = np.concatenate([curve.rows for curve in self.curves])
        found = np.unique(self.table[self.axis][rows])
        return found if self.harder == "larger" else found[::-1]

    @property
    def first(self) -> Curve:
        """The curve that is shown where only one can be: that with most runs."""
        return first_of(self.curves)

    @cached_property
    def example(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Config and summary of the first finished run of the first curve, as stored."""
        done = [k for k in self.first.rows.tolist() if self.table["state"][k] in ("finished", "diverged")]
        identity = self.table["identity"][done[0]].item()
        store = self.study.store
        return store.config(identity), store.summary(identity)

    @property
    def of_first(self) -> str:
        """The first curve in words, to end a caption with; empty where there is one curve."""
        return f" Curve: {self.first.label}." if self.first.label else ""

    def of_reading(self, reading: str) -> list[tuple[Curve, Findings]]:
        """Curves that have findings for this reading, with them."""
        return [(curve, curve.findings[reading]) for curve in self.curves if reading in curve.findings]


def gather(study: StudyRuns) -> Material:
    """Read and analyse a study once.

    Raises
    ------
    AnalysisError
        If the study has no numeric axis, or no level of it has runs enough to show.
    """
    table = study.table()
    if not table.n_runs:
        raise AnalysisError(f"The study {study.config.name} has no runs yet; run it first.")
    axis = axis_of(study, table)
    study, notes = _directed(study, table, axis)
    curves = _curves(study, table, axis)
    if not any(curve.findings for curve in curves):
        raise AnalysisError(_first_reason(curves))
    readings = tuple(r for r in READINGS if any(r in curve.findings for curve in curves))
    first = first_of(curves)
    rows = np.isin(np.arange(table.n_runs), np.concatenate([curve.rows for curve in curves]))
    asked = study.config.analysis.get("reading") or choose_reading(table, rows)
    return Material(
        study=study,
        table=table,
        axis=axis,
        curves=curves,
        controls=_controls(study, table, axis),
        readings=readings,
        reading=asked if asked in readings else readings[0],
        structure=structure_of(study.store, table, axis, first.rows, first.axis),
        notes=notes,
    )


def _directed(study: StudyRuns, table: Table, axis: str) -> tuple[StudyRuns, tuple[str, ...]]:
    """The study with a hard end of its axis: larger levels where neither it nor the analysis knows."""
    try:
        Axis.of(axis, table[axis][np.isfinite(table[axis])], study.config.analysis.get("harder"))
    except AnalysisError:
        taken = copy(study)
        analysis = {**study.config.analysis, "harder": "larger"}
        taken.config = study.config.model_copy(update={"analysis": analysis})
        note = (
            f"Which end of {axis_symbol(axis)} is harder is not known, so larger levels are taken to be; say "
            'harder = "larger" or "smaller" under [analysis] of the study to choose.'
        )
        return taken, (note,)
    return study, ()


def first_of(curves: Sequence[Curve]) -> Curve:
    """The curve that is shown where only one can be: that with most runs."""
    return max((curve for curve in curves if curve.findings), key=lambda curve: len(curve.rows))


def only(material: Material, curve: Curve, reading: str) -> Material:
    """The material of one curve and one reading alone."""
    plain = replace(curve, label="", findings={reading: curve.findings[reading]})
    return replace(material, curves=(plain,), controls=(), readings=(reading,), reading=reading)


def _curves(study: StudyRuns, table: Table, axis: str) -> tuple[Curve, ...]:
    curves = []
    on_axis = np.isfinite(table[axis])
    for where in curves_of(table, study.axes(), axis):
        rows = np.flatnonzero(rows_where(table, where) & on_axis)
        if not rows.size:
            continue
        findings: dict[str, Findings] = {}
        reasons: dict[str, str] = {}
        for reading in READINGS:
            if not np.isfinite(table.reading(reading)[rows]).any():
                reasons[reading] = _UNREAD[reading]
                continue
            try:
                findings[reading] = analyse_curve(study, table, axis, where=where, reading=reading)
            except AnalysisError as error:
                reasons[reading] = str(error)
        turned = Axis.of(axis, table[axis][rows], study.config.analysis.get("harder"))
        curves.append(Curve(_label(where), turned, rows, findings, reasons))
    return tuple(curves)


def _first_reason(curves: Sequence[Curve]) -> str:
    reasons = [curve.reasons["last"] for curve in curves]
    return reasons[0] if reasons else "No run of the study has a level on its axis; give it one to report on."


def _label(where: Mapping[str, Any]) -> str:
    """Levels of the other axes in words, such as "ε = 13, dense output"."""
    return ", ".join(level_words(name, value) for name, value in where.items())


def level_words(name: str, value: Any) -> str:
    """A level with its axis, such as "ε = 13" or "dense output = no"."""
    symbol = axis_symbol(name)
    if isinstance(value, bool):
        return f"{symbol} = {'yes' if value else 'no'}"
    return f"{symbol} = {level_text(value) if isinstance(value, float) else value}"


def _controls(study: StudyRuns, table: Table, axis: str) -> tuple[Control, ...]:
    """Blocks whose runs have no level on the axis."""
    found = []
    for block in dict.fromkeys(table["block"].tolist()):
        rows = np.flatnonzero(table["block"] == block)
        if np.isnan(table[axis][rows]).all():
            found.append(Control(block, rows))
    return tuple(found)
