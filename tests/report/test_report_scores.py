"""Studies of values and of several labels: every table, sentence and figure says the score's own name."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gossamer.cli.app import run
from gossamer.errors import ConfigError
from gossamer.lab import Study
from gossamer.study import PoolExecutor, StudyConfig

SCORES = {"regression": ["r2", "mse"], "multilabel": ["subset_accuracy", "macro_f1"]}
LABELS = {"regression": "R²", "multilabel": "subset accuracy"}


def table_of(task: str, path: Path) -> dict[str, object]:
    """A table of 160 rows whose targets follow from its features, and how it is read."""
    random = np.random.default_rng(0)
    x = random.normal(size=(160, 6))
    y = x @ np.arange(1, 7) if task == "regression" else (x[:, :2] > 0).astype(int)
    y = y.reshape(160, -1)
    names = [f"target{k}" for k in range(y.shape[1])]
    rows = [",".join(map(str, (*a, *b))) for a, b in zip(x.round(4).tolist(), y.tolist(), strict=True)]
    path.write_text("\n".join([",".join([*"abcdef", *names]), *rows]) + "\n")
    return {
        "name": str(path),
        "task": task,
        "label_column": names,
        "validation_samples": 30,
        "test_samples": 50,
    }


@pytest.fixture(scope="module", params=sorted(SCORES))
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp(request.param)
    base = {
        "data": table_of(request.param, folder / "t.csv"),
        "network": {"hidden": [12]},
        "optimizer": {"learning_rate": 0.02},
        "training": {"epochs": 8, "batch_size": 10},
    }
    axes = [{"field": "zeta", "values": [0.0, 0.3, 0.6, 0.9, 0.96, 1.0]}]
    config = {"name": request.param, "replicates": 2, "run": base, "axes": axes}
    made = Study(StudyConfig.from_mapping(config), folder / "study")
    assert made.run(executor=lambda: PoolExecutor(lambda: ThreadPoolExecutor(2), 2)).state == "complete"
    return made


def own_text(page: str) -> str:
    """A page without the libraries that draw its figures; what is drawn stays."""
    return re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)


def test_the_table_has_every_score_of_the_task(study):
    table, first = study.table(), SCORES[study.config.name][0]
    for score in SCORES[study.config.name]:
        for reading in ("last", "selected", "best_on_test"):
            assert np.isfinite(table[f"{score}_{reading}"]).all()
    assert not [name for name in table if name.startswith("accuracy")]
    assert table.score.name == first
    row = table.rows()[0]
    stored = study.summary(row["identity"])
    assert row[f"{first}_selected"] == stored[first]["selected"]["value"]
    assert row["epoch_selected"] == stored[first]["selected"]["epoch"]


def test_the_analysis_reads_the_first_score(study):
    findings = study.analyse()
    assert findings.to_json()["score"] == SCORES[study.config.name][0]
    table, level = study.table(), findings.everything.levels[0]
    rows = table["zeta"] == level.level
    assert level.mean.value == pytest.approx(table.reading("selected")[rows].mean())
    assert findings.everything.curve is not None
    assert findings.everything.paper == ()
    # Images can be resampled where the score counts them.
    resampled = level.mean.with_test_images is not None
    assert resampled == (study.config.name == "multilabel")
    notes = " ".join(findings.everything.notes)
    assert ("R² is no proportion" in notes) != resampled


def test_the_report_says_the_name_of_the_score(study, tmp_path):
    label = LABELS[study.config.name]
    report = study.report(tmp_path / "report")
    assert report.answer.startswith(f"Test {label} (")
    figure = SCORES[study.config.name][0].replace("_", "-")
    assert (tmp_path / f"report/figures/{figure}.svg").is_file()
    texts = {p.name: p.read_text() for p in report.files if p.suffix in (".csv", ".md", ".tex", ".svg")}
    texts["page"] = own_text(report.page.read_text())
    assert label in texts["levels-selected.md"] or label in texts["page"]
    for name, text in texts.items():
        assert not re.search(r"(?<!subset[ _-])accurac", text, re.IGNORECASE), name
        if study.config.name == "regression":
            assert not re.search(r"\d points?\b|%-point|\(points\)", text), name


def test_the_terminal_says_the_name_of_the_score(study, capsys):
    label, first = LABELS[study.config.name], SCORES[study.config.name][0]
    wanted = {
        "analyse": f"{label} `selected` along zeta",
        "table": f"{first}_last",
        "status": "12 of 12 done",
    }
    for command, part in wanted.items():
        assert run(["study", command, str(study.folder)]) == 0
        said = capsys.readouterr().out
        assert not re.search(r"(?<!subset[ _])accurac", said)
        assert part in said
    assert run(["study", "analyse", str(study.folder), "--json"]) == 0
    assert f'"score": "{first}"' in json.dumps(json.loads(capsys.readouterr().out))


def test_a_study_of_two_tasks_is_refused(tmp_path):
    blocks = [
        {"name": task, "run": {"data": table_of(task, tmp_path / f"{task}.csv")}, "axes": []}
        for task in SCORES
    ]
    study = Study(StudyConfig.from_mapping({"name": "mixed", "blocks": blocks}), tmp_path / "mixed")
    with pytest.raises(ConfigError, match="mixes regression and multilabel, whose scores cannot be compared"):
        study.preview()
