import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gossamer.data.config import DataConfig
from gossamer.data.splits import paper_orders, select, stratified_order
from gossamer.errors import ConfigError

LABELS = hnp.arrays("u4", st.integers(2, 300), elements=st.integers(0, 5))
SEEDS = st.integers(0, 2**63 - 1)


@given(labels=LABELS, seed=SEEDS, step=st.integers(0, 3))
def test_a_stratified_order_is_a_permutation_whose_beginnings_hold_each_class_in_proportion(
    labels, seed, step
):
    order = stratified_order(labels, seed, step)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(labels)))
    # Up to a point t of the line, class c has t n_c samples to within 1/2; summing over the C classes that
    # exist, the number of samples m is t n to within C/2. So c has m n_c / n to within 1/2 + C/2 n_c / n; and
    # samples at equal places, at most one a class, move m by less than C and each count by at most 1.
    share = np.bincount(labels) / len(labels)
    classes = np.count_nonzero(share)
    counts = np.cumsum(labels[order][:, None] == np.arange(len(share)), axis=0)
    expected = np.arange(1, len(labels) + 1)[:, None] * share
    assert (np.abs(counts - expected) <= 1.5 + 1.5 * classes * share + 1e-9).all()


@given(
    labels=LABELS,
    test_labels=st.none() | LABELS,
    seed=SEEDS,
    split=st.sampled_from(["seeded", "paper"]),
    sizes=st.tuples(st.none() | st.integers(1, 300), st.integers(0, 300), st.none() | st.integers(1, 300)),
)
def test_parts_have_the_asked_size_and_share_no_sample(labels, test_labels, seed, split, sizes):
    train, validation, test = sizes
    config = DataConfig(split=split, train_samples=train, validation_samples=validation, test_samples=test)
    try:
        chosen = select(config, labels, test_labels, seed)
    except ConfigError:
        return
    held_out = test_labels is None
    tests = round(len(labels) / 2) if held_out else len(test_labels)
    assert len(chosen.test) == (tests if test is None else test)
    assert len(chosen.validation) == validation
    left = len(labels) - validation - (len(chosen.test) if held_out else 0)
    assert len(chosen.train) == (left if train is None else train) >= 1
    own = [chosen.train, chosen.validation] + ([chosen.test] if held_out else [])
    together = np.concatenate(own)
    assert len(np.unique(together)) == len(together)
    assert together.max() < len(labels)
    assert len(np.unique(chosen.test)) == len(chosen.test)


@given(labels=LABELS, seed=SEEDS)
def test_the_test_part_does_not_depend_on_how_much_is_trained_on(labels, seed):
    if len(labels) < 4:
        return
    whole = select(DataConfig(), labels, None, seed)
    part = select(DataConfig(train_samples=1, validation_samples=1), labels, None, seed)
    np.testing.assert_array_equal(whole.test, part.test)
    assert np.isin(part.train, whole.train).all()


def test_the_papers_orders_are_those_of_the_published_code():
    generator = np.random.RandomState(0)
    train, test = np.arange(60_000), np.arange(10_000)
    generator.shuffle(train)
    generator.shuffle(test)
    np.testing.assert_array_equal(paper_orders(60_000, 10_000)[0], train)
    np.testing.assert_array_equal(paper_orders(60_000, 10_000)[1], test)
    # Stored: what NumPy's frozen legacy generator gives.
    assert train[:5].tolist() == [3048, 19563, 58303, 8870, 40228]
    assert test[:5].tolist() == [6154, 5047, 7004, 6317, 8538]


def test_the_papers_subset_keeps_the_shuffled_order_and_validation_follows():
    config = DataConfig(split="paper", train_samples=5000, validation_samples=1000, test_samples=1000)
    labels = np.zeros(60_000, np.uint32), np.zeros(10_000, np.uint32)
    chosen = select(config, *labels, seed=7)
    generator = np.random.RandomState(0)
    train, test = generator.permutation(60_000), generator.permutation(10_000)
    np.testing.assert_array_equal(chosen.train, train[:5000])
    np.testing.assert_array_equal(chosen.validation, train[5000:6000])
    np.testing.assert_array_equal(chosen.test, test[:1000])


def test_seeded_splits_differ_by_seed_and_repeat():
    labels = np.arange(100, dtype=np.uint32) % 3
    first, again, other = (select(DataConfig(), labels, None, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.test, again.test)
    assert (first.test != other.test).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"train_samples": 6}, "train_samples = 6 and 0 for validation are asked for, but 'digits' has 5"),
        ({"validation_samples": 5}, "the rest and 5 for validation"),
        ({"test_samples": 10}, "10 test samples are asked for, but 'digits' has 10"),
        ({"test_samples": 11}, "11 test samples"),
        ({"validation_fraction": 0.99}, "the rest and 5 for validation"),
        ({"split": "paper"}, "needs a test part"),
    ],
)
def test_more_samples_than_exist_give_one_clear_sentence(settings, message):
    with pytest.raises(ConfigError, match=message):
        select(DataConfig(**settings), np.arange(10, dtype=np.uint32) % 2, None, 0)


def test_more_test_samples_than_the_test_part_has_are_refused():
    labels = np.arange(10, dtype=np.uint32) % 2
    with pytest.raises(ConfigError, match="test_samples = 5, but 'digits' has 4"):
        select(DataConfig(test_samples=5), labels, labels[:4], 0)
