"""Parts from outside: the page's own template through command line, file and identity."""

import json
import linecache
import re
import sys
from pathlib import Path

import pytest

from gossamer.cli.app import run
from gossamer.errors import ConfigError
from gossamer.evolve import METHODS, PARTS, plugins
from gossamer.train.record import load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "add_a_method.md"
SMALL = [
    "dataset=teacher",
    "data.teacher.samples=200",
    "data.validation_samples=40",
    "hidden=12,10",
    "batch_size=8",
    "epochs=3",
]


@pytest.fixture
def rule(tmp_path, monkeypatch):
    """The template of the page as a file, and nothing of it left afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(plugins.VARIABLE, "")
    monkeypatch.setattr(plugins, "_loaded", set())
    text = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    path = tmp_path / "my_rule.py"
    path.write_text(text)
    yield path
    PARTS.pop(("drop", "blurred"), None)
    METHODS.pop("blurred_set", None)
    sys.modules.pop("plugin_my_rule", None)


def test_the_template_trains_from_the_command_line_and_counts_in_the_identity(rule, capsys):
    command = ["--plugin", "my_rule.py", "train", "method=blurred_set", *SMALL]
    assert run([*command, "--out", "one", "--json"]) == 0
    identity = json.loads(capsys.readouterr().out)["identity"]
    found = load("one")
    assert found.config.method.name == "blurred_set"
    assert (found.history.dropped[:-1, 0] > 0).all()
    assert run(["--plugin", "my_rule.py", "methods", "show", "blurred_set"]) == 0
    assert "method.drop.blur" in capsys.readouterr().out
    # Another text of the same rule is another run.
    PARTS.pop(("drop", "blurred"))
    METHODS.pop("blurred_set")
    sys.modules.pop("plugin_my_rule")
    plugins._loaded.clear()
    rule.write_text(rule.read_text() + "# changed\n")
    assert run([*command, "--out", "two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identity"] != identity


def test_a_file_names_its_plugins_and_a_part_may_be_scheduled(rule, capsys):
    Path("run.toml").write_text(re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[1])
    assert run(["train", "run.toml", *SMALL, "--out", "run"]) == 0
    drop = load("run").config.method.drop
    assert (drop.kind, drop.blur.kind, drop.blur.start) == ("blurred", "linear", 0.3)


def test_workers_of_a_study_find_the_plugin(rule, capsys):
    lines = [
        'name = "own"',
        "replicates = 1",
        "[plugins]",
        'files = ["my_rule.py"]',
        "[run]",
        'method = "blurred_set"',
    ]
    lines += ["epochs = 1", "hidden = [12, 10]", "[[axes]]", 'field = "zeta"', "values = [0.1]"]
    Path("study.toml").write_text("\n".join(lines))
    assert run(["study", "run", "study.toml", "--workers", "1"]) == 0
    assert "blurred_set" in "".join(path.read_text() for path in Path().rglob("config.json"))


def with_another_body(rule):
    """Let the rule of the page drop the largest weights, under the same kind, as if in a new process."""
    PARTS.pop(("drop", "blurred"))
    METHODS.pop("blurred_set")
    sys.modules.pop("plugin_my_rule")
    plugins._loaded.clear()
    text = rule.read_text()
    assert "return np.abs(layer.weights) *" in text
    rule.write_text(text.replace("return np.abs(layer.weights) *", "return 1 / np.abs(layer.weights) *"))


def test_the_same_kind_with_another_body_is_not_the_run_in_its_folder(rule, capsys):
    command = ["--plugin", "my_rule.py", "train", "method=blurred_set", *SMALL, "--out", "one"]
    assert run(command) == 0
    before = load("one")
    with_another_body(rule)
    capsys.readouterr()
    assert run(command) == 2
    assert "holds another finished run" in " ".join(capsys.readouterr().err.split())
    assert load("one").identity == before.identity


def test_the_same_kind_with_another_body_is_trained_anew_in_a_study(rule, capsys):
    lines = ['name = "own"', "replicates = 2", "[plugins]", 'files = ["my_rule.py"]', "[run]"]
    lines += ['method = "blurred_set"', "epochs = 2", "hidden = [12, 10]", "data.train_samples = 100"]
    Path("study.toml").write_text("\n".join(lines))
    command = ["study", "run", "study.toml", "--workers", "1", "--no-report", "--json"]
    assert run(command) == 0
    assert json.loads(capsys.readouterr().out)["trained"] == 2
    assert run(["study", "digest", "studies/own", "--json"]) == 0
    before = json.loads(capsys.readouterr().out)
    with_another_body(rule)
    assert run(command) == 0
    assert json.loads(capsys.readouterr().out)["trained"] == 2
    assert run(["study", "digest", "studies/own", "--json"]) == 0
    after = json.loads(capsys.readouterr().out)
    assert after["value"] != before["value"]
    assert len(after["outside"]) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("x = (", "SyntaxError"),
        (None, "is not a Python file"),
    ],
)
def test_a_plugin_that_fails_gets_a_sentence(text, words, rule):
    path = rule.with_name("broken.py")
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        plugins.load_plugin(path)
    with pytest.raises(ConfigError, match="one list of paths"):
        plugins.load_listed({"file": "my_rule.py"}, path.parent)


def test_an_installed_package_offers_its_rule_by_an_entry_point(rule, tmp_path, monkeypatch, capsys):
    """What pip leaves behind: a module and a folder that names its entry points."""
    site = tmp_path / "site"
    facts = site / "blurring-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: blurring\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[gossamer.parts]\nblurring = blurring\n")
    module = site / "blurring.py"
    module.write_text(rule.read_text())
    rule.unlink()
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site))

    assert run(["train", "method=blurred_set", *SMALL, "--out", "one", "--json"]) == 0
    identity = json.loads(capsys.readouterr().out)["identity"]
    assert load("one").config.method.name == "blurred_set"

    study = [
        "study",
        "run",
        "digits",
        "method=blurred_set",
        "zeta=0.1",
        "replicates=1",
        "epochs=1",
        "hidden=12,10",
    ]
    assert run([*study, "--folder", "own", "--workers", "1"]) == 0, capsys.readouterr()
    assert "blurred_set" in "".join(path.read_text() for path in Path("own").rglob("config.json"))

    # Another text of the installed rule is another run.
    _forget("blurring")
    capsys.readouterr()
    module.write_text(module.read_text() + "# changed\n")
    assert run(["train", "method=blurred_set", *SMALL, "--out", "two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identity"] != identity
    _forget("blurring")


def _forget(module):
    PARTS.pop(("drop", "blurred"), None)
    METHODS.pop("blurred_set", None)
    sys.modules.pop(module, None)
    plugins._loaded.clear()
    linecache.clearcache()
