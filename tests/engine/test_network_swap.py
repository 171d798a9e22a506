"""A swap moves all state of the links that stay, starts the grown ones at zero, and touches nothing else."""

import numpy as np
import pytest
from network_helpers import OPTIMIZERS, assert_same_state, make_inputs, make_network, state, take_steps

from gossamer._native import sample_free
from gossamer.engine.network import Network
from gossamer.engine.reference import ReferenceNetwork
from gossamer.engine.reference_swap import link_keys
from gossamer.errors import ConfigError, DataError

RULES = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["sgd", "nesterov", "adam"])
DENSITIES = pytest.mark.parametrize(
    ("kept", "grown"), [(0.7, 100), (0.0, 40), (1.0, 0), (0.5, 0), (1.0, 200)]
)


def trained(**options):
    network = make_network(dropout=0.2, **options)
    for layer in range(network.n_layers):
        network.set_column(layer, "birth", np.arange(network.nnz[layer], dtype=np.int32))
    take_steps(network)
    return network


def choose(network, layer, kept, count):
    """Keep about a fraction of the links, grow some among the free positions, dropped ones too."""
    pattern = network.patterns[layer]
    keep = np.random.default_rng(layer).random(pattern.nnz) < kept
    grow = sample_free(pattern, keep, count, 3, 7, layer, False)
    return keep, grow, np.random.default_rng(8).normal(size=count).astype(network.dtype)


@DENSITIES
@RULES
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_column_moves_with_its_link(optimizer, dtype, kept, grown):
    network = trained(optimizer=optimizer, dtype=dtype)
    old_keys, before = link_keys(network.patterns[1]), state(network)
    keep, grow, values = choose(network, 1, kept, grown)
    report = network.swap(1, keep, grow, values, 17)
    pattern, after = network.patterns[1], state(network)
    keys = link_keys(pattern)
    np.testing.assert_array_equal(keys, np.sort(np.concatenate([old_keys[keep], grow])))
    assert report.dropped == (~keep).sum()
    assert report.grown == grown
    assert report.regrown == np.isin(grow, old_keys[~keep]).sum()
    assert report.nnz == network.nnz[1] == pattern.nnz == len(keys)
    is_grown = np.isin(keys, grow)
    for name in network.column_names(1):
        np.testing.assert_array_equal(after[1, name][~is_grown], before[1, name][keep])
    np.testing.assert_array_equal(after[1, "weight"][is_grown], values)
    assert (after[1, "birth"][is_grown] == 17).all()
    for name in optimizer.state_columns:
        assert (after[1, name][is_grown] == 0).all()
    for (layer, name), column in before.items():
        if layer != 1 or name.startswith("bias"):
            np.testing.assert_array_equal(after[layer, name], column)


@RULES
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training_goes_on_as_in_a_new_network_with_the_same_state(optimizer, dtype):
    """The same bits: nothing but patterns and columns is carried over a swap."""
    network = trained(optimizer=optimizer, dtype=dtype)
    for layer in range(3):
        network.swap(layer, *choose(network, layer, 0.7, 60), 3)
    fresh = make_network(patterns=network.patterns, optimizer=optimizer, dtype=dtype, dropout=0.2)
    for (layer, name), column in state(network).items():
        put = fresh.set_bias_column if name.startswith("bias") else fresh.set_column
        put(layer, name.removeprefix("bias "), column)
    assert_same_state(network, fresh)
    for step, batch in ((3, 40), (6, 130)):
        ours, theirs = (take_steps(one, batch, first_step=step, kind="csr") for one in (network, fresh))
        np.testing.assert_array_equal(ours.loss, theirs.loss)
    assert_same_state(network, fresh)
    np.testing.assert_array_equal(network.scores(make_inputs()), fresh.scores(make_inputs()))


def test_a_swap_of_nothing_changes_nothing():
    network = trained()
    before, pattern = state(network), network.patterns[0]
    report = network.swap(0, np.ones(pattern.nnz, bool), np.zeros(0, np.uint64), np.zeros(0), 9)
    assert (report.dropped, report.grown, report.regrown, report.nnz) == (0, 0, 0, pattern.nnz)
    assert network.patterns[0].same_as(pattern)
    assert all((column == state(network)[key]).all() for key, column in before.items())


