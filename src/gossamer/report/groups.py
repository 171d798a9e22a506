"""The report of a study without a numeric axis: which group is best, and by how much."""

from typing import Any

import altair as alt
import numpy as np

from gossamer.analysis.groups import CONFIDENCE, GroupFindings, compare_groups
from gossamer.errors import AnalysisError
from gossamer.report.answer import Fact
from gossamer.report.figure import Figure, FigureData
from gossamer.report.figures.parts import chart_of
from gossamer.report.section import Section
from gossamer.report.style import BLUE, GREY
from gossamer.report.table import Column, TableData, fixed, general, thousands
from gossamer.report.tables.costs import CAPTION, COLUMNS, cost_row
from gossamer.report.words import READING_SHORT, READINGS, first_upper, mean_head
from gossamer.study import StudyRuns, Table

_ROW = 34


def group_findings(study: StudyRuns, table: Table) -> dict[str, GroupFindings]:
    """Findings of every reading that has runs, in the order of `READINGS`."""
    found = {
        reading: compare_groups(study, table, reading)
        for reading in READINGS
        if np.isfinite(table.reading(reading)).any()
    }
    if not found:
        raise AnalysisError("No run of this study is finished yet; run it first.")
    return found


def group_sections(study: StudyRuns, table: Table, found: dict[str, GroupFindings]) -> tuple[Section, ...]:
    """Sections of the report."""
    first = found[opening(study, table, found)]
    groups = Section(
        name="groups-section",
        title=f"{first_upper(first.score.label)} of each group",
        figures=(_figure(found),),
        reading_tables={reading: (_means(one), _differences(one)) for reading, one in found.items()},
        missing=first.notes,
    )
    costs = Section(name="costs-section", title="Cost and topology", tables=_costs(study, table, first))
    return groups, costs, Section(name="runs-section", title="Runs", tables=(_runs(study, table, first),))


def group_facts(found: GroupFindings) -> list[Fact]:
    """The best groups, and how many runs there are."""
    facts = [
        Fact(group.label, found.score.text(group.mean), _interval(found, group.low, group.high))
        for group in found.groups[:4]
        if group.mean is not None
    ]
    done = sum(len(group.values) for group in found.groups)
    return [*facts, Fact("runs", f"{done} of {sum(group.asked for group in found.groups)}", "")]


def opening(study: StudyRuns, table: Table, found: dict[str, GroupFindings]) -> str:
    """The reading that the page opens with."""
    asked = compare_groups(study, table).reading
    return asked if asked in found else next(iter(found))


