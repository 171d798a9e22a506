"""What happens in an epoch, and when."""

import numpy as np
import pytest

from gossamer.engine.inputs import Inputs
from gossamer.errors import ConfigError
from gossamer.evolve import evolve
from gossamer.train.record import load
from gossamer.train.session import train

METHODS = {
    "set": {},
    "thresholds": {"method__drop": "paper_threshold", "method__fraction__zeta": 0.6},
    "all layers": {"method__layers": "all", "method__start__epsilon": 2.1},
}


@pytest.mark.parametrize("changes", METHODS.values(), ids=METHODS.keys())
def test_history_conserves_links(changes, small, small_data):
    h = train(small(**changes), small_data).history
    assert np.array_equal(h.nnz[1:], h.nnz[:-1] - h.dropped[:-1] + h.grown[:-1])
    assert h.dropped[:-1, 0].min() > 0
    assert np.array_equal(h.dropped, h.grown)
    assert (h.regrown <= h.grown).all()
    assert not h.dropped[-1].any(), "the last update does nothing"
    assert np.allclose(h.density, h.nnz / [20 * 12, 12 * 10, 10 * 3])


def test_updates_inside_epochs_are_counted_in_their_epoch(small, small_data):
    h = train(small(method__when="every_steps", method__when__every=3), small_data).history
    steps = 60 // 8
    due = [sum(1 for s in range(1, 5 * steps) if s % 3 == 0 and -(-s // steps) == e) for e in range(1, 6)]
    one_update = h.dropped[0, 0] // due[0]
    assert h.dropped[:, 0].tolist() == pytest.approx([n * one_update for n in due], abs=3)
    assert np.array_equal(h.nnz, np.broadcast_to(h.nnz[0], h.nnz.shape))


def test_evaluation_comes_before_the_swap_of_its_epoch(small, small_data, monkeypatch):
    """The row of an epoch is that of the network as it was when its update began."""
    seen = []

    def spy(network, *args, **options):
        inputs = Inputs.of(small_data.test, small_data)
        seen.append((network.nnz, network.evaluate(inputs, small_data.test.labels)[:2]))
        return evolve(network, *args, **options)

    monkeypatch.setattr("gossamer.train.steps.evolve", spy)
    h = train(small(method__grow="none"), small_data).history
    assert len(seen) == 5
    assert [nnz for nnz, _ in seen] == [tuple(row) for row in h.nnz.tolist()]
    assert [accuracy for _, (_, accuracy) in seen] == pytest.approx(h.test_accuracy.tolist(), abs=1e-12)
    assert [loss for _, (loss, _) in seen] == pytest.approx(h.test_loss.tolist(), rel=1e-12)


@pytest.mark.parametrize("last_update", ["prune", "both"])
def test_last_update_that_prunes_is_evaluated_again(last_update, small, small_data):
    plain = train(small(), small_data)
    run = train(small(method__last_update=last_update, method__fraction__zeta=0.3), small_data)
    inputs = Inputs.of(small_data.test, small_data)
    loss, accuracy, classes = run.network.evaluate(inputs, small_data.test.labels)
    assert run.accuracy.last.value == accuracy
    assert np.array_equal(run.predictions["last"].test, classes)
    assert run.history.test_loss[-1] == plain.history.test_loss[-1] != loss
    assert run.history.dropped[-1, 0] > 0
    assert (run.history.grown[-1, 0] > 0) == (last_update == "both")
    assert sum(run.network.nnz) == (run.history.nnz - run.history.dropped + run.history.grown)[-1].sum()


def test_running_score_weighs_a_smaller_last_batch(small, small_data):
    keep = train(small(training__last_batch="keep", training__batch_size=25, training__epochs=1), small_data)
    loop_sizes = np.array([25, 25, 10])
    assert len(small_data.train) == loop_sizes.sum()
    correct = keep.history.train_accuracy_running[0] * 60
    assert correct == pytest.approx(round(correct), abs=1e-9)


def test_batch_larger_than_the_data_is_refused_or_kept(small, small_data):
    with pytest.raises(ConfigError, match=r"batch_size is 100 but there are 60 training samples"):
        train(small(training__batch_size=100), small_data)
    run = train(small(training__batch_size=100, training__last_batch="keep"), small_data)
    assert run.state == "finished"


def test_result_does_not_depend_on_how_calls_are_split(small, small_data, monkeypatch):
    changes = {"training__last_batch": "keep", "method__when": "every_steps", "method__when__every": 3}
    whole = train(small(**changes), small_data)
    monkeypatch.setattr("gossamer.engine.calls.CALL_SECONDS", 0.0)
    steps = []
    split = train(small(**changes), small_data, progress=lambda p: steps.append(p.step))
    assert set(steps) == set(range(1, 5 * 8 + 1))
    for name, column in whole.history.to_arrays().items():
        assert np.array_equal(column, split.history.to_arrays()[name]), name


def test_stop_is_honoured_between_native_calls(small, small_data):
    asked = iter([False, False, True])
    run = train(small(), small_data, stop=lambda: next(asked))
    assert run.state == "interrupted"
    assert len(run.history) <= 1


def test_divergence_ends_the_run_with_its_epoch_and_the_last_finite_values(small, tmp_path, summary):
    run = train(small(optimizer__learning_rate=1e6, training__epochs=30), folder=tmp_path)
    assert run.state == "diverged"
    assert run.diverged_epoch is not None
    assert len(run.history) == run.diverged_epoch - 1
    for column in run.history.to_arrays().values():
        assert np.isfinite(column).all()
    found = summary(tmp_path)
    assert found["state"] == "diverged"
    assert found["diverged_epoch"] == run.diverged_epoch
    if not len(run.history):
        assert found["accuracy"]["last"] is None
        assert "diverged" in found["accuracy_reasons"]["last"]
    again = train(small(optimizer__learning_rate=1e6, training__epochs=30), folder=tmp_path)
    assert (again.state, again.diverged_epoch) == ("diverged", run.diverged_epoch)


def test_divergence_after_some_epochs_keeps_what_came_before(small):
    run = train(small(optimizer__learning_rate=0.5, network__activation="linear"))
    assert run.state == "diverged"
    assert run.diverged_epoch > 1
    assert run.accuracy.best_on_test.epoch < run.diverged_epoch
    assert set(run.predictions) == {"last", "selected", "best_on_test"}


def test_snapshots_are_survivors_of_the_drop_and_links_after_growth(small, small_data):
    run = train(small(training__snapshot_epochs=[1, 3]), small_data)
    assert [(s.epoch, s.updated) for s in run.snapshots] == [(0, False), (1, True), (3, True), (4, True)]
    for snapshot in run.snapshots[1:]:
        nnz, dropped = run.history.nnz[snapshot.epoch - 1, 0], run.history.dropped[snapshot.epoch - 1, 0]
        assert snapshot.survivors.links.sum() == nnz - dropped
        assert snapshot.after.links.sum() == nnz
        assert (snapshot.survivors.absolute_sum >= np.abs(snapshot.survivors.weight_sum) - 1e-6).all()
    first = run.snapshots[0]
    assert first.survivors.links.sum() == pytest.approx(0.7 * first.after.links.sum(), abs=2)


def test_snapshots_of_a_static_network_are_the_network(small, small_data):
    run = train(small(method="static", training__snapshot_epochs=[5]), small_data)
    assert [(s.epoch, s.updated) for s in run.snapshots] == [(0, False), (5, False)]
    assert np.array_equal(run.snapshots[1].after.links, np.diff(run.network.patterns[0].source_offsets))


def test_train_accuracy_is_exact_at_chosen_epochs_and_at_the_end(small, small_data):
    run = train(small(training__train_evaluation_epochs=[2]), small_data)
    assert run.history.train_evaluated.tolist() == [0, 1, 0, 0, 1]
    inputs = Inputs.of(small_data.train, small_data)
    loss, accuracy, _ = run.network.evaluate(inputs, small_data.train.labels)
    assert run.history.train_accuracy[-1] == pytest.approx(accuracy, abs=1e-12)
    assert run.history.train_loss[-1] == pytest.approx(loss, rel=1e-12)


EDGES = {
    "no hidden layer": {"network__hidden": []},
    "no link": {"method__start__epsilon": 0.0},
    "one neuron": {"network__hidden": [1, 1], "network__dropout": 0.5},
    "batches of one": {"training__batch_size": 1},
    "nothing is rewired": {"method__fraction__zeta": 0.0},
    "all is rewired": {"method__fraction__zeta": 1.0, "method__drop": "paper_threshold"},
    "dense": {"method__start": "dense"},
    "dense and rewired": {"method__start": "dense", "method__layers": "all"},
    "only the input layer evolves": {"method__layers": [0]},
    "an update every other epoch": {"method__when__every": 2},
    "no learning": {"optimizer__learning_rate": 0.0},
}


@pytest.mark.filterwarnings("ignore:.*on no path:UserWarning")
@pytest.mark.parametrize("changes", EDGES.values(), ids=EDGES.keys())
def test_edges(changes, small, small_data, tmp_path):
    run = train(small(**changes), small_data, folder=tmp_path)
    assert run.state == "finished"
    again = load(tmp_path)
    assert again.accuracy == run.accuracy
    assert np.array_equal(
        again.network.predict(Inputs.of(small_data.test, small_data)), run.predictions["last"].test
    )
    h = run.history
    assert np.array_equal(h.nnz[1:], h.nnz[:-1] - h.dropped[:-1] + h.grown[:-1])
