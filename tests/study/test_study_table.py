import csv
import io

import numpy as np
import pytest
from study_helpers import inline

from gossamer.errors import AnalysisError, ConfigError
from gossamer.lab import Study
from gossamer.study import StudyConfig, with_values
from gossamer.study.axes import name_of


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    axes = [{"field": "group", "values": ["a", "b"]}, {"field": "x", "values": [0.1, 0.5, 0.9, 1.0]}]
    config = StudyConfig.from_mapping({"name": "t", "axes": axes, "replicates": 2})
    study = Study(config, tmp_path_factory.mktemp("table"), runner="fake_runner")
    study.run(executor=inline)
    return study


def test_columns_have_one_type_and_one_row_a_run(study):
    table = study.table()
    assert table.n_runs == 16
    assert {len(column) for column in table.values()} == {16}
    assert table["x"].dtype == np.float64
    assert table["group"].dtype.kind == "U"
    assert table["replicate"].dtype == np.int64
    assert set(table["state"].tolist()) == {"finished"}
    assert np.isnan(table["accuracy_selected"]).all()
    np.testing.assert_allclose(table["density"] + table["sparsity"], 1.0)


def test_what_has_not_run_is_in_the_table_without_numbers(study, tmp_path):
    larger = Study(with_values(study.config, {"replicates": 3}), tmp_path, runner="fake_runner")
    assert larger.table().get("identity", np.array([])).size == 0, "nothing is planned before the first run"
    looks = iter(range(100))
    larger.run(executor=inline, stop=lambda: next(looks) > 6)
    table = larger.table()
    assert table.n_runs == 24
    waiting = table["state"] == "waiting"
    assert waiting.any()
    assert np.isnan(table["accuracy_last"][waiting]).all()


def test_csv_has_a_header_and_empty_cells_for_what_is_missing(study):
    rows = list(csv.DictReader(io.StringIO(study.table().to_csv())))
    assert len(rows) == 16
    assert rows[0]["accuracy_selected"] == ""
    assert rows[0]["group"] == "a"


def test_pandas_is_asked_for_only_when_wanted(study, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(AnalysisError, match="pandas is not installed"):
        study.table().to_pandas()


def test_curves_and_their_samples(study):
    assert study.curves() == [{"group": "a"}, {"group": "b"}]
    study = Study(
        study.config.model_copy(update={"analysis": {"harder": "larger"}}), study.folder, runner="fake_runner"
    )
    with pytest.raises(AnalysisError, match="2 curves along x"):
        study.sample()
    sample = study.sample(where={"group": "b"})
    assert sample.axis.name == "x"
    assert (sample.reading, sample.seeds, sample.test_size) == ("best_on_test", "independent", 200)
    assert sorted(set(sample.level.tolist())) == [0.1, 0.5, 0.9, 1.0]
    assert sample.has_predictions.all()
    assert sample.links is not None
    with pytest.raises(AnalysisError, match="no run with group = c"):
        study.sample(where={"group": "c"})
    with pytest.raises(AnalysisError, match="no accuracy 'best'"):
        study.sample(where={"group": "a"}, reading="best")
    with pytest.raises(AnalysisError, match="not a numeric axis"):
        study.sample("group", where={"x": 0.1})


def test_single_values_replace_levels_fields_and_run_fields(study):
    changed = with_values(study.config, {"x": [0.2, 0.3], "replicates": 5, "epochs": 7})
    assert changed.replicates == 5
    assert changed.axes[1].levels() == [0.2, 0.3]
    assert changed.axes[0] == study.config.axes[0]
    assert {name_of(key): value for key, value in changed.run.items()} == {"epochs": 7}
    assert with_values(study.config, {"x": 0.5}).axes[1].levels() == [0.5]
    with pytest.raises(ConfigError, match="replicates"):
        with_values(study.config, {"replicates": 0})


def test_runs_are_read_through_the_study(study):
    identity = study.table()["identity"][0]
    assert study.summary(identity)["identity"] == identity
    assert set(study.arrays(identity, "predictions")) == {"test_last", "test_best_on_test"}
