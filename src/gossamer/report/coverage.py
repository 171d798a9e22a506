"""The record of a check of intervals: tables, what was simulated, and the command that did it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gossamer.files import write_bytes
from gossamer.report.table import TableData
from gossamer.report.tables.coverage import Checked, coverage_rows, coverage_tables, outside
from gossamer.simulate import Scenario
from gossamer.simulate.scenario import disagreement

_ROUNDED = 6


@dataclass(frozen=True)
class CoverageReport:
    """Which intervals held the truth, and under which noise.

    Parameters
    ----------
    checked : sequence of (Case, CoverageTable)
    base : Scenario
        Levels and noise that all of them share.
    source : str
        Where these came from, in words.
    command : str
    seed, draws : int
        Seed of the simulation, and bootstrap draws of every analysis.
    """

    checked: Checked
    base: Scenario
    source: str
    command: str
    seed: int
    draws: int

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row a kind of interval, truth, kind of seeds and number of replicates."""
        return coverage_rows(self.checked)

    @property
    def broken(self) -> int:
        """Number of rows that promise something and do not keep it."""
        return len(outside(self.rows))

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON values: parameters, noise, truths and rows."""
        base = self.base
        noise = {
            "source": self.source,
            "test_images": base.test_size,
            "ease": base.ease,
            "levels": _rounded(base.levels),
            "level_means": _rounded(base.accuracy),
            "seed_sd": _rounded(base.seed_sd),
        }
        truths = {case.truth: _rounded(case.scenario.accuracy) for case, _ in self.checked}
        return {
            "command": self.command,
            "seed": self.seed,
            "draws": self.draws,
            "noise": noise,
            "truths": truths,
            "rows": self.rows,
        }

    def as_markdown(self) -> str:
        """A page for people."""
        tables = "\n".join(table.to_markdown() for table in coverage_tables(self.checked))
        return f"# Do the intervals hold?\n\n    {self.command}\n\n{self._words()}\n\n{tables}"

    def as_csv(self) -> str:
        """All rows, unrounded."""
        return TableData("coverage", "", "", (), tuple(self.rows)).to_csv()

    def save(self, folder: Path) -> list[Path]:
        """Write coverage.md, coverage.csv and coverage.json; returns the files."""
        contents = {
            "coverage.md": self.as_markdown(),
            "coverage.csv": self.as_csv(),
            "coverage.json": json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n",
        }
        for name, content in contents.items():
            write_bytes(folder / name, content.encode())
        return [folder / name for name in contents]

    def _words(self) -> str:
        base = self.base
        error = 100 * np.sqrt(0.95 * 0.05 / self.checked[0][1].simulations)
        seen = 100 * float(disagreement(np.array(base.accuracy.mean()), base.ease))
        sd = [
            100 * float(value) for value in (base.seed_sd.min(), np.median(base.seed_sd), base.seed_sd.max())
        ]
        return (
            f"Noise: {self.source}. {base.levels.size} levels, {base.test_size:,} test images. One run's "
            f"accuracy has a standard deviation of {sd[0]:.2f} to {sd[2]:.2f} points (median {sd[1]:.2f}) "
            f"between seeds on one test set; two runs differ on {2 * seen:.1f} % of the images "
            f"(ease {base.ease:.3f}). With shared seeds at least a quarter of the variance is that of the "
            f"replicate. Every analysis uses {self.draws} bootstrap draws; the simulation has seed "
            f"{self.seed}.\n\n"
            "Given the test set (t, bootstrap, profile likelihood) the truth is the accuracy that infinitely "
            "many seeds would have on the images drawn; with test images it is the accuracy on the "
            f"population of images. The standard error of a rate of 95 % is {error:.1f} points; level means "
            "have one trial a level."
        )


def _rounded(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    return [float(value) for value in np.round(values, _ROUNDED)]
