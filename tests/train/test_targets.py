"""Values and several labels as targets: scores, training, storage, resumption, refusals."""

import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, mean_squared_error, r2_score

from gossamer.data import from_arrays, load_dataset
from gossamer.engine.inputs import Inputs
from gossamer.errors import ConfigError, DataError
from gossamer.evolve import set_method
from gossamer.train.config import DataConfig, NetworkConfig, RunConfig
from gossamer.train.readings import Leaders, Predictions
from gossamer.train.record import load
from gossamer.train.score import MSE, R2, multilabel_scores, regression_scores
from gossamer.train.session import train
from gossamer.train.task import TASKS, packed, unpacked

NOISE = 0.1


@pytest.mark.parametrize("k", [1, 3])
def test_regression_scores_are_those_of_scikit_learn(k):
    random = np.random.default_rng(k)
    truth = 1e6 + random.standard_normal((97, k)) * [10.0**power for power in range(k)]
    found = (truth + random.standard_normal((97, k))).astype(np.float32)
    assert regression_scores(truth, found) == pytest.approx(
        {"r2": r2_score(truth, found), "mse": mean_squared_error(truth, found)}, rel=1e-9
    )


def test_multilabel_scores_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    truth, found = (random.random((2, 80, 11)) < np.linspace(0.0, 0.6, 11)).astype(np.uint8)
    assert not truth[:, 0].any()
    assert not found[:, 0].any()
    assert multilabel_scores(truth, found) == pytest.approx(
        {
            "subset_accuracy": accuracy_score(truth, found),
            "macro_f1": f1_score(truth, found, average="macro", zero_division=0),
        },
        rel=1e-12,
    )
    np.testing.assert_array_equal(unpacked(packed(found), 11), found)
    assert packed(found).shape == (80, 2)


def test_a_score_that_is_better_when_lower_leads_when_it_is_lower():
    leaders, none = Leaders(), Predictions(np.zeros(1), None)
    for epoch, value in enumerate((3.0, 1.0, 1.0, 2.0), start=1):
        leaders = leaders.after(epoch, value, -value, none, MSE)
    assert (leaders.best_on_test.epoch, leaders.selected.epoch) == (2, 1)


def test_a_score_that_is_better_when_lower_is_analysed_with_its_sign_turned():
    turned = MSE.oriented
    assert (turned.higher_is_better, turned.low, turned.high) == (True, -np.inf, 0.0)
    assert (turned.label, MSE.sign, R2.sign) == ("negative mean squared error", -1, 1)
    assert R2.oriented is R2


def values(n=400, k=2, seed=0):
    random = np.random.default_rng(seed)
    x = random.standard_normal((n, 8)).astype(np.float32)
    y = 5000 + 300 * x @ random.standard_normal((8, k)) + NOISE * random.standard_normal((n, k))
    return x, y


def bits(n=600, k=5, seed=0):
    random = np.random.default_rng(seed)
    x = random.standard_normal((n, 10)).astype(np.float32)
    return x, (x @ random.standard_normal((10, k)) > 0.4).astype(int)


def parts(x, y, *at):
    return list(zip(np.split(x, at), np.split(y, at), strict=True))


