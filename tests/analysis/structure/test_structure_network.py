"""Paths, reach, age, turnover, exploration and small-worldness of networks made by hand or at random."""

import numpy as np
import pytest

from gossamer._native import sample_exact, sample_free, swap_pattern
from gossamer.analysis.structure.network import (
    clustering,
    log10_expected_paths,
    log10_paths,
    lost_neurons,
    mean_distance,
    small_world,
    three_paths,
)
from gossamer.analysis.structure.turnover import Moves, mean_age
from gossamer.topology import Pattern


def pattern(matrix):
    matrix = np.asarray(matrix, bool)
    offsets = np.concatenate([[0], np.cumsum(matrix.sum(axis=1))]).astype(np.int64)
    return Pattern(*matrix.shape, offsets, np.nonzero(matrix)[1].astype(np.uint32))


def random_matrix(n_in, n_out, nnz, seed):
    p = sample_exact(n_in, n_out, nnz, seed, 0)
    matrix = np.zeros((n_in, n_out), bool)
    matrix[p.link_sources(), p.targets] = True
    return matrix


def moves(nnz, dropped, grown, regrown, updates):
    return Moves(*(np.array(c, np.int64) for c in (nnz, dropped, grown, regrown, updates)))


def test_paths_are_those_of_the_matrix_product():
    matrices = [random_matrix(9, 12, 40, 1), random_matrix(12, 7, 30, 2), random_matrix(7, 4, 11, 3)]
    patterns = [pattern(m) for m in matrices]
    paths = np.linalg.multi_dot([m.astype(int) for m in matrices]).sum()
    assert log10_paths(patterns) == pytest.approx(np.log10(paths))
    assert log10_expected_paths(patterns) == pytest.approx(np.log10(40 * 30 * 11 / (12 * 7)))


def test_paths_of_dense_and_very_deep_networks_do_not_overflow():
    deep = [pattern(np.ones((50, 50)))] * 400
    assert log10_paths(deep) == pytest.approx(401 * np.log10(50))
    assert log10_expected_paths(deep) == pytest.approx(401 * np.log10(50))


def test_no_path_is_none_and_an_empty_layer_expects_none():
    first, second = [[1, 0], [1, 0]], [[0, 0], [1, 1]]
    assert log10_paths([pattern(first), pattern(second)]) is None
    empty = [pattern(first), pattern(np.zeros((2, 2)))]
    assert (log10_paths(empty), log10_expected_paths(empty)) == (None, None)


def test_dead_unread_and_unreachable_neurons():
    # Hidden 0 is fine, 1 is never read, 2 is dead, 3 is read by nobody who matters in the next layer.
    first = pattern([[1, 1, 0, 1], [0, 1, 0, 0]])
    second = pattern([[1, 0], [0, 0], [1, 0], [0, 1]])
    third = pattern([[1], [0]])
    # Of 2, 4, 2 and 1 neurons these are 0 1 0 0, 0 1 1 0 and 1 3 1 0.
    found = lost_neurons([first, second, third])
    assert found == pytest.approx({"dead": 1 / 9, "unread": 2 / 9, "unreachable": 5 / 9})


def test_ages_are_counted_in_epochs():
    births = np.array([0, 0, 10, 30], np.int32)
    assert mean_age(births, 40, 10) == pytest.approx((4 + 4 + 3 + 1) / 4)
    assert mean_age(births[:0], 1, 1) is None


def test_turnover_of_known_moves():
    found = moves([100, 100, 100], [30, 30, 0], [30, 30, 0], [3, 6, 0], [1, 1, 0])
    assert found.turnover == pytest.approx(0.3)
    assert found.lifetime == pytest.approx(300 / 60)
    still = moves([5], [0], [0], [0], [0])
    assert (still.turnover, still.lifetime) == (0.0, None)


def test_thinned_history_repeats_what_it_keeps():
    columns = ("nnz", "dropped", "grown", "regrown")
    history = {"epoch": np.array([1, 3])} | {c: np.array([[1, 5], [2, 6]]) for c in columns}
    found = Moves.of(history, 1, np.array([1, 1, 1, 0]))
    assert found.nnz.tolist() == [5, 6, 6, 6]
    assert found.dropped.tolist() == [5, 6, 6, 0]


