"""The paper's Figure 4: links and weight sums by input pixel, at several levels."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.maps_data import WEIGHT_UNIT, LevelMaps, image_shape, integers, level_maps
from gossamer.report.figures.paper_zooms import need_paper_axis
from gossamer.report.figures.parts import chart_of, few_levels
from gossamer.report.material import Material
from gossamer.report.style import DIVERGING, SEQUENTIAL
from gossamer.report.words import level_text

_SIZE, _COLUMNS, _LEVELS = 148, 4, 8


def paper_maps(material: Material) -> Figure:
    """Figure 4 in its exact definition: survivors of the last update's drop, one run a level.

    Raises
    ------
    AnalysisError
        If the axis is not zeta, the inputs are not images, or no map is stored.
    """
    need_paper_axis(material)
    shape = image_shape(material, material.first)
    stored = {found.level: found for found in level_maps(material, material.first)}
    levels = [stored[level] for level in few_levels(np.array(list(stored)), material.axis, _LEVELS)]
    data = paper_map_data(levels)
    panels = [_panel(data, k, quantity, shape) for k in range(len(levels)) for quantity in ("links", "sum")]
    rows = [panels[k : k + 2] for k in range(0, len(panels), 2)]
    blocks = [_block(rows[k : k + _COLUMNS]) for k in range(0, len(rows), _COLUMNS)]
    epochs = sorted({int(str(epoch)) for epoch in data.columns["epoch"]})
    return Figure(
        name="figure-4",
        title="The paper's Figure 4: links and weight sums by input pixel",
        caption=(
            "First and third row: links of each input pixel; second and fourth: sum of their weights. "
            f"Survivors of the drop at the last update (epoch {', '.join(map(str, epochs))}), before growth, "
            "one run a level (replicate 1), as in the paper. Every map has a colour scale of its own, from 0 "
            "(links) or symmetric about 0 (weights) to the number above it."
        ),
        data={"maps": data},
        chart=alt.vconcat(*blocks, spacing=14),
    )


def paper_map_data(levels: Sequence[LevelMaps]) -> FigureData:
    """One row a level: maps of the survivors of its first replicate at the last stored epoch."""
    rows: list[dict[str, Any]] = []
    for k, found in enumerate(levels):
        epoch = max(found.by_epoch)
        maps = found.by_epoch[epoch][0]
        rows.append(
            {
                "place": k,
                "level": found.level,
                "epoch": epoch,
                "run": found.runs[0],
                "links": integers(maps["survivor", "links"]),
                "sum": integers(maps["survivor", "sum"] / WEIGHT_UNIT),
            }
        )
    units = {"links": "links", "sum": "hundredths"}
    return FigureData.of(rows, units=units, runs=[found.runs[0] for found in levels])


def _block(rows: list[list[alt.Chart]]) -> Any:
    lines = [
        alt.hconcat(*line, spacing=12).resolve_scale(color="independent") for line in zip(*rows, strict=True)
    ]
    return alt.vconcat(*lines, spacing=6).resolve_scale(color="independent")


def _panel(data: FigureData, k: int, quantity: str, shape: tuple[int, int]) -> alt.Chart:
    height, width = shape
    cells = data.columns[quantity][k]
    unit = 1.0 if quantity == "links" else WEIGHT_UNIT
    top = max((abs(cell) for cell in cells), default=0) * unit if isinstance(cells, tuple) else 0.0
    signed = quantity == "sum"
    level = f"ζ = {level_text(float(str(data.columns['level'][k])))}: " if quantity == "links" else ""
    title = f"{level}{'±' if signed else '0 to '}{top:.3g} {'' if signed else 'links'}".strip()
    high = max(top, 1e-6)
    scale = alt.Scale(domain=[-high if signed else 0, high], scheme=DIVERGING if signed else SEQUENTIAL)
    edge = min(_SIZE // height, _SIZE // width) or 1
    chart: alt.Chart = (
        chart_of("maps")
        .transform_filter(f"datum.place === {k}")
        .transform_flatten([quantity], ["cell"])
        .transform_window(pixel="row_number()")
        .transform_calculate(
            column=f"(datum.pixel - 1) % {width}",
            row=f"floor((datum.pixel - 1) / {width})",
            value=f"datum.cell * {unit}",
        )
        .mark_rect()
        .encode(
            x=alt.X("column:O", axis=None),
            y=alt.Y("row:O", axis=None),
            color=alt.Color("value:Q", scale=scale, legend=None),
            tooltip=["value:Q", "row:Q", "column:Q", alt.Tooltip("run:N", title="run")],
        )
        .properties(width=edge * width, height=edge * height, title=alt.TitleParams(text=title, fontSize=10))
    )
    return chart
