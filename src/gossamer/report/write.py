"""From a study to the files of its report."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gossamer.analysis.groups import has_numeric_axis
from gossamer.errors import StoreError
from gossamer.files import disk_errors, generated_files, refuse_link, replace_folder
from gossamer.report.answer import answer
from gossamer.report.figure import pictures
from gossamer.report.groups import group_findings, group_sections, opening
from gossamer.report.material import gather
from gossamer.report.page import group_page, page
from gossamer.report.section import Section
from gossamer.report.sections import sections_of
from gossamer.study import StudyRuns

PAGE = "report.html"
_OF_A_REPORT = re.compile(r"report\.html|figures/[\w-]+\.(svg|png|pdf|csv)|tables/[\w-]+\.(csv|md|tex)")


@dataclass(frozen=True)
class Report:
    """A report on disk.

    Parameters
    ----------
    folder : Path
    page : Path
        The page; everything else stands beside it.
    files : tuple of Path
        All files, the page first.
    answer : str
        The answer in one sentence, for the reading that the report opens with.
    """

    folder: Path
    page: Path
    files: tuple[Path, ...]
    answer: str


def write_report(study: StudyRuns, out: str | Path | None = None) -> Report:
    """Analyse a study and write its report.

    ::

        report.html                      the whole report as one page that opens without a network
        figures/NAME.svg, .png, .pdf     every figure
        figures/NAME-PART.csv            what is drawn in it
        tables/NAME.csv, .md, .tex       every table

    The same store gives the same bytes. The folder of an earlier report is replaced as a whole, so that it
    never holds files of two reports; what else somebody has put there stays.

    Parameters
    ----------
    study : StudyRuns
    out : path, optional
        Folder of the report; ``report`` in the study's folder if not given.

    Raises
    ------
    AnalysisError
        If no level has runs enough.
    StoreError
        If the store is damaged, the folder holds something that is no report, or a file cannot be written; an
        earlier report is as it was then.
    """
    folder = Path(out) if out is not None else study.folder / "report"
    earlier = _earlier_report(folder)
    sections, html, said = _contents(study)
    files = {PAGE: html.encode(), **dict(_files(sections))}
    replace_folder(folder, files, earlier)
    paths = tuple(folder / name for name in files)
    return Report(folder, paths[0], paths, said)


def _contents(study: StudyRuns) -> tuple[Sequence[Section], str, str]:
    """Sections, page and answer."""
    table = study.table()
    if table.n_runs and not has_numeric_axis(study, table):
        found = group_findings(study, table)
        first = opening(study, table, found)
        found = {first: found[first], **found}
        sections = group_sections(study, table, found)
        return sections, group_page(study, found, sections), found[first].sentence
    material = gather(study)
    sections = sections_of(material)
    return sections, page(material, sections), answer(material, material.reading)


def _files(sections: Sequence[Section]) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files of all figures and tables."""
    for section in sections:
        for figure in section.figures:
            for ending, content in pictures(figure).items():
                yield f"figures/{figure.name}.{ending}", content
            for part, data in figure.data.items():
                if len(data) and figure.csv:
                    yield f"figures/{figure.name}-{part}.csv", data.to_csv().encode()
        for table in section.all_tables:
            yield f"tables/{table.name}.csv", table.to_csv().encode()
            yield f"tables/{table.name}.md", table.to_markdown().encode()
            yield f"tables/{table.name}.tex", table.to_latex().encode()


def _earlier_report(folder: Path) -> set[str]:
    """Names of the files of an earlier report in a folder.

    Raises
    ------
    StoreError
        If the folder holds something, and it is no report.
    """
    refuse_link(folder)
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        paths = [path for path in folder.rglob("*") if not path.is_dir()]
    names = {path.relative_to(folder).as_posix() for path in paths}
    recorded = generated_files(folder)
    if recorded is not None:
        return recorded
    # Reports of the first versions left no record.
    if (names and (PAGE not in names or not all(map(_OF_A_REPORT.fullmatch, names)))) or folder.is_file():
        raise StoreError(
            f"{folder} holds something that no report wrote; choose an empty folder or a new one."
        )
    return names