def simulated_exploration(seed, regrow):
    """R_s of a layer that is rewired at random, by counting, and expected from the moves of a history."""
    links, epochs, positions = 60, 12, 20 * 15
    p = sample_exact(20, 15, links, seed, 0)
    ever = np.zeros(positions, bool)
    columns = {name: [] for name in ("dropped", "grown", "regrown")}
    for step in range(epochs):
        keys = p.link_sources().astype(np.int64) * 15 + p.targets
        ever[keys] = True
        keep = np.random.default_rng((seed, step)).random(links) > 0.4
        grow = sample_free(p, keep, int((~keep).sum()), seed, step, 0, not regrow)
        columns["dropped"].append(int((~keep).sum()))
        columns["grown"].append(len(grow))
        columns["regrown"].append(int(np.isin(grow, keys[~keep]).sum()))
        p, _ = swap_pattern(p, keep, grow)
    ever[p.link_sources().astype(np.int64) * 15 + p.targets] = True
    made = moves([links] * epochs, *columns.values(), [1] * epochs)
    return ever.mean(), made.explored(positions, links, uniform=True)


@pytest.mark.parametrize("regrow", [True, False])
def test_expected_exploration_is_that_of_counted_unions(regrow):
    true, expected = np.array([simulated_exploration(seed, regrow) for seed in range(200)]).T
    error = (true - expected).std(ddof=1) / np.sqrt(200)
    assert abs((true - expected).mean()) < 4 * error
    assert error < 0.002


def test_exploration_without_growth_is_exact_and_without_uniform_growth_unknown():
    assert moves([20], [0], [0], [0], [0]).explored(50, 20, uniform=False) == pytest.approx(0.4)
    assert moves([20], [5], [5], [0], [1]).explored(50, 20, uniform=False) is None
    # All that is empty grows: nothing is left.
    assert moves([4], [4], [6], [0], [1]).explored(10, 4, uniform=True) == pytest.approx(1)


def test_three_paths_are_counted_by_enumeration():
    matrix = random_matrix(5, 6, 14, 4)
    links = np.argwhere(matrix)
    expected = [(matrix[u].sum() - 1) * (matrix[:, v].sum() - 1) for u, v in links]
    assert three_paths(pattern(matrix)).tolist() == expected


def closed_share(matrix):
    """Part of the paths of three links that a fourth one closes, by enumeration."""
    closed = total = 0
    for u, v in np.argwhere(matrix):
        for other_source in np.flatnonzero(matrix[:, v]):
            for other_target in np.flatnonzero(matrix[u]):
                if other_source != u and other_target != v:
                    total += 1
                    closed += matrix[other_source, other_target]
    return closed / total


def test_clustering_is_the_share_of_closed_paths():
    random = np.random.default_rng(5)
    blocks = np.kron(np.eye(4), np.ones((4, 4))) > 0
    blocks |= random.random(blocks.shape) < 0.1
    found, null = clustering([pattern(blocks)], 20_000, random)
    expected = closed_share(blocks)
    assert abs(found - expected) < 5 * np.sqrt(expected * (1 - expected) / 20_000)
    assert null == pytest.approx((blocks.sum() - 3) / (256 - 3))


def test_random_networks_are_no_small_worlds():
    patterns = [sample_exact(60, 50, 400, 6, 0), sample_exact(50, 40, 300, 6, 1)]
    sigmas = [small_world(patterns, 5000, 150, 8, np.random.default_rng(seed)) for seed in range(3)]
    assert np.mean(sigmas) == pytest.approx(1, abs=0.1)


def test_distance_in_known_graphs():
    random = np.random.default_rng(7)
    # A complete bipartite layer: 1 to the other side, 2 to the own one.
    assert mean_distance([pattern(np.ones((3, 3)))], 100, random) == pytest.approx((3 * 1 + 2 * 2) / 5)
    # A chain of three links; the neuron without links does not count.
    chain = [pattern([[1], [0]]), pattern([[1]]), pattern([[1]])]
    assert mean_distance(chain, 100, random) == pytest.approx((1 + 2 + 3 + 1 + 1 + 2) / 6)


def test_networks_without_paths_of_three_links_have_no_small_worldness():
    random = np.random.default_rng(8)
    assert small_world([pattern(np.eye(5))], 100, 5, 1, random) is None
    assert small_world([pattern(np.ones((4, 4)))], 100, 5, 1, random) is None
