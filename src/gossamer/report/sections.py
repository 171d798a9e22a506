"""The sections of a report in their order; what a section lacks is said in its place."""

from collections.abc import Callable, Sequence

from gossamer.errors import AnalysisError
from gossamer.report.figure import Figure
from gossamer.report.figures.accuracy import accuracy, figure_name
from gossamer.report.figures.carrier_panels import carrier_panels
from gossamer.report.figures.classes import classes
from gossamer.report.figures.contour import contour
from gossamer.report.figures.correspondence import correspondence
from gossamer.report.figures.input_maps import input_heat_maps
from gossamer.report.figures.laws import laws
from gossamer.report.figures.learning import learning_curves
from gossamer.report.figures.measures import measures
from gossamer.report.figures.mse_surface import paper_surface
from gossamer.report.figures.paper_maps import paper_maps
from gossamer.report.figures.paper_zooms import paper_zooms
from gossamer.report.material import Material
from gossamer.report.provenance import provenance
from gossamer.report.section import Section
from gossamer.report.table import TableData
from gossamer.report.tables.carriers import carriers_table
from gossamer.report.tables.contours import contours_table
from gossamer.report.tables.costs import costs_table
from gossamer.report.tables.laws import laws_table
from gossamer.report.tables.levels import levels_table
from gossamer.report.tables.paper import paper_comparison, paper_levels, paper_settings
from gossamer.report.tables.runs import controls_table, missing_runs, runs_table
from gossamer.report.tables.structure import correspondence_table, degrees_table
from gossamer.report.words import axis_symbol
from gossamer.train.score import ACCURACY

Draw = Callable[[Material], Figure]
Tabulate = Callable[[Material], TableData | None]


def sections_of(material: Material) -> tuple[Section, ...]:
    """All sections of a report."""
    return (
        _accuracy(material),
        _contour(material),
        _laws(material),
        *_carriers(material),
        _input(material),
        _structure(material),
        _learning(material),
        _paper(material),
        _runs(material),
    )


def _accuracy(material: Material) -> Section:
    controls = controls_table(material)
    return Section(
        name=f"{figure_name(material)}-section",
        title=material.score.title,
        figures=(accuracy(material),),
        tables=() if controls is None else (controls,),
        reading_tables=_by_reading(material, levels_table),
        missing=(*material.notes, *_unread(material), *missing_runs(material)),
    )


def _unread(material: Material) -> list[str]:
    """Why a reading is not offered."""
    reasons = [
        reason
        for curve in material.curves
        for reading, reason in curve.reasons.items()
        if reading not in material.readings
    ]
    return list(dict.fromkeys(reasons))


def _contour(material: Material) -> Section:
    figures, missing = _figures(material, [("The contour", contour)])
    return Section(
        name="contour-section",
        title="Contour",
        text={reading: _plateau(material, reading) for reading in material.readings},
        figures=figures,
        reading_tables=_by_reading(material, contours_table),
        missing=missing,
    )


def _plateau(material: Material, reading: str) -> str:
    """Whether the plateau is flat, which levels dip, and what could not be had."""
    sentences = []
    for curve, findings in material.of_reading(reading):
        notes = (*findings.everything.remarks, *findings.notes)
        sentences += [f"{curve.label}: {note}" if curve.label else note for note in notes]
    return " ".join(dict.fromkeys(sentences))


def _laws(material: Material) -> Section:
    figures, missing = _figures(material, [("The comparison of laws", laws)])
    return Section(
        name="laws-section",
        title="Laws",
        text={reading: _best_law(material, reading) for reading in material.readings},
        figures=figures,
        reading_tables=_by_reading(material, laws_table),
        missing=missing,
    )


def _best_law(material: Material, reading: str) -> str:
    findings = material.first.findings.get(reading)
    if findings is None or not findings.everything.laws:
        return ""
    best = findings.everything.laws[0]
    start = f"{material.first.label}: " if material.first.label else ""
    fit = f"χ² = {best.chi2:.3g} on {best.freedom} degrees of freedom"
    law = f"It is {material.score.label} = {best.formula}; {fit}."
    return f"{start}{findings.everything.best_law_sentence} {law}"


