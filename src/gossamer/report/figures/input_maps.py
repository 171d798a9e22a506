"""Heat maps of the input layer with sliders over level and epoch."""

from collections.abc import Sequence

import altair as alt
import numpy as np

from gossamer.report.figure import Choice, Figure, FigureData, Slider
from gossamer.report.figures.maps_data import (
    SIDES,
    WEIGHT_UNIT,
    LevelMaps,
    image_shape,
    largest,
    level_maps,
    map_data,
)
from gossamer.report.figures.parts import chart_of
from gossamer.report.material import Material
from gossamer.report.style import DIVERGING, SEQUENTIAL
from gossamer.report.words import axis_symbol, level_text, span_text

LEVEL, EPOCH, SIDE, SCALE = "level_index", "epoch_index", "side", "scale"
_SCALES = {"own": "of each map", "common": "common to all"}
_SIZE = 200
_TITLES = {
    "links": "links per input",
    "sum": "sum of weights per input",
    "abs_sum": "sum of |weights| per input",
}
_USUAL_LEVEL = 0.3


def input_heat_maps(material: Material) -> Figure:
    """Links and weight sums by input neuron, for any level and epoch.

    Raises
    ------
    AnalysisError
        If the inputs are not images, or no map is stored.
    """
    curve = material.first
    shape = image_shape(material, curve)
    levels = level_maps(material, curve)
    data = map_data(levels)
    epochs = list(levels[0].by_epoch)
    start = _start(material, levels)
    parameters = _parameters(material, levels, data, start)
    maps = [_map(quantity, shape) for quantity in _TITLES]
    chart = alt.hconcat(*maps, spacing=24).resolve_scale(color="independent").add_params(*parameters)
    symbol = axis_symbol(material.axis)
    runs = span_text(len(found.runs) for found in levels)
    return Figure(
        name="input-maps",
        title="Links and weights by input pixel",
        caption=(
            f"Every square is one input pixel; mean over {runs} runs of the level. Survivors are "
            "what the drop of that epoch's update leaves, before growth, as in the paper's Figure 4; at "
            "epoch 0 what a drop would leave. With signs, weights of opposite sign cancel."
            f"{material.of_first}"
        ),
        data={"maps": data},
        chart=chart,
        sliders=(
            Slider(LEVEL, symbol, tuple(level_text(found.level) for found in levels), start),
            Slider(EPOCH, "epoch", tuple(map(str, epochs)), len(epochs) - 1),
        ),
        csv=False,
        choices=(
            Choice(SIDE, "Links", SIDES, "survivor"),
            Choice(SCALE, "Colour scale", _SCALES, "own"),
        ),
    )


def _start(material: Material, levels: Sequence[LevelMaps]) -> int:
    """The level that is shown first: the usual rewiring fraction, else the easiest level."""
    if material.axis != "zeta":
        return 0
    return int(np.argmin([abs(found.level - _USUAL_LEVEL) for found in levels]))


def _parameters(
    material: Material, levels: Sequence[LevelMaps], data: FigureData, start: int
) -> list[alt.Parameter]:
    tops = largest(data)
    common = {name: float(np.max(values)) for name, values in tops.items()}
    epochs = list(levels[0].by_epoch)
    symbol = axis_symbol(material.axis)
    return [
        alt.param(name=LEVEL, value=start),
        alt.param(name=EPOCH, value=len(epochs) - 1),
        alt.param(name=SIDE, value="survivor"),
        alt.param(name=SCALE, value="own"),
        alt.param(name="tops", value=tops),
        alt.param(name="common_tops", value=common),
        alt.param(name="level_names", value=[f"{symbol} = {level_text(found.level)}" for found in levels]),
        alt.param(name="epoch_names", value=[f"epoch {epoch}" for epoch in epochs]),
    ]


def _map(quantity: str, shape: tuple[int, int]) -> alt.Chart:
    """One heat map; it shows the map that the parameters name."""
    height, width = shape
    column = f"{SIDE} + '_{quantity}'"
    top = f"{SCALE} === 'common' ? common_tops[{column}] : tops[{column}][{LEVEL}][{EPOCH}]"
    high = alt.ExprRef(expr=f"max({top}, 1e-6)")
    signed = quantity == "sum"
    low = alt.ExprRef(expr=f"-max({top}, 1e-6)") if signed else 0
    value = "datum.cell / datum.runs" if quantity == "links" else f"datum.cell * {WEIGHT_UNIT}"
    scale = alt.Scale(domain=[low, high], scheme=DIVERGING if signed else SEQUENTIAL, nice=False)
    edge = min(_SIZE // height, _SIZE // width) or 1  # whole pixels, so that no seams show
    square: alt.Chart = (
        chart_of("maps")
        .transform_filter(f"datum.{LEVEL} === {LEVEL} && datum.{EPOCH} === {EPOCH}")
        .transform_calculate(cells=f"datum[{column}]")
        .transform_flatten(["cells"], ["cell"])
        .transform_window(place="row_number()")
        .transform_calculate(
            column=f"(datum.place - 1) % {width}",
            row=f"floor((datum.place - 1) / {width})",
            value=value,
        )
        .mark_rect()
        .encode(
            x=alt.X("column:O", axis=None),
            y=alt.Y("row:O", axis=None),
            color=alt.Color(
                "value:Q",
                title=_TITLES[quantity],
                scale=scale,
                legend=alt.Legend(orient="bottom", gradientLength=_SIZE - 10, tickCount=4, titleLimit=_SIZE),
            ),
            tooltip=[
                alt.Tooltip("value:Q", title=_TITLES[quantity], format=".3~g"),
                alt.Tooltip("row:Q", title="row"),
                alt.Tooltip("column:Q"),
                alt.Tooltip("runs:Q"),
                alt.Tooltip("run_ids:N", title="run ids"),
            ],
        )
        .properties(width=edge * width, height=edge * height, title=_title())
    )
    return square


def _title() -> alt.TitleParams:
    return alt.TitleParams(text=alt.ExprRef(expr=f"level_names[{LEVEL}] + ', ' + epoch_names[{EPOCH}]"))
