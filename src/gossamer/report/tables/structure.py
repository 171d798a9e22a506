"""Tables of the structure: correspondence of the input layer with the data, and degrees."""

from typing import Any

from gossamer.report.figures.correspondence import MAPS, correspondence_data
from gossamer.report.material import Material
from gossamer.report.table import Column, TableData, fixed, general
from gossamer.report.words import axis_symbol

_STATISTICS = {
    "deviation": "correlation with pixel SD",
    "mean": "correlation with pixel mean",
    "moran": "Moran's I",
    "label_information": "label information (bits)",
}


def correspondence_table(material: Material) -> TableData | None:
    """Every statistic of every map; None where there is none."""
    data = correspondence_data(material)
    if not len(data):
        return None
    return TableData(
        name="correspondence",
        title="Correspondence of the input layer with the data",
        caption=(
            "Mean over the runs of a level; p of a permutation test, before and after Holm's correction over "
            "the levels of a series. A large p is no evidence that there is no correspondence."
        ),
        columns=(
            Column("statistic", "statistic", lambda value: _STATISTICS[value], text=True),
            Column("map", "map", lambda value: MAPS[value], text=True),
            Column("level", axis_symbol(material.axis), general(6)),
            Column("value", "value", fixed(3)),
            Column("null_low", "by chance, from", fixed(3)),
            Column("null_high", "to", fixed(3)),
            Column("p", "p", general(2)),
            Column("p_holm", "p (Holm)", general(2)),
            Column("links", "links", fixed(0)),
        ),
        rows=tuple({**row, "note": row["note"] or None} for row in data.rows()),
        runs=data.runs,
    )


def degrees_table(material: Material) -> TableData | None:
    """Degree distributions by level, layer and end; None where no network is stored."""
    found = material.structure.findings
    rows: list[dict[str, Any]] = [
        {
            "level": level.level,
            "layer": one.layer + 1,
            "end": one.end,
            "mean": one.mean,
            "dispersion": one.dispersion,
            "without_links": one.without_links,
            "largest": one.largest,
            "power_law": one.verdict,
            "law": one.law,
        }
        for level in (found.levels if found else ())
        for one in level.degrees
    ]
    if not rows:
        return None
    return TableData(
        name="degrees",
        title="Degree distributions",
        caption=(
            "Neurons of all runs of a level together. Dispersion: variance over mean, about 1 for links at "
            "random. Power law: verdict of a fit to the tail, with bootstrap, against exponential, Poisson "
            "and lognormal tails. Law: which of the four has the smallest BIC over all degrees above 0; it "
            "may still describe them badly."
        ),
        columns=(
            Column("level", axis_symbol(material.axis), general(6)),
            Column("layer", "layer"),
            Column("end", "links of", text=True),
            Column("mean", "mean degree", general(4)),
            Column("dispersion", "dispersion", general(3)),
            Column("without_links", "neurons without"),
            Column("largest", "largest"),
            Column("power_law", "power law", text=True),
            Column("law", "law (BIC)", text=True),
        ),
        rows=tuple(rows),
        runs=tuple(run for level in (found.levels if found else ()) for run in level.runs),
    )
