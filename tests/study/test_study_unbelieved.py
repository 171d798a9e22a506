"""What is stored is held to what it says it is, wherever it is read."""

import json

import pytest
from study_helpers import inline, tiny

from gossamer.errors import ConfigError, StoreError
from gossamer.study import StudyConfig
from gossamer.train.measured import read_measured


@pytest.fixture
def study(tmp_path):
    study = tiny(tmp_path, replicates=1)
    study.run(executor=inline)
    return study


def test_two_folders_that_changed_places_are_damaged_not_believed(study, tmp_path):
    first, second, *_ = study.store.finished()
    runs = study.store.runs
    (runs / first).rename(tmp_path / "aside")
    (runs / second).rename(runs / first)
    (tmp_path / "aside").rename(runs / second)
    table = study.table()
    states = dict(zip(table["identity"].tolist(), table["state"].tolist(), strict=True))
    assert {states[first], states[second]} == {"damaged"}
    assert sorted(states.values()).count("finished") == len(states) - 2
    with pytest.raises(StoreError, match="holds another run"):
        study.digest()


def test_a_level_that_was_edited_in_the_stored_plan_is_not_believed(study):
    (path,) = study.store.folder.rglob("0001.json")
    stored = json.loads(path.read_text())
    stored["runs"][0]["level"] = {"x": 0.123}
    path.write_text(json.dumps(stored))
    table = study.table()
    assert table["state"].tolist().count("damaged") == 1
    assert table["state"][table["x"] == 0.123].tolist() == ["damaged"]


OTHER = {
    "level": (None, "x", [], [[1]], -1.5),
    "identity": (None, "x", [], {"x": 1}, -1.5),
    "seed": (None, "x", [], -1.5),
    "block": (None, [], {"x": 1}),
    "cost": (None, "x", [[1]]),
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in OTHER.items() for value in values]
)
def test_a_plan_of_another_shape_is_one_sentence(study, key, value):
    (path,) = study.store.folder.rglob("0001.json")
    stored = json.loads(path.read_text())
    stored["runs"][0][key] = value
    path.write_text(json.dumps(stored))
    with pytest.raises(StoreError, match="does not hold a round of runs"):
        study.table()


def test_toml_that_is_nested_too_deeply_or_has_a_number_beyond_all_bounds_is_one_sentence():
    for text in ("x = " + "[" * 5000 + "]" * 5000, "x = 1e-999999\nname = 3", "x = " + "9" * 5000):
        with pytest.raises(ConfigError):
            StudyConfig.from_toml(text)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '"x"',
        '{"accounting": "x"}',
        '{"accounting": {"flop": {}}}',
        '{"attempts": [1]}',
        '{"attempts": [{"seconds": NaN}]}',
        "[" * 5000,
    ],
)
def test_measured_facts_of_another_shape_are_not_believed(tmp_path, content):
    path = tmp_path / "measured.json"
    path.write_text(content)
    assert read_measured(path) == {}


def test_measured_facts_are_read_as_they_are(study):
    (identity, *_) = study.store.finished()
    path = study.store.runs / identity / "measured" / "measured.json"
    if path.exists():
        assert read_measured(path) == json.loads(path.read_text())
    path.parent.mkdir(exist_ok=True)
    facts = {
        "attempts": [{"seconds": 1.5, "cpu": "x"}],
        "epoch_seconds": {"train": [0.1]},
        "more": [1, {"a": None}],
    }
    path.write_text(json.dumps(facts))
    assert read_measured(path) == facts
