"""What can be set is told from the models, and what is told is true."""

import json
import re
import subprocess
import sys

import pytest

from gossamer.cli.app import run as command
from gossamer.cli.settings import study_toml
from gossamer.fields import facts_of
from gossamer.study import StudyConfig, study_preset, study_presets
from gossamer.train.presets import preset


@pytest.mark.parametrize("name", study_presets())
def test_a_study_in_full_is_read_back_as_the_same_study(name):
    config = study_preset(name)
    assert StudyConfig.from_toml(study_toml(config)) == config


@pytest.mark.parametrize("name", study_presets())
def test_what_is_shown_behind_comment_signs_is_what_holds(name):
    from gossamer.study.training import resolve

    config = study_preset(name)
    bare = re.sub(r"^#(?=[\w.]+ = )", "", study_toml(config), flags=re.MULTILINE)
    full = StudyConfig.from_toml(bare)
    assert resolve(full.base, [full.run]) == resolve(config.base, [config.run])
    assert full.model_copy(update={"run": config.run, "analysis": config.analysis}) == config


def test_init_writes_a_study_that_runs_and_never_overwrites(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command(["study", "init", "mine"]) == 0
    text = (tmp_path / "mine.toml").read_text()
    assert command(["study", "run", "mine.toml", "--dry-run"]) == 0
    assert command(["study", "init", "mine"]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "mine.toml").read_text() == text


def test_every_key_of_a_run_is_explained_with_its_range_and_unit(capsys):
    for fact in facts_of(preset("digits")):
        assert command(["train", "--help-config", fact.path]) == 0
        shown = capsys.readouterr().out
        assert fact.path in shown
        assert fact.help in shown
    command(["train", "--help-config", "zeta"])
    assert "at least 0, at most 1; unit: fraction" in capsys.readouterr().out
    command(["train", "--help-config", "method.drop"])
    assert "kind magnitude" in capsys.readouterr().out


def test_an_unknown_key_is_answered_with_near_ones(capsys):
    assert command(["train", "--help-config", "zetta"]) == 2
    assert "did you mean zeta" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "wanted"),
    [
        (["--epochs", "3"], "epochs=3"),
        (["--epochs=3"], "epochs=3"),
        (["--learning-rate", "0.1"], "learning_rate=0.1"),
        (["--optimizer.kind", "adam"], "optimizer.kind=adam"),
    ],
)
def test_an_option_that_is_a_key_is_answered_with_how_keys_are_given(option, wanted, capsys):
    assert command(["train", *option]) == 2
    assert f"Settings are given as key=value: {wanted}." in capsys.readouterr().err


def test_a_schema_names_every_field(capsys):
    for what, model in (("study", StudyConfig), ("run", type(preset("digits")))):
        assert command(["schema", what]) == 0
        assert set(json.loads(capsys.readouterr().out)["properties"]) == set(model.model_fields)


def test_presets_are_listed_with_what_they_are(capsys):
    assert command(["presets"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("digits", "paper", *study_presets()))


def test_a_study_is_found_by_the_name_of_its_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(
        'name = "abc"\nbase = "digits"\nreplicates = 1\n[run]\nhidden = [5]\nepochs = 1\n'
        "[[axes]]\nfield = 'zeta'\nvalues = [0.1]\n"
    )
    assert command(["study", "run", "s.toml", "--no-report", "--workers", "1"]) == 0
    capsys.readouterr()
    assert command(["study", "table", "abc", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


@pytest.mark.parametrize("words", [["presets"], ["presets", "--json"], ["--version"], ["--help"]])
def test_a_full_disk_behind_standard_output_is_one_sentence_and_a_closed_one_none(words):
    call = [sys.executable, "-m", "gossamer", *words]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(call, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "gossamer: Standard output cannot be written: No space left on device.\n"
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *call], stderr=subprocess.PIPE, text=True, check=False
    )
    assert (closed.returncode, closed.stderr) == (0, "")
