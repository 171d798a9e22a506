"""Paths, reach, age, turnover, exploration and small-worldness of networks made by hand or at random."""

import numpy as np
import pytest

from gossamer._native import sample_exact, sample_free, swap_pattern
from gossamer.analysis.structure.age import link_ages
from gossamer.analysis.structure.exploration import exploration
from gossamer.analysis.structure.paths import count_paths
from gossamer.analysis.structure.reach import reach
from gossamer.analysis.structure.small_world import mean_distance, small_world, three_paths
from gossamer.analysis.structure.turnover import Moves, kept_at_random, moves_of, turnover
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
    columns = (np.array(c, np.int64) for c in (nnz, dropped, grown, regrown, updates))
    return Moves(*columns, complete=True)


def test_paths_are_those_of_the_matrix_product():
    matrices = [random_matrix(9, 12, 40, 1), random_matrix(12, 7, 30, 2), random_matrix(7, 4, 11, 3)]
    found = count_paths([pattern(m) for m in matrices])
    paths = np.linalg.multi_dot([m.astype(int) for m in matrices]).sum()
    assert found.log10_paths == pytest.approx(np.log10(paths))
    assert found.log10_expected == pytest.approx(np.log10(40 * 30 * 11 / (12 * 7)))


def test_paths_of_dense_and_very_deep_networks_do_not_overflow():
    deep = [pattern(np.ones((50, 50)))] * 400
    assert count_paths(deep).log10_paths == pytest.approx(401 * np.log10(50))
    assert count_paths(deep).log10_expected == pytest.approx(401 * np.log10(50))


def test_no_path_is_none_and_an_empty_layer_expects_none():
    first, second = [[1, 0], [1, 0]], [[0, 0], [1, 1]]
    assert count_paths([pattern(first), pattern(second)]).log10_paths is None
    empty = count_paths([pattern(first), pattern(np.zeros((2, 2)))])
    assert (empty.log10_paths, empty.log10_expected) == (None, None)


def test_dead_unread_and_unreachable_neurons():
    # Hidden 0 is fine, 1 is never read, 2 is dead, 3 is read by nobody who matters in the next layer.
    first = pattern([[1, 1, 0, 1], [0, 1, 0, 0]])
    second = pattern([[1, 0], [0, 0], [1, 0], [0, 1]])
    third = pattern([[1], [0]])
    found = reach([first, second, third])
    assert [layer.dead for layer in found] == [0, 1, 0, 0]
    assert [layer.unread for layer in found] == [0, 1, 1, 0]
    assert [layer.unreachable for layer in found] == [1, 3, 1, 0]
    assert [layer.neurons for layer in found] == [2, 4, 2, 1]


def test_ages_are_counted_in_epochs():
    births = np.array([0, 0, 10, 30], np.int32)
    found = link_ages(2, births, steps=40, steps_per_epoch=10, start_links=8, kept_at_random=0.1)
    assert found.layer == 2
    assert found.mean == pytest.approx((4 + 4 + 3 + 1) / 4)
    assert found.median == pytest.approx(3.5)
    assert (found.from_start, found.from_start_at_random) == (0.25, 0.1)
    assert link_ages(0, births[:0], steps=1, steps_per_epoch=1, start_links=3, kept_at_random=None) is None


def test_turnover_of_known_moves():
    found = turnover(0, moves([100, 100, 100], [30, 30, 0], [30, 30, 0], [3, 6, 0], [1, 1, 0]))
    assert (found.updates, found.dropped, found.regrown) == (2, pytest.approx(0.3), pytest.approx(0.15))
    assert found.lifetime == pytest.approx(300 / 60)
    still = turnover(0, moves([5], [0], [0], [0], [0]))
    assert (still.dropped, still.regrown, still.lifetime) == (0.0, None, None)


def test_survival_at_random_is_the_product_over_updates():
    assert kept_at_random(moves([10, 10], [2, 5], [2, 5], [0, 0], [1, 1])) == pytest.approx(0.8 * 0.5)
    # Two updates in an epoch that drop 4 of 10 together: each keeps 8 of 10.
    assert kept_at_random(moves([10], [4], [4], [0], [2])) == pytest.approx(0.64)


def test_thinned_history_repeats_what_it_keeps():
    columns = ("nnz", "dropped", "grown", "regrown")
    history = {"epoch": np.array([1, 3])} | {c: np.array([[1, 5], [2, 6]]) for c in columns}
    found = moves_of(history, 1, np.array([1, 1, 1, 0]))
    assert found.nnz.tolist() == [5, 6, 6, 6]
    assert found.dropped.tolist() == [5, 6, 6, 0]
    assert not found.complete
    assert kept_at_random(found) is None


def simulated_exploration(seed, regrow):
    """R_s of a layer that is rewired at random, by counting, and the moves that a history would have."""
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
    return ever.mean(), exploration(0, positions, links, made, uniform=True)


@pytest.mark.parametrize("regrow", [True, False])
def test_expected_exploration_is_that_of_counted_unions(regrow):
    pairs = [simulated_exploration(seed, regrow) for seed in range(200)]
    z = np.array([(true - found.value) / found.deviation for true, found in pairs])
    # Standard errors of mean and variance of 200 standardised numbers.
    assert abs(z.mean()) < 4 / np.sqrt(200)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / 200)


def test_exploration_without_growth_is_exact_and_without_uniform_growth_unknown():
    static = exploration(1, 50, 20, moves([20], [0], [0], [0], [0]), uniform=False)
    assert (static.value, static.deviation, static.exact) == (0.4, 0.0, True)
    found = exploration(1, 50, 20, moves([20], [5], [5], [0], [1]), uniform=False)
    assert (found.value, found.exact) == (None, False)
    # All that is empty grows: nothing is left.
    full = exploration(0, 10, 4, moves([4], [4], [6], [0], [1]), uniform=True)
    assert full.value == pytest.approx(1)


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
    found = small_world([pattern(blocks)], 20_000, 16, 2, random)
    expected = closed_share(blocks)
    assert abs(found.clustering - expected) < 5 * found.clustering_error
    nnz = blocks.sum()
    assert found.clustering_null == pytest.approx((nnz - 3) / (256 - 3))
    assert found.gamma == pytest.approx(expected / found.clustering_null, rel=0.05)


def test_random_networks_are_no_small_worlds():
    patterns = [sample_exact(60, 50, 400, 6, 0), sample_exact(50, 40, 300, 6, 1)]
    sigmas = [small_world(patterns, 5000, 150, 8, np.random.default_rng(seed)).sigma for seed in range(3)]
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