def _carriers(material: Material) -> list[Section]:
    """Only where ζ is varied at several levels of something else."""
    if material.axis != "zeta" or len(material.curves) < 2:
        return []
    figures, missing = _figures(material, [("What carries the fall", carrier_panels)])
    section = Section(
        name="carriers-section",
        title="What carries the fall",
        figures=figures,
        tables=_tables(material, [carriers_table]),
        missing=missing,
    )
    return [section]


def _input(material: Material) -> Section:
    wanted: list[tuple[str, Draw]] = [
        ("Heat maps of the input layer", input_heat_maps),
        ("Correspondence with the data", correspondence),
    ]
    figures, missing = _figures(material, wanted)
    return Section(
        name="input-section",
        title="Input layer",
        figures=figures,
        tables=_tables(material, [correspondence_table]),
        missing=missing,
    )


def _structure(material: Material) -> Section:
    wanted: list[tuple[str, Draw]] = [("Structure of the network", measures)]
    if material.table.task.name == "classification":
        wanted.append(("Accuracy by class", classes))
    figures, missing = _figures(material, wanted)
    found = material.structure.findings
    left_out = f"{len(found.left_out)} diverged runs are left out here." if found and found.left_out else ""
    notes = " ".join(found.notes) if found else ""
    return Section(
        name="structure-section",
        title="Network",
        text=" ".join(part for part in (left_out, notes) if part),
        figures=figures,
        tables=_tables(material, [costs_table, degrees_table]),
        missing=missing,
    )


def _learning(material: Material) -> Section:
    figures, missing = _figures(material, [("Learning curves", learning_curves)])
    return Section(name="learning-section", title="Learning", figures=figures, missing=missing)


def _paper(material: Material) -> Section:
    title = "The paper's figures and tables"
    if material.axis != "zeta":
        return Section(
            name="paper-section",
            title=title,
            missing=(
                "The paper (van Engers 2021) varies the rewiring fraction ζ; this study varies "
                f"{axis_symbol(material.axis)}, so its figures are not drawn.",
            ),
        )
    if material.score != ACCURACY:
        return Section(
            name="paper-section",
            title=title,
            missing=(
                "The paper (van Engers 2021) studies a classification; this study reads "
                f"{material.score.label}, so its figures are not drawn.",
            ),
        )
    wanted: list[tuple[str, Draw]] = [
        ("Figure 3", paper_zooms),
        ("Figure 4", paper_maps),
        ("Figure 5", paper_surface),
    ]
    figures, missing = _figures(material, wanted)
    return Section(
        name="paper-section",
        title=title,
        text=(
            "After van Engers 2021, drawn from the runs of this study and in the paper's reading: the best "
            "test accuracy over all epochs. The paper calls ζ a sparsity; it is the fraction of links that "
            "are rewired."
        ),
        figures=figures,
        tables=_tables(material, [paper_comparison, paper_levels, paper_settings]),
        missing=missing,
    )


def _runs(material: Material) -> Section:
    return Section(
        name="runs-section", title="Runs", text=provenance(material), tables=_tables(material, [runs_table])
    )


def _figures(
    material: Material, wanted: Sequence[tuple[str, Draw]]
) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """Figures that can be drawn, and a sentence for each of the others."""
    figures, missing = [], []
    for name, draw in wanted:
        try:
            figures.append(draw(material))
        except AnalysisError as error:
            missing.append(f"{name}: {error}")
    return tuple(figures), tuple(missing)


def _tables(material: Material, wanted: Sequence[Tabulate]) -> tuple[TableData, ...]:
    """Tables that have rows."""
    found = []
    for tabulate in wanted:
        try:
            found.append(tabulate(material))
        except AnalysisError:
            continue
    return tuple(table for table in found if table is not None)


def _by_reading(
    material: Material, tabulate: Callable[[Material, str], TableData | None]
) -> dict[str, tuple[TableData, ...]]:
    tables = {reading: tabulate(material, reading) for reading in material.readings}
    return {reading: () if table is None else (table,) for reading, table in tables.items()}
