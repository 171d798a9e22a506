"""Which samples of a source become train, validation and test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.data.config import DataConfig
from gossamer.errors import ConfigError
from gossamer.random import Purpose, permutation


@dataclass(frozen=True, eq=False)
class Selection:
    """Sample numbers (int64) of each part.

    Parameters
    ----------
    train, validation : int64 arrays
        Numbers within the source's training part.
    test : int64 array
        Numbers within its test part where it has one, else within its training part.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def select(
    config: DataConfig, train_labels: NDArray[np.uint32], test_labels: NDArray[np.uint32] | None, seed: int
) -> Selection:
    """Choose the samples of a run.

    ``split = "paper"`` needs a source with a test part. One legacy generator,
    ``numpy.random.RandomState(0)``, shuffles the numbers of the training samples, then those of the test
    samples; the first ones of each order are taken, in that order, and validation takes the ones that follow
    the training samples. `seed` has no say.

    ``split = "seeded"`` takes the first ones of a random order in which every beginning holds the classes in
    proportion (`stratified_order`), drawn from `seed`. Where the source has no test part, the test samples
    come first in that order, then the training samples, then validation: so the test part does not change
    with the other two. Chosen samples keep the order that they have in the source.

    Parameters
    ----------
    config : DataConfig
        Sizes and kind of the split.
    train_labels, test_labels : uint32 arrays
        All labels of the source; `test_labels` is None where it has no test part.
    seed : int
        In [0, 2**63).

    Raises
    ------
    ConfigError
        If more samples are asked for than exist, or the paper's split of a source without a test part.
    """
    if test_labels is None:
        return _from_one_part(config, train_labels, seed)
    n, n_test = len(train_labels), len(test_labels)
    if config.split == "paper":
        order, test_order = paper_orders(n, n_test)
    else:
        order, test_order = stratified_order(train_labels, seed, 0), stratified_order(test_labels, seed, 1)
    tests = n_test if config.test_samples is None else config.test_samples
    if tests > n_test:
        raise ConfigError(
            f"test_samples = {tests}, but '{config.name}' has {n_test} test samples; ask for fewer."
        )
    train, validation = _train_and_validation(config, order)
    return _in_order(config, Selection(train, validation, test_order[:tests]))


def paper_orders(n_train: int, n_test: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The orders of the paper's code: one RandomState(0) shuffles arange(n_train), then arange(n_test)."""
    generator = np.random.RandomState(0)  # the published numbers come from this legacy generator
    orders = np.arange(n_train), np.arange(n_test)
    for order in orders:
        generator.shuffle(order)
    return orders


def stratified_order(labels: NDArray[np.uint32], seed: int, step: int) -> NDArray[np.int64]:
    """Random order of all samples in which every beginning holds the classes in proportion.

    A class of m samples is put, in random order, at the places 1/2, 3/2 ... m - 1/2 on a line of length m,
    all lines are stretched to length 1 and merged. So among the first samples up to any point of the line
    each class has its share to within half a sample; equal places come in random order.

    Parameters
    ----------
    labels : uint32 array
        Shape (n,).
    seed : int
        In [0, 2**63).
    step : int
        Another number gives an independent order.

    Returns
    -------
    int64 array, shape (n,)
    """
    order = permutation(seed, len(labels), step=step, purpose=Purpose.SPLIT)
    shuffled = labels[order]
    by_class = np.argsort(shuffled, kind="stable")
    sizes = np.bincount(shuffled)
    starts = np.cumsum(sizes) - sizes
    place = np.empty(len(labels))
    within = np.arange(len(labels)) - starts[shuffled[by_class]]
    place[by_class] = (within + 0.5) / sizes[shuffled[by_class]]
    return order[np.argsort(place, kind="stable")]


def _from_one_part(config: DataConfig, labels: NDArray[np.uint32], seed: int) -> Selection:
    if config.split == "paper":
        raise ConfigError(
            f"split = 'paper' needs a test part, which '{config.name}' does not have; use 'seeded'."
        )
    n = len(labels)
    share = max(1, round(config.test_fraction * n))
    tests = share if config.test_samples is None else config.test_samples
    if not 1 <= tests < n:
        raise ConfigError(
            f"{tests} test samples are asked for, but '{config.name}' has {n} samples in all; at least one "
            "has to be left for each of test and train."
        )
    order = stratified_order(labels, seed, 0)
    train, validation = _train_and_validation(config, order[tests:])
    return _in_order(config, Selection(train, validation, order[:tests]))


def _train_and_validation(
    config: DataConfig, order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    held_out = config.validation_samples or round(config.validation_fraction * len(order))
    asked = held_out + (config.train_samples or 1)
    if asked > len(order):
        raise ConfigError(
            f"train_samples = {config.train_samples or 'the rest'} and {held_out} for validation are asked "
            f"for, but '{config.name}' has {len(order)} samples for training; ask for fewer."
        )
    train = config.train_samples or len(order) - held_out
    return order[:train], order[train : train + held_out]


def _in_order(config: DataConfig, selection: Selection) -> Selection:
    """The paper's code keeps the shuffled order; else samples stay in the order of the source."""
    if config.split == "paper":
        return selection
    return Selection(*(np.sort(part) for part in (selection.train, selection.validation, selection.test)))
