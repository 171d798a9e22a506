"""The table of runs, and that of controls."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from gossamer.report.figures.accuracy_data import control_data
from gossamer.report.material import Material
from gossamer.report.table import Column, TableData, fixed, thousands
from gossamer.report.words import READING_SHORT, axis_symbol, mean_head
from gossamer.train.score import ACCURACY

_IDENTITY = 10


def runs_table(material: Material) -> TableData:
    """One row a planned run, with all columns of the study's table in the CSV."""
    rows = material.table.rows()
    axes = [name for name in material.study.axes() if name in material.table]
    return TableData(
        name="runs",
        title="All runs",
        caption="One row a planned run; the CSV has whole identities, seeds and links by layer.",
        columns=(
            Column("identity", "run", lambda value: str(value)[:_IDENTITY], text=True),
            *(Column(name, axis_symbol(name), _value) for name in axes),
            Column("replicate", "replicate"),
            Column("state", "state", text=True),
            *_scores(material),
            Column("nnz", "links", thousands),
            Column("sparsity", "sparsity", fixed(4)),
        ),
        rows=tuple(rows),
        runs=tuple(material.table["identity"].tolist()),
    )


def _scores(material: Material) -> Iterator[Column]:
    """Every reading of every score of the task; the one that is analysed has its reading as its head."""
    analysed = material.table.score
    for score in material.table.task.scores:
        for reading in material.readings:
            short = READING_SHORT[reading]
            head = short if score == analysed == ACCURACY else f"{score.label}, {short}"
            yield Column(f"{score.name}_{reading}", head, fixed(4))


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def controls_table(material: Material) -> TableData | None:
    """Mean score of the controls; None where there are none."""
    data = control_data(material)
    if not len(data):
        return None
    return TableData(
        name="controls",
        title="Controls",
        caption="Runs without a level on the axis of the study; mean and standard deviation over the runs.",
        columns=(
            Column("control", "control", text=True),
            Column("reading", material.score.label, lambda value: READING_SHORT[value], text=True),
            Column("mean", mean_head(material.score), fixed(4)),
            Column("sd", "SD of runs", fixed(4)),
            Column("runs", "runs"),
        ),
        rows=tuple(data.rows()),
        runs=data.runs,
    )


def missing_runs(material: Material) -> list[str]:
    """Sentences on runs that diverged, failed or are damaged."""
    state, found = material.table["state"], []
    for name, meaning in (
        ("diverged", "diverged and count with their last finite {score} where they have one"),
        ("failed", "failed and are missing"),
        ("damaged", "are damaged and are missing"),
        ("waiting", "have not been trained yet"),
    ):
        rows = np.flatnonzero(state == name)
        if rows.size:
            names = ", ".join(run[:_IDENTITY] for run in material.table["identity"][rows].tolist()[:12])
            more = f" and {rows.size - 12} more" if rows.size > 12 else ""
            said = meaning.format(score=material.score.label)
            found.append(f"{rows.size} of {state.size} runs {said}: {names}{more}.")
    return found
