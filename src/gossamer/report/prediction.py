"""The record of a prediction: tables, and the command that made it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.files import write_bytes
from gossamer.report.table import TableData
from gossamer.report.tables.prediction import (
    Predicted,
    inside,
    prediction_rows,
    prediction_table,
    repeated_table,
)


@dataclass(frozen=True)
class PredictionReport:
    """Predictions of every curve of a study.

    Parameters
    ----------
    curves : tuple of Predicted
    source : str
        The study and how much of it is finished, in words.
    command : str
    seed : int
        Seed of the intervals.
    """

    curves: tuple[Predicted, ...]
    source: str
    command: str
    seed: int

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row a curve, set of runs, quantity and method."""
        return [row for curve in self.curves for row in prediction_rows(curve)]

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {"command": self.command, "seed": self.seed, "source": self.source, "rows": self.rows}

    def as_markdown(self) -> str:
        """A page for people."""
        held, of = inside(self.rows)
        found = [table for c in self.curves for table in (prediction_table(c), repeated_table(c)) if table]
        tables = "\n".join(table.to_markdown() for table in found)
        facts = f"{self.source}. {held} of {of} intervals hold what the study found. Seed {self.seed}."
        return f"# Prediction from a part of the cost\n\n    {self.command}\n\n{facts}\n\n{tables}"

    def as_csv(self) -> str:
        """All rows, unrounded."""
        return TableData("prediction", "", "", (), tuple(self.rows)).to_csv()

    def save(self, folder: Path) -> list[Path]:
        """Write prediction.md, prediction.csv and prediction.json; returns the files."""
        contents = {
            "prediction.md": self.as_markdown(),
            "prediction.csv": self.as_csv(),
            "prediction.json": json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n",
        }
        for name, content in contents.items():
            write_bytes(folder / name, content.encode())
        return [folder / name for name in contents]
