"""The real files, where they are here."""

import gzip

import numpy as np
import pytest

from gossamer.data import DataConfig, load_dataset

PAPER = DataConfig(
    name="fashion-mnist", split="paper", train_samples=5000, validation_samples=1000, test_samples=1000
)


@pytest.fixture(scope="module")
def raw(data_dir):
    """The four arrays, read without the package."""

    def content(name, header):
        with gzip.open(data_dir / "fashion-mnist" / f"{name}-ubyte.gz") as stream:
            return np.frombuffer(stream.read()[header:], np.uint8)

    return (
        content("train-images-idx3", 16).reshape(60_000, 784),
        content("train-labels-idx1", 8),
        content("t10k-images-idx3", 16).reshape(10_000, 784),
        content("t10k-labels-idx1", 8),
    )


def test_the_papers_subset_is_the_published_one(data_dir, raw):
    data = load_dataset(PAPER, data_dir=data_dir, download=False)
    generator = np.random.RandomState(0)
    train, test = np.arange(60_000), np.arange(10_000)
    generator.shuffle(train)
    generator.shuffle(test)
    for split, images, labels, chosen in (
        (data.train, raw[0], raw[1], train[:5000]),
        (data.validation, raw[0], raw[1], train[5000:6000]),
        (data.test, raw[2], raw[3], test[:1000]),
    ):
        np.testing.assert_array_equal(split.inputs, images[chosen])
        np.testing.assert_array_equal(split.labels, labels[chosen])
    assert (data.n_classes, data.image_shape, data.class_names[9]) == (10, (28, 28), "Ankle boot")
    np.testing.assert_array_equal(data.input_scale, np.float32(1 / 255))
    assert data.checksum == STORED


STORED = "45445df1bcfe3a2dda83861e1ba56d0c8b7dea5c71bd9ba12f1695d48ab475d9"


def test_the_papers_subset_does_not_depend_on_the_seed(data_dir):
    assert load_dataset(PAPER, data_dir=data_dir, seed=5, download=False).checksum == STORED


def test_the_whole_set_is_kept_in_its_order(data_dir, raw):
    data = load_dataset(DataConfig(name="fashion-mnist"), data_dir=data_dir, seed=3, download=False)
    np.testing.assert_array_equal(data.train.inputs, raw[0])
    np.testing.assert_array_equal(data.test.labels, raw[3])
