"""The record of a check of intervals: tables, the command that made it, and what an earlier check found."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gossamer.analysis.findings import plain
from gossamer.errors import AnalysisError
from gossamer.files import write_bytes
from gossamer.report.table import Column, TableData
from gossamer.simulate import CaseCoverage

LEAST, MOST = 0.90, 0.99
"""Shares of 95 % intervals that should hold the truth."""

_HEADS = {
    "level mean": "level means",
    "half": "half of the fall",
    "last safe level": "last safe level is safe",
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class CoverageReport:
    """Which intervals held the truth.

    Parameters
    ----------
    checked : sequence of CaseCoverage
    command : str
    seed, draws : int
        Seed of the simulation, and bootstrap draws of every analysis.
    earlier : sequence of mapping
        Rows of an earlier check, shown beside these.
    """

    checked: Sequence[CaseCoverage]
    command: str
    seed: int
    draws: int
    earlier: Sequence[Row] = field(default=())

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row a kind of study and of interval."""
        return [
            {**plain(row), "simulations": case.simulations, "noted": case.noted}
            for case in self.checked
            for row in case.rows
        ]

    @property
    def broken(self) -> int:
        """Number of intervals that promise something and hold it too seldom."""
        return sum(_too_seldom(row) for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {"command": self.command, "seed": self.seed, "draws": self.draws, "rows": self.rows}

    def as_markdown(self) -> str:
        """A page for people."""
        error = 100 * float(np.sqrt(0.95 * 0.05 / max(case.simulations for case in self.checked)))
        words = (
            "Every row is a kind of simulated study, every cell the share of studies whose 95 % interval"
            " (given the test set; * with test images) held the truth from which runs were drawn"
            + (", before and after the arrow an earlier version and this one" if self.earlier else "")
            + f". Its standard error is about {error:.1f} points. Rates under {100 * LEAST:g} % are marked"
            " with !. Ends of contours are levels, so their intervals hold more where levels lie far"
            f" apart. Every analysis uses {self.draws} bootstrap draws; the simulation has seed {self.seed}."
        )
        tables = "\n".join(table.to_markdown() for table in self.tables())
        return f"# Do the intervals hold?\n\n    {self.command}\n\n{words}\n\n{tables}"

    def tables(self) -> list[TableData]:
        """Rates, rates of what the definitions give, and widths."""
        return [
            self._table("coverage", "Share of intervals that held the truth", _rate),
            self._table("coverage-laws", "The same for the parameters of the true law", _rate, laws=True),
            self._table(
                "coverage-definition",
                "Share that held what the definition gives for the true accuracies of the levels",
                _own_rate,
            ),
            self._table("coverage-width", "Median width of the intervals", _width),
        ]

    def as_csv(self) -> str:
        """All rows, unrounded."""
        return TableData("coverage", "", "", (), tuple(self.rows)).to_csv()

    def save(self, folder: Path) -> None:
        """Write coverage.md, coverage.csv and coverage.json."""
        contents = {
            "coverage.md": self.as_markdown(),
            "coverage.csv": self.as_csv(),
            "coverage.json": json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n",
        }
        for name, content in contents.items():
            write_bytes(folder / name, content.encode())

    def _table(
        self, name: str, title: str, show: Callable[[Row], str | None], laws: bool = False
    ) -> TableData:
        before = {_key(row): row for row in self.earlier}
        rows: dict[str, dict[str, Any]] = {}
        columns: dict[str, None] = {}
        for row in self.rows:
            text = show(row)
            if text is None or row["quantity"].startswith("law: ") != laws:
                continue
            head = _HEADS.get(row["quantity"], row["quantity"].removeprefix("law: "))
            head += "*" if row["with_images"] else ""
            old = show(before[_key(row)]) if _key(row) in before else None
            own = rows.setdefault(row["case"], {"case": row["case"], "noted": f"{100 * row['noted']:.0f} %"})
            own[head] = text if old is None else f"{old} → {text}"
            columns[head] = None
        noted = (Column("noted", "with a note"),) if name == "coverage" else ()
        return TableData(
            name=name,
            title=title,
            caption="",
            columns=(Column("case", "studies", text=True), *(Column(c, c) for c in columns), *noted),
            rows=tuple(rows.values()),
        )


def read_rows(path: Path) -> list[Row]:
    """Rows of a coverage.json (AnalysisError if it is none)."""
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["rows"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnalysisError(f"{path} is no coverage.json: {error}.") from error


def _key(row: Row) -> tuple[str, str, bool]:
    return row["case"], row["quantity"], row["with_images"]


def _too_seldom(row: Row) -> bool:
    return bool(row["trials"]) and not row["why_not"] and row["held"] < min(LEAST, row["promised"])


def _rate(row: Row) -> str | None:
    return f"{100 * row['held']:.0f}{'!' if _too_seldom(row) else ''}" if row["trials"] else "–"


def _own_rate(row: Row) -> str | None:
    return None if row["held_own"] is None else f"{100 * row['held_own']:.0f}"


def _width(row: Row) -> str | None:
    if row["quantity"] == "last safe level":
        return None
    return "open" if row["width"] is None else f"{row['width']:.2g}"
