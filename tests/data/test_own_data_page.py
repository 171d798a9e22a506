"""docs/own-data.md: what it shows is run, and its lists are those of the program."""

import re
import shlex
from pathlib import Path

import pytest

from gossamer.cli import console
from gossamer.cli.app import run
from gossamer.data import DataConfig
from gossamer.data.files import SUFFIXES
from gossamer.train.record import load

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "own-data.md").read_text()
SMALL = ROOT.parent / "shared" / "data" / "small"
COMMANDS = re.findall(r"^gossamer (.+)$", PAGE, re.MULTILINE)
REACHED = {"COIL20": 0.97, "Isolet": 0.94, "colon": 0.75}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "data_dir", None)


def test_the_examples_of_a_table_and_of_images_run(capsys):
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, {})
    shown = ""
    for command in COMMANDS:
        if ".mat" not in command:
            assert run(shlex.split(command)) == 0, command
            shown += capsys.readouterr().out
    for line in re.findall(r"^(?:data|read as|columns|missing)  .+$", PAGE, re.MULTILINE):
        assert line.removesuffix("...") in shown
    assert load("flowers").accuracy.last.value > 0.9
    assert load("squares").accuracy.last.value > 0.9
    assert load("flats").scores["r2"].last.value > 0.9
    assert Path("prices.csv").read_text().splitlines()[0].count("price") == 1
    assert len(Path("answers.csv").read_text().splitlines()) == 151


@pytest.mark.parametrize("name", REACHED)
def test_the_sets_that_are_passed_around_are_learned_by_the_command_that_is_shown(name):
    if not (SMALL / f"{name}.mat").is_file():
        pytest.skip("the small .mat files are not here")
    command = next(command for command in COMMANDS if f"dataset={name}.mat" in command)
    words = shlex.split(command.replace(f"{name}.mat", str(SMALL / f"{name}.mat")))
    assert run([*words, "--out", "trained"]) == 0
    assert load("trained").accuracy.last.value >= REACHED[name]


def test_the_page_and_the_help_name_every_ending_and_field(capsys):
    fields = {
        "header",
        "separator",
        "decimal",
        "missing",
        "missing_values",
        "leave_out",
        "words",
        "label_column",
    }
    fields |= {"input_array", "label_array", "first_index", "test_fraction", "validation_samples", "scaling"}
    assert fields <= DataConfig.model_fields.keys()
    run(["data", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for text in (PAGE, shown):
        assert [name for name in fields if f"data.{name}" not in text] == []
    assert [suffix for suffix in SUFFIXES if f"`{suffix}`" not in PAGE and f"`{suffix}" not in PAGE] == []
    assert "docs/own-data.md" in (ROOT / "README.md").read_text()
