"""A figure: data first, and one drawing of it that serves page, print and picture alike."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import altair as alt
import numpy as np
import vl_convert as vlc
from numpy.typing import NDArray

from gossamer.report.style import config

VEGA_LITE = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
"""Version of Vega-Lite that the charts are written in, as vl-convert and the page's JavaScript take it."""

_PIXELS = 2.0
_UNDRAWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_COUNTED = re.compile(r"\b(clip|gradient_)\d+\b")
_RESOURCES = re.compile(rb"(?:[ ]+/[A-Za-z]+\d+ \d+ 0 R\n){2,}")

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
        The caption says what is drawn: which score, how many runs, which interval.
    data : mapping of str to FigureData
        All that is drawn, by name of the part.
    chart : altair chart
        The one drawing, of data named like the parts; pictures show it with its parameters at their start.
    zooms, sliders, choices : tuples
        What the page can change.
    follows_reading : bool
        True if the chart has a parameter `reading` that follows the page's switch between readings.
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


def pictures(figure: Figure) -> dict[str, bytes]:
    """The figure as SVG, PNG and PDF on white, by ending of the file's name."""
    tables = _drawable(figure.specification)
    tables["config"] = {**tables["config"], "background": "white"}
    svg = _numbered_anew(vlc.vegalite_to_svg(tables, vl_version=VEGA_LITE))
    return {
        "svg": svg.encode() + b"\n",
        "png": vlc.svg_to_png(svg, scale=_PIXELS),
        "pdf": _in_order(vlc.svg_to_pdf(svg)),
    }


def _drawable(value: Any) -> Any:
    """The value with U+FFFD for characters that no XML may hold: they abort the process that draws them."""
    if isinstance(value, str):
        return _UNDRAWN.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_drawable(name): _drawable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_drawable(item) for item in value]
    return value


def _numbered_anew(svg: str) -> str:
    """The SVG with its clips and gradients counted from 0: Vega counts through all drawings of a process."""
    names: dict[str, str] = {}
    return _COUNTED.sub(lambda found: names.setdefault(found[0], f"{found[1]}{len(names)}"), svg)


def _in_order(pdf: bytes) -> bytes:
    """The PDF with its resource tables in order; svg2pdf writes them in any. No offset changes."""
    return _RESOURCES.sub(lambda found: b"".join(sorted(found[0].splitlines(keepends=True))), pdf)


def javascript() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script without anything to load."""
    return vlc.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE)
