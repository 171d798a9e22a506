"""Correspondence of the input layer with the data against level, beside what chance would give."""

from collections.abc import Iterator
from typing import Any

import altair as alt

from gossamer.errors import AnalysisError
from gossamer.report.figure import Choice, Figure, FigureData
from gossamer.report.figures.parts import chart_of, level_order
from gossamer.report.material import Material
from gossamer.report.style import BLUE, TEXT
from gossamer.report.words import level_text

MAPS = {
    "survivor links": "survivors' links (paper)",
    "survivor sum": "survivors' weight sum (paper)",
    "grown links": "links after growth",
    "grown abs_sum": "sum of |weights| after growth",
}
_TITLES = {
    "deviation": "correlation with the standard deviation of the pixel",
    "mean": "correlation with the mean of the pixel",
    "moran": "Moran's I (smoothness over the image)",
    "label_information": "information shared with label information (bits)",
}
_WIDTH, _HEIGHT, _NORMAL = 300, 170, 1.96


def correspondence(material: Material) -> Figure:
    """Four statistics of the input layer's maps.

    Raises
    ------
    AnalysisError
        If there are no statistics of the maps.
    """
    data = correspondence_data(material)
    if not len(data):
        notes = material.structure.findings.notes if material.structure.findings else ()
        raise AnalysisError(material.structure.reason or " ".join(notes) or "No map has a statistic.")
    names = [name for name in _TITLES if name in data.columns["statistic"]]
    panels = [_panel(material, name, last=k >= len(names) - 2) for k, name in enumerate(names)]
    rows = [alt.hconcat(*panels[k : k + 2], spacing=30) for k in range(0, len(panels), 2)]
    epoch = material.structure.epoch
    at = "" if epoch is None else f", at the update of epoch {epoch}"
    found = material.structure.findings
    permutations = found.settings.permutations if found else 0
    return Figure(
        name="correspondence",
        title="Does the input layer follow the data?",
        caption=(
            f"Mean over the runs of a level{at}. Band: where 95 % of {permutations} permutations of the "
            "pixels lie. Filled: beyond chance (p ≤ 0.05 after Holm's correction over the levels); hollow: "
            "not shown. Levels with too few links have no value."
            f"{material.of_first}"
        ),
        data={"statistics": data},
        chart=alt.vconcat(*rows, spacing=16).add_params(alt.param(name="map", value="survivor links")),
        choices=(
            Choice(
                "map", "Map", {m: t for m, t in MAPS.items() if m in data.columns["map"]}, "survivor links"
            ),
        ),
    )


def correspondence_data(material: Material) -> FigureData:
    """One row a statistic, map and level."""
    rows = list(_rows(material))
    found = material.structure.findings
    runs = [run for level in found.levels for run in level.runs] if found else []
    return FigureData.of(rows, units={}, runs=runs)


def _rows(material: Material) -> Iterator[dict[str, Any]]:
    for name in _TITLES:
        for chosen in MAPS:
            side, quantity = chosen.split(" ")
            series = material.structure.find(name, side, quantity)
            for found in series.levels if series else ():
                spread = None if found.null_sd is None else _NORMAL * found.null_sd
                null = found.null_mean
                yield {
                    "statistic": name,
                    "map": chosen,
                    "level": found.level,
                    "name": level_text(found.level),
                    "value": found.value,
                    "null_low": None if null is None or spread is None else null - spread,
                    "null_high": None if null is None or spread is None else null + spread,
                    "p": found.p,
                    "p_holm": found.p_holm,
                    "significant": found.significant,
                    "links": found.links,
                    "runs": found.runs,
                    "note": found.note,
                }


def _panel(material: Material, name: str, *, last: bool) -> Any:
    x = level_order(material, shown=last, most=_WIDTH // 14)
    base = chart_of("statistics").transform_filter(f"datum.statistic === {name!r} && datum.map === map")
    band = base.mark_area(color=TEXT, opacity=0.13).encode(
        x, alt.Y("null_low:Q", title=None), alt.Y2("null_high")
    )
    known = base.transform_filter("isValid(datum.value)").encode(x, alt.Y("value:Q", title=None))
    line = known.mark_line(color=BLUE, strokeWidth=1, opacity=0.5)
    points = known.mark_point(color=BLUE, size=34, opacity=1, strokeWidth=1.4).encode(
        fillOpacity=alt.condition("datum.significant", alt.value(1), alt.value(0)),
        fill=alt.value(BLUE),
        tooltip=[
            alt.Tooltip("name:N", title="level"),
            alt.Tooltip("value:Q", format=".3f"),
            alt.Tooltip("null_low:Q", title="by chance, from", format=".3f"),
            alt.Tooltip("null_high:Q", title="to", format=".3f"),
            alt.Tooltip("p:Q", title="p", format=".3~g"),
            alt.Tooltip("p_holm:Q", title="p (Holm)", format=".3~g"),
            alt.Tooltip("links:Q", title="links of the map", format=",.0f"),
            alt.Tooltip("runs:Q"),
        ],
    )
    return alt.layer(band, line, points).properties(width=_WIDTH, height=_HEIGHT, title=_TITLES[name])
