"""Tables of how often intervals held the truth of simulated studies."""

from collections.abc import Mapping, Sequence
from typing import Any

from gossamer.report.table import Column, TableData
from gossamer.simulate import CoverageTable
from gossamer.simulate.cases import PAPER, Case
from gossamer.simulate.coverage import Coverage

LEAST, MOST = 0.92, 0.98
"""Shares of 95 % intervals that may hold the truth."""

_LABELS = {
    "contour": "contour(delta)",
    "half contour": "contour(half of the fall)",
    "law contour": "contour(delta) by the law",
    "law half contour": "contour(half of the fall) by the law",
    "law plateau": "plateau of the law",
}
_SAFE = "unsafe last safe level"

Checked = Sequence[tuple[Case, CoverageTable]]


def coverage_rows(checked: Checked) -> list[dict[str, Any]]:
    """One row a kind of interval, truth, kind of seeds and number of replicates."""
    return [row for case, table in checked for row in _rows(case, table)]


def outside(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows that promise something and do not keep it."""
    return [row for row in rows if row["kept"] is False]


def coverage_tables(checked: Checked) -> list[TableData]:
    """One table for every truth and kind of seeds, replicates side by side."""
    groups: dict[tuple[str, str], list[tuple[Case, CoverageTable]]] = {}
    for case, table in checked:
        groups.setdefault((case.truth, case.scenario.seeds), []).append((case, table))
    return [_table(truth, seeds, group) for (truth, seeds), group in groups.items()]


def _rows(case: Case, table: CoverageTable) -> list[dict[str, Any]]:
    promises = case.promises(table.law)
    common = {
        "truth": case.truth,
        "analysed_law": table.law,
        "seeds": case.scenario.seeds,
        "replicates": table.replicates,
        "simulations": table.simulations,
    }
    rows = [common | _row(found, promises) for found in table.rows]
    unsafe = {
        "quantity": _SAFE,
        "interval": "fixed sequence",
        "rate": table.unsafe_rate,
        "trials": table.simulations,
        "promised": f"at most {100 * table.alpha:g} %" if promises else None,
        "kept": table.unsafe_rate <= table.alpha if promises else None,
    }
    return [*rows, common | unsafe]


def _row(found: Coverage, promises: bool) -> dict[str, Any]:
    return {
        "quantity": _LABELS.get(found.quantity, found.quantity.removeprefix("law ")),
        "interval": found.method,
        "rate": found.rate,
        "trials": found.trials,
        "low_misses": found.low_misses,
        "high_misses": found.high_misses,
        "median_width": found.width,
        "promised": f"{100 * LEAST:g} to {100 * MOST:g} %" if promises else None,
        "kept": LEAST <= found.rate <= MOST if promises else None,
    }


def _table(truth: str, seeds: str, group: Checked) -> TableData:
    law = group[0][1].law
    promises = group[0][0].promises(law)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for case, table in group:
        for row in _rows(case, table):
            own = rows.setdefault(
                (row["quantity"], row["interval"]),
                {name: row[name] for name in ("truth", "seeds", "quantity", "interval", "promised")},
            )
            own[f"rate_{table.replicates}"] = row["rate"]
            own[f"kept_{table.replicates}"] = row["kept"]
            own[f"width_{table.replicates}"] = row.get("median_width")
    counts = [table.replicates for _, table in group]
    bar = (
        "A rate that breaks what is promised is marked with *."
        if promises
        else "The analysed law is not the true one: nothing is promised."
    )
    return TableData(
        name=f"coverage-{truth}-{seeds}",
        title=f"Truth: {_truth_text(truth)}; analysed law: {_words(law)}; {seeds} seeds",
        caption=f"Share of {group[0][1].simulations:,} studies whose interval held the truth. {bar}",
        columns=(
            Column("quantity", "quantity", text=True),
            Column("interval", "interval", text=True),
            *(_rate_column(count) for count in counts),
            *(Column(f"width_{count}", f"median width, {count}", lambda v: f"{v:.2g}") for count in counts),
            *((Column("promised", "promised", text=True),) if promises else ()),
        ),
        rows=tuple(rows.values()),
    )


def _rate_column(count: int) -> Column:
    def show(row: Mapping[str, Any]) -> str | None:
        rate = row.get(f"rate_{count}")
        mark = "*" if row.get(f"kept_{count}") is False else ""
        return None if rate is None else f"{100 * rate:.1f} %{mark}"

    return Column(f"rate_{count}", f"{count} replicates", of_row=show)


def _truth_text(truth: str) -> str:
    if truth == PAPER:
        return "the paper's equation (1)"
    return "monotone curve through the level means" if truth == "monotone" else f"{_words(truth)} law"


def _words(law: str) -> str:
    return law.replace("_", " ")
