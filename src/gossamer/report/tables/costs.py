"""The table of costs: what training took, and what its topology did."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.report.material import Material
from gossamer.report.table import Column, TableData, fixed, general
from gossamer.report.words import axis_symbol
from gossamer.study import StudyRuns, Table

CAPTION = (
    "Means over runs. FLOP by the formulas of Evci et al. 2020, one multiplication and one addition a link "
    "and sample; seconds and bytes as measured where the runs were trained. R_s is the part of all positions "
    "that ever held a link."
)
COLUMNS = (
    Column("runs", "runs"),
    Column("effective_sparsity", "effective sparsity", fixed(4)),
    Column("flop_training", "training FLOP", general(3)),
    Column("of_dense", "of dense training", lambda value: f"{100 * value:.3g} %"),
    Column("flop_inference", "FLOP a sample", general(3)),
    Column("seconds", "seconds", general(3)),
    Column("megabytes", "network, MB", general(3)),
    Column("exploration", "R_s", fixed(4)),
    Column("regrown", "regrown at once", lambda value: f"{100 * value:.3g} %"),
    Column("dead_neurons", "dead neurons", general(4)),
)


def costs_table(material: Material) -> TableData | None:
    """Means over the runs of every level, and of every control; None where no run has an account."""
    rows = list(_rows(material))
    if not rows:
        return None
    return TableData(
        name="costs",
        title=f"Cost and topology at each level of {axis_symbol(material.axis)}",
        caption=CAPTION,
        columns=(
            *((Column("curve", "curve", text=True),) if any(row["curve"] for row in rows) else ()),
            Column("level", axis_symbol(material.axis), general(6)),
            *COLUMNS,
        ),
        rows=tuple(rows),
        runs=tuple(identity for row in rows for identity in row["run_ids"]),
    )


def _rows(material: Material) -> Iterator[dict[str, Any]]:
    table = material.table
    for curve in material.curves:
        levels = table[material.axis][curve.rows]
        for level in np.unique(levels):
            for row in cost_row(material.study, table, curve.rows[levels == level]):
                yield {"curve": curve.label, "level": float(level), **row}
    for control in material.controls:
        for row in cost_row(material.study, table, control.rows):
            yield {"curve": control.label, "level": None, **row}


def cost_row(study: StudyRuns, table: Table, rows: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    """Means over the runs of some rows of the study's table; nothing where no run of them has an account."""
    runs = {table["identity"][row].item(): row for row in rows.tolist()}
    found = {run: study.store.measured(run).get("accounting") for run in runs}
    accounts = {run: account for run, account in found.items() if account}
    if not accounts:
        return
    values = list(accounts.values())
    yield {
        "runs": len(values),
        "effective_sparsity": _mean([table["effective_sparsity"][runs[run]].item() for run in accounts]),
        "flop_training": _mean([each["flop"]["training"] for each in values]),
        "of_dense": _mean([each["flop"]["training"] / each["flop"]["dense_training"] for each in values]),
        "flop_inference": _mean([each["flop"]["inference"] for each in values]),
        "seconds": _mean([sum(each["seconds"].values()) for each in values]),
        "megabytes": _mean([each["bytes"]["network"] / 1e6 for each in values]),
        "exploration": _mean([each["exploration"] for each in values]),
        "regrown": _mean([each["regrown"] for each in values]),
        "dead_neurons": _mean([each["dead_neurons"] for each in values]),
        "run_ids": tuple(accounts),
    }


def _mean(values: list[float | None]) -> float | None:
    """Mean of what there is; None where there is nothing."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
