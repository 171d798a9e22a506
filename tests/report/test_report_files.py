"""The files of a report: there, valid, the same again, and nothing in them leaves the page."""

import html.parser
import json
import re
import shutil
import xml.etree.ElementTree as ElementTree

import pytest
from report_studies import PAIR, trained

from gossamer.errors import AnalysisError, StoreError
from gossamer.lab import Study
from gossamer.report import gather, write_report
from gossamer.report.figures.accuracy import accuracy
from gossamer.report.page import page
from gossamer.report.sections import sections_of
from gossamer.report.tables.levels import levels_table
from gossamer.study import StudyConfig

FIGURES = {
    "accuracy",
    "contour",
    "laws",
    "input-maps",
    "correspondence",
    "structure",
    "classes",
    "learning",
    "figure-3",
    "figure-4",
    "figure-5",
}


class Links(html.parser.HTMLParser):
    """Everything of a page that a browser would load or jump to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]


def test_all_files_are_there(written):
    names = {path.relative_to(written.folder).as_posix() for path in written.files}
    assert all(path.stat().st_size for path in written.files)
    for figure in FIGURES - {"input-maps"}:
        assert {f"figures/{figure}.{ending}" for ending in ("svg", "png", "pdf")} <= names
    for table in (
        "levels-selected",
        "contours-last",
        "laws-best-on-test",
        "paper-table-1",
        "paper-table-2",
        "runs",
    ):
        assert {f"tables/{table}.{ending}" for ending in ("csv", "md", "tex")} <= names
    assert written.answer.startswith("Test accuracy (selected on validation)")


def test_pictures_are_what_their_names_say(written):
    for path in written.files:
        content = path.read_bytes()
        if path.suffix == ".svg":
            assert ElementTree.fromstring(content).tag.endswith("svg")
            assert b"NaN" not in content
        elif path.suffix == ".png":
            assert content.startswith(b"\x89PNG\r\n\x1a\n")
        elif path.suffix == ".pdf":
            assert content.startswith(b"%PDF-")
            assert content.rstrip().endswith(b"%%EOF")


def test_the_page_loads_nothing(written):
    text = written.page.read_text()
    links = Links()
    links.feed(text)
    assert all(link.startswith("#") or link.startswith("data:,") for link in links.found)
    styles = "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles


def test_the_page_holds_every_figure_and_leads_with_the_answer(written):
    text = written.page.read_text()
    for figure in FIGURES:
        (content,) = re.findall(
            rf'<script type="application/json" data-specification="{figure}">(.*?)</script>', text, re.DOTALL
        )
        assert json.loads(content)["$schema"].endswith("v6.4.1.json")
    assert text.index('class="answer"') < text.index("<main>") < text.index("<figure")
    assert "ζ\u00a0=" in text


def test_the_same_store_gives_the_same_page(written, sweep, tmp_path):
    second = write_report(sweep, tmp_path)
    for one, other in zip(written.files, second.files, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_what_cannot_be_drawn_is_said_in_its_place(pair_material):
    sections = {section.name: section for section in sections_of(pair_material)}
    assert "no epoch is selected" in " ".join(sections["accuracy-section"].missing)
    assert "ε" in " ".join(sections["paper-section"].missing)
    assert not sections["paper-section"].figures
    text = page(pair_material, list(sections.values()))
    assert "its figures are not drawn" in text


def test_a_study_without_runs_gives_one_clear_sentence(tmp_path):
    config = StudyConfig.from_toml(
        'name = "empty"\nbase = "digits"\n[[axes]]\nfield = "zeta"\nvalues = [0.1, 0.2]\n'
    )
    with pytest.raises(AnalysisError, match="has no runs yet"):
        write_report(Study(config, tmp_path / "empty"))


def test_a_folder_that_cannot_be_written_is_a_store_error(sweep, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        write_report(sweep, tmp_path / "file" / "report")


def test_a_folder_that_is_no_report_is_refused_before_anything_is_computed(sweep, tmp_path):
    (tmp_path / "thesis").write_text("thesis")
    (tmp_path / "link").symlink_to(tmp_path)
    for folder, words in ((tmp_path, "no report wrote"), (tmp_path / "link", "symbolic link")):
        with pytest.raises(StoreError, match=words):
            write_report(sweep, folder)
    assert (tmp_path / "thesis").read_text() == "thesis"


def test_a_study_with_gaps_says_which_runs_are_missing(pair, tmp_path):
    folder = tmp_path / "gaps"
    shutil.copytree(pair.folder, folder)
    gone = Study.load(folder).table()["identity"][0].item()
    shutil.rmtree(folder / "runs" / gone)
    material = gather(Study.load(folder))
    sections = {section.name: section for section in sections_of(material)}
    assert gone[:10] in " ".join(sections["accuracy-section"].missing)
    rows = levels_table(material, "last").rows
    assert [row["class"] for row in rows].count("not fitted") == 1


def test_compact_runs_are_enough_for_a_report(pair, tmp_path):
    pair.export(tmp_path / "compact")
    study = Study.load(pair.folder, folder=tmp_path / "again")
    study.import_from(tmp_path / "compact")
    sections = {section.name: section for section in sections_of(gather(study))}
    assert [figure.name for figure in sections["input-section"].figures] == ["input-maps", "correspondence"]
    assert "compact" in sections["runs-section"].text
    assert "compact" in sections["structure-section"].text


def test_an_axis_whose_hard_end_is_unknown_is_drawn_with_a_note(tmp_path):
    text = PAIR.replace('"epsilon"', '"learning_rate"').replace(
        "[20.0, 5.0, 2.0, 1.0, 0.5]", "[0.01, 0.05, 0.1]"
    )
    material = gather(trained(text, tmp_path / "rates"))
    assert "is not known" in material.notes[0]
    assert material.harder == "larger"
    assert accuracy(material).chart.to_dict()
