"""A figure: data first, and one drawing of it that serves page, print and picture alike."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from gossamer.report.style import config

Value = float | int | str | bool | tuple[int, ...] | None


@dataclass(frozen=True)
class FigureData:
    """Columns of equal length, drawn as they are.

    Parameters
    ----------
    columns : mapping of str to tuple
        Numbers, text, None for what is missing; a cell of a heat map's column is a tuple of integers.
    units : mapping of str to str
        Unit of every column that has one.
    runs : tuple of str
        Identities of the runs that the numbers came from.
    """

    columns: Mapping[str, tuple[Value, ...]]
    units: Mapping[str, str] = field(default_factory=dict)
    runs: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, rows: Sequence[Mapping[str, Any]], *, units: Mapping[str, str], runs: Sequence[str] = ()
    ) -> "FigureData":
        """Columns of rows that all have the same names; NumPy scalars become numbers, NaN becomes None."""
        names = list(rows[0]) if rows else []
        columns = {name: tuple(_plain(row[name]) for row in rows) for name in names}
        return cls(columns, dict(units), tuple(dict.fromkeys(runs)))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def rows(self) -> list[dict[str, Any]]:
        """Rows as JSON values."""
        return [
            dict(zip(self.columns, values, strict=True))
            for values in zip(*self.columns.values(), strict=True)
        ]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column as an array, float64; None becomes NaN."""
        return np.array(self.columns[name], dtype=np.float64)

    def to_csv(self) -> str:
        """CSV with a header of names and units; a missing value is an empty cell."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([_head(name, self.units.get(name, "")) for name in self.columns])
        writer.writerows(
            [_cell(value) for value in values] for values in zip(*self.columns.values(), strict=True)
        )
        return text.getvalue()


@dataclass(frozen=True)
class Zoom:
    """A button of the page that shows a part of the horizontal axis."""

    label: str
    low: float
    high: float


@dataclass(frozen=True)
class Slider:
    """A slider of the page that moves a parameter of the chart through the positions of `labels`."""

    parameter: str
    label: str
    labels: tuple[str, ...]
    start: int = 0


@dataclass(frozen=True)
class Choice:
    """Buttons of the page of which one is on: a parameter of the chart and its values with their labels."""

    parameter: str
    label: str
    options: Mapping[str, str]
    start: str


@dataclass(frozen=True)
class Figure:
    """One figure of a report.

    Parameters
    ----------
    name : str
        Stem of its files.
    title, caption : str
        The caption says what is drawn: which accuracy, how many runs, which interval.
    data : mapping of str to FigureData
        All that is drawn, by name of the part.
    chart : altair chart
        The one drawing, of data named like the parts; pictures show it with its parameters at their start.
    zooms, sliders, choices : tuples
        What the page can change.
    follows_reading : bool
        True if the chart has a parameter `reading` that follows the page's switch between accuracies.
    csv : bool
        False for data that are too many for CSV and stand better in the store.
    """

    name: str
    title: str
    caption: str
    data: Mapping[str, FigureData]
    chart: alt.TopLevelMixin
    zooms: tuple[Zoom, ...] = ()
    sliders: tuple[Slider, ...] = ()
    choices: tuple[Choice, ...] = ()
    follows_reading: bool = False
    csv: bool = True

    @cached_property
    def specification(self) -> dict[str, Any]:
        """The Vega-Lite specification, with the data and the report's look; plain JSON."""
        tables: dict[str, Any] = self.chart.to_dict()
        # The data join here: Altair would check every value against its schema.
        tables.setdefault("datasets", {}).update({part: data.rows() for part, data in self.data.items()})
        tables["config"] = config()
        return tables

    @property
    def runs(self) -> tuple[str, ...]:
        """Identities of all runs behind the figure."""
        return tuple(dict.fromkeys(run for part in self.data.values() for run in part.runs))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _head(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _cell(value: Value) -> Any:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if value is None else value