def test_a_layer_can_lose_all_links_and_be_filled():
    """Down to no link, up to every position, with steps in between."""
    network = trained()
    none, every = np.zeros(0, np.uint64), np.arange(50 * 41, dtype=np.uint64)
    network.swap(1, np.zeros(network.nnz[1], bool), none, np.zeros(0), 3)
    assert network.nnz[1] == 0
    assert take_steps(network, first_step=3).bad_step == -1
    network.swap(1, np.zeros(0, bool), every, np.full(len(every), 0.01), 6)
    assert network.nnz[1] == 50 * 41
    assert take_steps(network, first_step=6).bad_step == -1


def test_regrown_links_are_new_links():
    network = trained()
    keys = link_keys(network.patterns[0])
    report = network.swap(0, np.zeros(len(keys), bool), keys, np.ones(len(keys)), 5)
    assert (report.dropped, report.grown, report.regrown) == (len(keys),) * 3
    assert (network.column(0, "velocity") == 0).all()
    assert (network.column(0, "birth") == 5).all()


def test_views_outlive_a_swap():
    """A view keeps the numbers from before, the gradients of the layer are gone."""
    network = trained()
    view, numbers = network.column(0, "weight"), network.column(0, "weight").copy()
    network.gradients(make_inputs(), np.zeros(200, np.uint32), np.arange(8), 0, 0, dropout=False)
    network.swap(0, *choose(network, 0, 0.5, 10), 3)
    take_steps(network)
    np.testing.assert_array_equal(view, numbers)
    with pytest.raises(ValueError, match="no gradients to apply"):
        network.apply(0.1, 0)


@pytest.mark.parametrize(
    ("what", "match"),
    [
        ("repeated", "ascend"),
        ("descending", "ascend"),
        ("outside", "below n_in"),
        ("taken", "kept there"),
        ("keep", "one for each link"),
        ("values", "shape"),
        ("step", "step must be"),
        ("layer", "layer must be"),
    ],
)
def test_a_refused_swap_changes_nothing(what, match):
    network = trained()
    pattern, before = network.patterns[0], state(network)
    keep = np.arange(pattern.nnz) % 2 == 0
    grow = sample_free(pattern, keep, 3, 1, 1, 0, False)
    values, step, layer = np.zeros(3), 5, 0
    match what:
        case "repeated":
            grow[1] = grow[0]
        case "descending":
            grow = grow[::-1]
        case "outside":
            grow[2] = 37 * 50
        case "taken":
            grow = np.sort(np.append(grow[:2], link_keys(pattern)[4]))
        case "keep":
            keep = keep[:-1]
        case "values":
            values = values[:2]
        case "step":
            step = 2**31
        case "layer":
            layer = 3
    with pytest.raises(DataError, match=match):
        network.swap(layer, keep, grow, values, step)
    assert network.patterns[0].same_as(pattern)
    assert all((column == state(network)[key]).all() for key, column in before.items())


@pytest.mark.parametrize("cls", [Network, ReferenceNetwork])
def test_added_columns_move_too(cls):
    """A column that a method adds is one more column: kept links keep it, grown ones start at 0."""
    network = make_network(cls=cls)
    pattern = network.patterns[1]
    network.add_column(1, "score")
    assert "score" in network.column_names(1)
    assert "score" not in network.column_names(0)
    network.set_column(1, "score", np.arange(pattern.nnz))
    keep, grow, values = choose(network, 1, 0.5, 5)
    network.swap(1, keep, grow, values, 1)
    is_grown = np.isin(link_keys(network.patterns[1]), grow)
    np.testing.assert_array_equal(network.column(1, "score")[~is_grown], np.flatnonzero(keep))
    assert (network.column(1, "score")[is_grown] == 0).all()
    for name in ("score", "weight", "birth"):
        with pytest.raises(ConfigError, match="choose another name"):
            network.add_column(1, name)