def _interval(found: GroupFindings, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f"{found.score.text(low)} to {found.score.text(high)}"


def _figure(found: dict[str, GroupFindings]) -> Figure:
    reading = next(iter(found))
    score = found[reading].score
    runs = [
        {"reading": name, "group": group.label, "score": value, "run": run[:10]}
        for name, one in found.items()
        for group in one.groups
        for value, run in zip(group.values, group.runs, strict=True)
    ]
    means = [
        {
            "reading": name,
            "group": g.label,
            "mean": g.mean,
            "low": g.low,
            "high": g.high,
            "runs": len(g.values),
        }
        for name, one in found.items()
        for g in one.groups
        if g.mean is not None
    ]
    units = dict.fromkeys(("score", "mean", "low", "high"), score.unit)
    identities = [run for one in found.values() for group in one.groups for run in group.runs]
    several = len(found) > 1
    return Figure(
        name="groups",
        title=f"Test {score.label} of each group",
        caption=f"Points are runs; the upright is the mean, the line its {100 * CONFIDENCE:g} % interval "
        f"(Student's, over runs).{' One panel for each reading.' if several else ''}",
        data={
            "runs": FigureData.of(runs, units=units, runs=identities),
            "means": FigureData.of(means, units=units, runs=identities),
        },
        chart=_chart(found, score.axis_title),
    )


def _chart(found: dict[str, GroupFindings], title: str) -> Any:
    panels = []
    for reading, one in found.items():
        order = [group.label for group in one.groups]
        of_reading = alt.datum.reading == reading
        y = alt.Y("group:N", sort=order, title=None, axis=alt.Axis(grid=False, labelLimit=150))

        def x(name: str) -> alt.X:
            return alt.X(f"{name}:Q", title=title, scale=alt.Scale(zero=False))

        tooltip = [alt.Tooltip("group:N"), alt.Tooltip("score:Q", format=".4f"), alt.Tooltip("run:N")]
        points = (
            chart_of("runs")
            .transform_filter(of_reading)
            .mark_circle(size=36, color=GREY, opacity=0.8, yOffset=-9)
        )
        means = chart_of("means").transform_filter(of_reading)
        panel = (
            points.encode(x("score"), y, tooltip=tooltip)
            + means.mark_rule(strokeWidth=2, color=BLUE).encode(x("low"), alt.X2("high:Q"), y)
            + means.mark_tick(thickness=3, size=16, color=BLUE).encode(x("mean"), y)
        )
        panels.append(panel.properties(title=READING_SHORT[reading], width=560, height=_ROW * len(order)))
    return alt.vconcat(*panels)


def _means(found: GroupFindings) -> TableData:
    rows = [
        {
            "group": group.label,
            "mean": group.mean,
            "low": group.low,
            "high": group.high,
            "sd": group.sd,
            "runs": len(group.values),
            "asked": group.asked,
            "run_ids": group.runs,
        }
        for group in found.groups
    ]
    return TableData(
        name=f"groups-{found.reading.replace('_', '-')}",
        title=f"{first_upper(found.score.label)} of each group: {READING_SHORT[found.reading]}",
        caption="Means over runs with Student's interval; the best group first.",
        columns=(
            Column("group", "group", text=True),
            Column("mean", mean_head(found.score), fixed(4)),
            Column("low", f"{100 * CONFIDENCE:g} % interval", text=True, of_row=_cells),
            Column("sd", "SD of runs", fixed(4)),
            Column("runs", "runs"),
            Column("asked", "asked for"),
        ),
        rows=tuple(rows),
        runs=tuple(run for group in found.groups for run in group.runs),
    )


def _differences(found: GroupFindings) -> TableData:
    score = found.score
    rows = [
        {
            "one": each.one,
            "other": each.other,
            "paired": "by seed" if each.paired else "no",
            "count": each.count,
            "difference": score.scale * each.mean,
            "low": None if each.low is None else score.scale * each.low,
            "high": None if each.high is None else score.scale * each.high,
            "p": each.p,
            "p_holm": each.p_holm,
            "shown": "yes" if each.shown else "no",
        }
        for each in found.differences
    ]
    digits = fixed(score.digits)
    return TableData(
        name=f"differences-{found.reading.replace('_', '-')}",
        title=f"Differences between groups: {READING_SHORT[found.reading]}",
        caption="Paired by seed where groups share their seeds, else Welch's. p values are corrected over "
        "all pairs (Holm), intervals are not; a difference is shown at a corrected p of at most 0.05. One "
        "that is not shown is no proof of equality: the interval says how large it may be.",
        columns=(
            Column("one", "group", text=True),
            Column("other", "other group", text=True),
            Column("difference", f"difference, {score.difference_unit}", digits),
            Column("low", f"{100 * CONFIDENCE:g} % interval", text=True, of_row=_ends(digits)),
            Column("p_holm", "corrected p", general(2)),
            Column("shown", "shown", text=True),
            Column("paired", "paired", text=True),
            Column("count", "pairs or runs"),
        ),
        rows=tuple(rows),
        runs=tuple(run for group in found.groups for run in group.runs),
    )


def _cells(row: Any) -> str | None:
    return None if row["low"] is None else f"{row['low']:.4f} to {row['high']:.4f}"


def _ends(show: Any) -> Any:
    return lambda row: None if row["low"] is None else f"{show(row['low'])} to {show(row['high'])}"


def _costs(study: StudyRuns, table: Table, found: GroupFindings) -> tuple[TableData, ...]:
    rows = [
        {"group": group.label, **row}
        for group in found.groups
        for row in cost_row(study, table, np.flatnonzero(np.isin(table["identity"], group.runs)))
    ]
    if not rows:
        return ()
    return (
        TableData(
            name="costs",
            title="Cost and topology of each group",
            caption=CAPTION,
            columns=(Column("group", "group", text=True), *COLUMNS),
            rows=tuple(rows),
            runs=tuple(run for row in rows for run in row["run_ids"]),
        ),
    )


def _runs(study: StudyRuns, table: Table, found: GroupFindings) -> TableData:
    axes = [name for name in study.axes() if name in table]
    return TableData(
        name="runs",
        title="All runs",
        caption="One row a planned run; the CSV has whole identities, seeds and links by layer.",
        columns=(
            Column("identity", "run", lambda value: str(value)[:10], text=True),
            *(Column(name, name, text=True) for name in axes),
            Column("replicate", "replicate"),
            Column("state", "state", text=True),
            *(
                Column(f"{found.score.name}_{reading}", READING_SHORT[reading], fixed(4))
                for reading in READINGS
                if f"{found.score.name}_{reading}" in table
            ),
            Column("nnz", "links", thousands),
            Column("sparsity", "sparsity", fixed(4)),
        ),
        rows=tuple(table.rows()),
        runs=tuple(table["identity"].tolist()),
    )
