"""The sections of a report in their order."""

from gossamer.report.figures.accuracy import accuracy
from gossamer.report.material import Material
from gossamer.report.section import Section
from gossamer.report.tables.levels import levels_table


def sections_of(material: Material) -> tuple[Section, ...]:
    """All sections that the study has findings for; what is missing is said in its place."""
    return (_accuracy(material),)


def _accuracy(material: Material) -> Section:
    notes = {r: " ".join(_notes(material, r)) for r in material.readings}
    return Section(
        name="accuracy-section",
        title="Accuracy",
        text=notes,
        figures=(accuracy(material),),
        reading_tables={r: (levels_table(material, r),) for r in material.readings},
    )


def _notes(material: Material, reading: str) -> list[str]:
    found = [findings for _, findings in material.of_reading(reading)]
    return list(
        dict.fromkeys(note for findings in found for note in (*findings.notes, *findings.everything.notes))
    )