def dataset(task, x, y):
    (one, two, three), n = parts(x, y, len(x) // 2, len(x) * 3 // 4), f"{task} set"
    return from_arrays(one, three, two, task=task, scaling="standardise", name=n)


def config(task, **values):
    return RunConfig(
        data=DataConfig(task=task),
        network=NetworkConfig(hidden=(40,)),
        method=set_method(zeta=0.1),
        optimizer={"learning_rate": 0.01},
        training={"epochs": 60, "batch_size": 20},
        **values,
    )


@pytest.fixture(scope="module")
def regression(tmp_path_factory):
    folder = tmp_path_factory.mktemp("regression")
    return train(config("regression"), dataset("regression", *values()), folder=folder)


@pytest.fixture(scope="module")
def multilabel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("multilabel")
    return train(config("multilabel"), dataset("multilabel", *bits()), folder=folder)


def test_linear_targets_are_learned_and_predicted_in_their_own_units(regression):
    x, y = values()
    test_x, test_y = x[300:], y[300:]
    assert regression.score.selected.value > 0.95
    found = regression.predict(test_x)
    assert (found.dtype, found.shape) == (np.float32, (100, 2))
    assert r2_score(test_y, found) == pytest.approx(regression.scores["r2"].last.value, abs=1e-12)
    assert mean_squared_error(test_y, found) == pytest.approx(regression.scores["mse"].last.value, rel=1e-9)
    np.testing.assert_array_equal(regression.predictions["last"].test, found)


def test_what_is_stored_names_the_scores_and_comes_back(regression, summary):
    stored = summary(regression.folder)
    assert "accuracy" not in json.dumps(stored)
    assert stored["data"]["task"] == "regression"
    assert stored["data"]["target_names"] == ["target 1", "target 2"]
    again = load(regression.folder)
    assert again.scores == regression.scores
    assert list(again.scores) == ["r2", "mse"]
    x, _ = values()
    np.testing.assert_array_equal(again.predict(x), regression.predict(x))
    assert set(again.history.test) == {"loss", "r2", "mse"}
    assert "train_r2_running" not in again.history.to_arrays()
    assert again.history.test_r2[-1] == regression.score.last.value
    best = again.scores["mse"].best_on_test
    assert best.epoch == again.history.test_r2.argmax() + 1
    assert best.value == again.history.test_mse[best.epoch - 1]
    with pytest.raises(ConfigError, match="has no accuracy; Run"):
        _ = again.accuracy


def test_several_labels_are_learned_and_stored_as_bits(multilabel):
    x, y = bits()
    found = multilabel.predict(x[450:])
    assert (found.dtype, found.shape) == (np.uint8, (150, 5))
    assert multilabel.scores["macro_f1"].last.value > 0.9
    assert multilabel.score.last.value > 0.6
    assert multilabel.score.last.value == accuracy_score(y[450:], found)
    assert multilabel.scores["macro_f1"].last.value == pytest.approx(
        f1_score(y[450:], found, average="macro"), abs=1e-12
    )
    stored = multilabel.predictions["last"].test
    assert (stored.dtype, stored.shape) == (np.uint8, (150, 1))
    np.testing.assert_array_equal(unpacked(stored, 5), found)
    odds = multilabel.predict_proba(x[450:])
    np.testing.assert_array_equal(odds > 0.5, found == 1)


@pytest.mark.parametrize("task", ["regression", "multilabel"])
def test_interrupted_run_equals_undisturbed_one(task, tmp_path, result_bytes):
    data = dataset(task, *(values(200) if task == "regression" else bits(200)))
    run = config(task, execution={"checkpoint_seconds": 0}).model_copy(
        update={"training": config(task).training.model_copy(update={"epochs": 4})}
    )
    train(run, data, folder=tmp_path / "whole")
    states = []
    while "finished" not in states:
        asked = iter([*[False] * (4 + len(states) % 3), True])
        states.append(train(run, data, folder=tmp_path / "cut", stop=lambda a=asked: next(a)).state)
    assert len(states) > 3
    assert result_bytes(tmp_path / "cut") == result_bytes(tmp_path / "whole")


def test_standardised_targets_do_not_depend_on_their_units():
    x, y = values(200, k=1)
    one, two = (
        train(config("regression"), dataset("regression", x, scaled)).score.last.value
        for scaled in (y, 1024.0 * y)
    )
    assert one == pytest.approx(two, abs=1e-4)
    plain = from_arrays((x[:100], y[:100]), (x[100:], y[100:]), task="regression", target_scaling="none")
    assert plain.target_scaling.scale.tolist() == [1.0]
    assert plain.target_scaling.shift.tolist() == [0.0]


def test_a_network_that_tells_no_classes_does_not_make_any_up(regression, multilabel):
    for run, (x, _) in ((regression, values()), (multilabel, bits())):
        with pytest.raises(DataError, match="tells no classes but values or several labels"):
            run.network.predict(x)
        assert run.network.scores(Inputs.plain(x)).shape[0] == len(x)
    with pytest.raises(DataError, match="tells no classes"):
        load(regression.folder).network.predict(values()[0])


def test_a_table_of_prices_is_a_regression(tmp_path):
    """196 whole-number prices of 200 rows, which as classes would be a class nearly each."""
    n, random = 200, np.random.default_rng(0)
    a, b = 5 * (np.arange(n) % 2) + random.integers(0, 3, n), np.arange(n) // 2 % 4
    rows = list(zip(a.tolist(), b.tolist(), (a * 137 + b * 31 + np.arange(n) * 7).tolist(), strict=True))
    name = table(tmp_path / "r12.csv", "a,b,price", rows)
    read = {"name": name, "task": "regression", "scaling": "standardise", "validation_samples": 30}
    run = train(RunConfig(data=read, network={"hidden": [20]}, training={"epochs": 30, "batch_size": 10}))
    # Most of a price is its row's number, which no feature tells.
    assert 0.1 < run.score.selected.value < 1
    assert run.data.target_names == ("price",)
    assert 0 < run.predict(np.array([[5, 2]], dtype=np.float32))[0] < 2500


def test_the_task_brings_its_loss_and_a_wrong_one_is_refused():
    assert config("regression").network.loss == "mse"
    assert config("multilabel").network.loss == "binary_cross_entropy"
    assert RunConfig().network.loss == "cross_entropy"
    with pytest.raises(ValueError, match="needs 'mse'"):
        RunConfig(data={"task": "regression"}, network={"loss": "cross_entropy"})
    run = train(RunConfig(training={"epochs": 1}), dataset("regression", *values(80)))
    assert (run.config.network.loss, run.config.data.task) == ("mse", "regression")
    assert all(task.losses and task.scores for task in TASKS.values())


def table(path, head, rows):
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


def test_several_columns_of_a_table_are_targets(tmp_path):
    x, y = values(60)
    rows = [(a[0], b[0], *a[1:], b[1]) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    name = table(tmp_path / "t.csv", "f0,low,f1,f2,f3,f4,f5,f6,f7,high", rows)
    given = DataConfig(name=name, task="regression", label_column=("high", "low"), scaling="none")
    found = load_dataset(given)
    assert found.target_names == ("high", "low")
    assert [column.name for column in found.columns] == [f"f{k}" for k in range(8)]
    by_number = load_dataset(given.model_copy(update={"label_column": (-1, 1)}))
    assert by_number.checksum == found.checksum
    place = np.argmin(np.abs(x[:, 0] - found.test.inputs[3, 0]))
    np.testing.assert_array_equal(found.test.inputs[3], x[place])
    np.testing.assert_array_equal(found.test.labels[3], y[place, ::-1])


REFUSED = {
    "one column": (("multilabel", 2), "several columns of zeros and ones"),
    "a word": (("regression", "words"), "targets that are no numbers, such as 'a'"),
    "missing": (("regression", "nan"), "nan for sample 3"),
    "not zero or one": (("multilabel", "three"), "has 3 as label 2 of sample 1, .*expects 0 or 1"),
    "constant": (("regression", "constant"), "same value in all 20 samples of the train part"),
    "several": (("classification", "bits"), "data.task=multilabel for several labels"),
    "halves": (("classification", "halves"), "data.task=regression if values"),
}


@pytest.mark.parametrize(("given", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_targets_that_do_not_fit_the_task_are_refused(given, sentence):
    task, kind = given
    x = np.random.default_rng(0).standard_normal((40, 3))
    y = {
        2: np.arange(40) % 2,
        "words": np.array(["a", "b"] * 20),
        "nan": np.where(np.arange(40) == 3, np.nan, 1.0 * np.arange(40)),
        "three": np.where((np.arange(40) == 1)[:, None], [0, 3], [0, 1]),
        "constant": np.r_[np.ones(20), np.arange(20)],
        "bits": np.ones((40, 2), int),
        "halves": np.arange(40) / 2,
    }[kind]
    with pytest.raises(DataError, match=sentence):
        from_arrays((x[:20], y[:20]), (x[20:], y[20:]), task=task)


def test_several_label_columns_need_a_task():
    with pytest.raises(ValueError, match="names 2 columns, but a classification has one"):
        DataConfig(name="x.csv", label_column=["a", "b"])
