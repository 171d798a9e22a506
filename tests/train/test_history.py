import numpy as np
import pytest

from gossamer.errors import StoreError
from gossamer.train.history import EpochRecord, Evaluation, History, Links
from gossamer.train.readings import Leaders, Predictions, compact_classes


def scored(loss, accuracy):
    return Evaluation(loss, {"accuracy": accuracy})


def record(epoch, test=0.5, validation=0.5):
    links = Links((10 + epoch, 4), (1, 0), (2, 0), (1, 0))
    train = scored(0.25, 0.75) if epoch == 2 else None
    held_out = None if validation is None else scored(1.0, validation)
    return EpochRecord(epoch, 0.1, scored(2.0, 0.25), train, held_out, scored(1.5, test), links)


@pytest.mark.parametrize("validation", [0.5, None])
def test_rows_become_typed_columns_and_rows_again(validation):
    records = [record(epoch, validation=validation) for epoch in (1, 2, 3)]
    history = History.of(records, (100, 40), validation=validation is not None)
    assert len(history) == 3
    assert history.nnz.shape == (3, 2)
    assert history.density.tolist() == [[0.11, 0.1], [0.12, 0.1], [0.13, 0.1]]
    assert history.train_evaluated.tolist() == [0, 1, 0]
    assert (history.validation_loss is None) == (validation is None)
    assert {array.dtype.name for array in history.to_arrays().values()} == {"int64", "float64", "int8"}
    assert History.from_arrays(history.to_arrays()).records() == records


def test_empty_history_keeps_its_shape():
    history = History.of([], (100, 40), validation=True)
    assert history.nnz.shape == (0, 2)
    assert History.from_arrays(history.to_arrays()).records() == []


def test_incomplete_columns_are_refused():
    arrays = History.of([record(1)], (100, 40), validation=True).to_arrays()
    with pytest.raises(StoreError, match="no column 'test_loss'"):
        History.from_arrays({name: array for name, array in arrays.items() if name != "test_loss"})
    with pytest.raises(StoreError, match="of shape"):
        History.from_arrays(arrays | {"test_loss": np.zeros(2)})


def leaders_of(test, validation):
    leaders = Leaders()
    for epoch, (t, v) in enumerate(zip(test, validation, strict=True), start=1):
        leaders = leaders.after(epoch, t, v, Predictions(np.array([epoch], np.uint8), None))
    return leaders


def test_first_epoch_wins_ties():
    leaders = leaders_of([0.5, 0.9, 0.9, 0.7], [0.1, 0.2, 0.8, 0.8])
    assert (leaders.best_on_test.epoch, leaders.best_on_test.test_score) == (2, 0.9)
    assert (leaders.selected.epoch, leaders.selected.test_score) == (3, 0.9)
    assert leaders.selected.predictions.test.tolist() == [3]


def test_nothing_is_selected_without_validation():
    assert leaders_of([0.5, 0.9], [None, None]).selected is None


@pytest.mark.parametrize(
    ("classes", "dtype"), [(2, "uint8"), (256, "uint8"), (257, "uint16"), (70000, "uint32")]
)
def test_classes_are_stored_compactly(classes, dtype):
    values = np.array([0, classes - 1], np.uint32)
    assert compact_classes(values, classes).dtype == dtype
    assert compact_classes(values, classes).tolist() == values.tolist()
