import numpy as np
import pytest
from idx_writer import idx_bytes

from gossamer.data import DataConfig, available, from_arrays, load_dataset
from gossamer.errors import ConfigError, DataError


def test_digits_are_bytes_and_half_are_held_out():
    data = load_dataset(DataConfig())
    assert (data.name, data.n_features, data.n_classes, data.image_shape) == ("digits", 64, 10, (8, 8))
    assert (len(data.train), data.validation, len(data.test)) == (899, None, 898)
    assert data.train.inputs.dtype == np.uint8
    assert data.train.inputs.max() == 16
    np.testing.assert_array_equal(data.input_scale, np.float32(1 / 16))
    assert (data.input_shift == 0).all()
    shares = [np.bincount(split.labels) / len(split) for split in (data.train, data.test)]
    np.testing.assert_allclose(shares[0], shares[1], atol=0.004)


def test_digits_split_holds_every_sample_once():
    from sklearn.datasets import load_digits

    data = load_dataset(DataConfig(validation_samples=100), seed=5)
    together = np.concatenate([split.inputs for split in data.parts().values()])
    original = load_digits().data.astype(np.uint8)
    assert sorted(map(bytes, together)) == sorted(map(bytes, original))
    assert (len(data.train), len(data.validation), len(data.test)) == (799, 100, 898)


def test_the_same_config_and_seed_give_the_same_checksum_and_others_do_not():
    sums = [
        load_dataset(DataConfig(**settings), seed=seed).checksum
        for settings, seed in (
            ({}, 0),
            ({}, 0),
            ({"scaling": "none"}, 0),
            ({}, 1),
            ({"train_samples": 100}, 0),
        )
    ]
    assert sums[0] == sums[1] == sums[2]
    assert len(set(sums)) == 3


def test_a_stored_checksum_of_digits():
    assert load_dataset(DataConfig()).checksum == STORED


STORED = "6fd412957ae0d3cbeae857c696ff6026e82076d21cdec63fd5c4a250ea44ed07"


def write_idx_folder(folder, sets=("train", "t10k"), n=12):
    folder.mkdir()
    for name in sets:
        images = np.random.default_rng(len(name)).random((n, 2, 3)).astype(np.float32)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx_bytes(images))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx_bytes((np.arange(n) % 3).astype(np.uint8)))


def test_a_folder_of_idx_files_is_a_set_with_or_without_a_test_part(nowhere, tmp_path):
    write_idx_folder(tmp_path / "both")
    data = load_dataset(DataConfig(name=str(tmp_path / "both"), scaling="none", validation_samples=0))
    assert (data.name, len(data.train), len(data.test), data.image_shape) == ("both", 12, 12, (2, 3))
    write_idx_folder(tmp_path / "one", sets=("train",))
    data = load_dataset(DataConfig(name=str(tmp_path / "one"), scaling="none"))
    assert {part: len(split) for part, split in data.parts().items()} == {
        "train": 8,
        "validation": 2,
        "test": 2,
    }


def test_a_folder_of_train_and_test_tables_is_a_set(nowhere, tmp_path):
    (tmp_path / "train.csv").write_text("1.5,2,a\n3,4,b\n5,6,c\n")
    (tmp_path / "test.csv").write_text("7,8,c\n")
    data = load_dataset(DataConfig(name=str(tmp_path), scaling="none", validation_samples=0))
    assert data.class_names == ("a", "b", "c")
    assert data.train.inputs.tolist() == [[1.5, 2], [3, 4], [5, 6]]
    assert data.test.labels.tolist() == [2]
    (tmp_path / "test.csv").write_text("7,8,9,c\n")
    with pytest.raises(DataError, match="has 3 columns of features; 2 are expected"):
        load_dataset(DataConfig(name=str(tmp_path), scaling="none"))


def test_a_file_is_found_here_in_the_data_folder_and_in_the_environments(nowhere, tmp_path, monkeypatch):
    folders = [tmp_path / name for name in ("here", "given", "named")]
    for folder in folders:
        folder.mkdir()
    monkeypatch.chdir(folders[0])
    monkeypatch.setenv("GOSSAMER_DATA", str(folders[2]))
    config = DataConfig(name="set.csv", scaling="none", train_samples=3, test_samples=1, validation_samples=0)
    for number, folder in reversed(list(enumerate(folders))):
        (folder / "set.csv").write_text(f"{number},a\n{number},b\n" * 2)
        data = load_dataset(config, data_dir=folders[1])
        assert (data.train.inputs == number).all()
        assert str(tmp_path) not in data.provenance + data.name


def test_names_that_are_nothing_give_one_clear_sentence(nowhere, tmp_path):
    with pytest.raises(ConfigError, match="called 'digit': did you mean 'digits'\\?"):
        load_dataset(DataConfig(name="digit"))
    with pytest.raises(ConfigError, match="the named sets are digits, fashion-mnist, mnist"):
        load_dataset(DataConfig(name="/no/such/file.csv"))
    (tmp_path / "file.xyz").write_text("1")
    with pytest.raises(DataError, match="no known format"):
        load_dataset(DataConfig(name=str(tmp_path / "file.xyz")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds neither"):
        load_dataset(DataConfig(name=str(tmp_path / "empty")))


def test_parts_of_different_shape_are_refused(nowhere, tmp_path):
    np.savez(
        tmp_path / "a.npz",
        x_train=np.zeros((2, 2, 3)),
        y_train=[0, 1],
        x_test=np.zeros((2, 3, 2)),
        y_test=[0, 1],
    )
    with pytest.raises(DataError, match=r"shape \(2, 3\) for training and \(3, 2\) for test"):
        load_dataset(DataConfig(name=str(tmp_path / "a.npz")))


def test_arrays_in_memory_become_a_set():
    inputs = np.arange(12).reshape(4, 3)
    data = from_arrays((inputs, ["x", "y", "x", "y"]), (inputs[:2], ["y", "y"]))
    assert data.class_names == ("x", "y")
    assert data.test.labels.tolist() == [1, 1]
    assert data.train.inputs.dtype == np.float32
    for part in ((inputs[:0], []), (inputs, [0, 1])):
        with pytest.raises(DataError):
            from_arrays((inputs, [0, 1, 0, 1]), part)


def test_the_list_of_sets_says_what_is_here(nowhere, tmp_path):
    listed = {info.name: info for info in available(tmp_path)}
    assert list(listed) == ["digits", "fashion-mnist", "mnist", "madelon", "teacher"]
    assert [info.ready for info in listed.values()] == [True, False, False, True, True]
    for name in ("digits", "madelon", "teacher"):
        data, info = load_dataset(DataConfig(name=name)), listed[name]
        assert (data.n_features, data.n_classes) == (info.n_features, info.n_classes)
        assert len(data.train) + len(data.test) == info.samples
