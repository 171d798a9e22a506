"""Samplers: exact counts, uniform and independent links, the same numbers everywhere.

Seeds are fixed, so a statistical test passes always or never; a right sampler exceeds each bound for less
than one choice of seeds in a million.
"""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pattern_laws import check_invariants, keys_of, masked_patterns, pattern_of_keys
from scipy import stats

from gossamer import random
from gossamer._native import sample_bernoulli, sample_exact, sample_free, swap_pattern
from gossamer.random import Purpose

FALSE_ALARM = 1e-6
sizes = st.integers(1, 40)


def first_distinct(seed, n, count, purpose, step=0, layer=0):
    """The documented meaning of a sample: the first `count` distinct values of floor(draw * n / 2**64).

    Draws whose product has a low half below 2**64 mod n are passed over, which makes the values uniform.
    """
    draws = random.words64(seed, 40 * count + 40, step=step, layer=layer, purpose=purpose)
    found: set[int] = set()
    for draw in draws.tolist():
        if len(found) == count:
            return sorted(found)
        if draw * n % 2**64 >= 2**64 % n:
            found.add(draw * n >> 64)
    raise AssertionError("too few draws")


def assert_equally_likely(counts):
    """Chi-square of equal expected counts."""
    expected = np.mean(counts)
    assert expected > 50
    statistic = np.sum((np.asarray(counts) - expected) ** 2) / expected
    assert stats.chi2.sf(statistic, len(counts) - 1) > FALSE_ALARM


@given(sizes, sizes, st.data())
def test_exact_count_whatever_it_is(n_in, n_out, data):
    nnz = data.draw(st.integers(0, n_in * n_out))
    made = sample_exact(n_in, n_out, nnz, data.draw(st.integers(0, 2**64 - 1)), data.draw(st.integers(0, 9)))
    assert (made.n_in, made.n_out, made.nnz) == (n_in, n_out, nnz)
    check_invariants(made)


@pytest.mark.parametrize("nnz", [0, 1, 15, 40, 500, 1100, 1999, 2000])
def test_exact_is_the_documented_set_of_draws(nnz):
    """Sparse samples sort, denser ones mark, above one half the complement is drawn: one definition."""
    positions = 40 * 50
    drawn = nnz if nnz <= positions // 2 else positions - nnz
    links = first_distinct(11, positions, drawn, Purpose.TOPOLOGY, layer=3)
    if nnz > positions // 2:
        links = sorted(set(range(positions)) - set(links))
    assert keys_of(sample_exact(40, 50, nnz, 11, 3)).tolist() == links


def test_exact_is_the_documented_set_of_draws_when_large():
    links = first_distinct(5, 10**6, 9000, Purpose.TOPOLOGY)
    assert keys_of(sample_exact(1000, 1000, 9000, 5, 0)).tolist() == links


@pytest.mark.parametrize("nnz", [1, 2, 4, 5])
def test_exact_takes_every_set_equally_often(nnz):
    sets = dict.fromkeys(combinations(range(6), nnz), 0)
    for seed in range(200 * len(sets)):
        sets[tuple(keys_of(sample_exact(2, 3, nnz, seed, 0)).tolist())] += 1
    assert_equally_likely(list(sets.values()))


def test_sparse_exact_takes_every_position_equally_often():
    """Counts of positions in samples without replacement are correlated: their chi-square shrinks by
    (N - k) / (N - 1)."""
    positions, nnz = 400, 5
    counts = np.zeros(positions)
    for seed in range(8000):
        counts[keys_of(sample_exact(20, 20, nnz, seed, 0))] += 1
    statistic = np.sum((counts - counts.mean()) ** 2) / counts.mean() * (positions - 1) / (positions - nnz)
    assert stats.chi2.sf(statistic, positions - 1) > FALSE_ALARM
    assert stats.chi2.cdf(statistic, positions - 1) > FALSE_ALARM


@given(sizes, sizes, st.floats(0, 1), st.integers(0, 2**64 - 1))
def test_bernoulli_makes_patterns(n_in, n_out, probability, seed):
    check_invariants(sample_bernoulli(n_in, n_out, probability, seed, 0))


def test_bernoulli_of_zero_and_one_is_certain():
    assert sample_bernoulli(30, 40, 0.0, 1, 0).nnz == 0
    assert sample_bernoulli(30, 40, 1.0, 1, 0).nnz == 1200
    assert sample_bernoulli(30, 40, 5e-324, 1, 0).nnz == 0
    assert sample_bernoulli(30, 40, 1 - 2**-53, 1, 0).nnz == 1200


@pytest.mark.parametrize("probability", [0.03, 0.24, 0.26, 0.7])
def test_bernoulli_links_are_independent_with_the_asked_probability(probability):
    """Every position's count is binomial, so is the number of links; adjacent positions do not correlate."""
    runs = 6000
    links = np.zeros((runs, 12))
    for seed in range(runs):
        links[seed, keys_of(sample_bernoulli(3, 4, probability, seed, 0))] = 1
    variance = probability * (1 - probability)
    z = (links.sum(axis=0) - runs * probability) / np.sqrt(runs * variance)
    assert stats.chi2.sf(np.sum(z**2), 12) > FALSE_ALARM
    totals = links.sum(axis=1)
    expected = runs * stats.binom.pmf(np.arange(13), 12, probability)
    observed = np.bincount(totals.astype(int), minlength=13)
    common = expected > 20
    rest = max(expected[~common].sum(), 1e-9)
    statistic = np.sum((observed - expected)[common] ** 2 / expected[common])
    statistic += (observed[~common].sum() - rest) ** 2 / rest if rest > 5 else 0
    assert stats.chi2.sf(statistic, common.sum()) > FALSE_ALARM
    products = (links[:, :-1] - probability) * (links[:, 1:] - probability)
    assert abs(products.mean()) < 6 * variance / np.sqrt(products.size)


@pytest.mark.parametrize("probability", [1e-9, 3e-7, 1e-5])
def test_bernoulli_at_large_sizes(probability):
    """The count of all positions is binomial, and so is that of the first half: six standard deviations."""
    made = sample_bernoulli(10**6, 10**6, probability, 3, 0)
    expected = 10**12 * probability
    assert abs(made.nnz - expected) < 6 * np.sqrt(expected)
    assert abs(2 * made.source_offsets[500_000] - made.nnz) < 6 * np.sqrt(made.nnz)


@pytest.mark.parametrize(("sample", "amount"), [(sample_exact, 99), (sample_bernoulli, 0.1)])
def test_samples_depend_on_seed_and_layer_alone(sample, amount):
    first, same, seed, layer = (
        sample(30, 40, amount, *numbers) for numbers in [(1, 0), (1, 0), (2, 0), (1, 1)]
    )
    assert first.same_as(same)
    assert not first.same_as(seed)
    assert not first.same_as(layer)


@given(masked_patterns(), st.booleans(), st.data())
def test_free_positions_are_free(masked, exclude_dropped, data):
    pattern, keep = masked
    keys = keys_of(pattern)
    occupied = set(keys.tolist()) if exclude_dropped else set(keys[keep].tolist())
    free = pattern.n_in * pattern.n_out - len(occupied)
    count = data.draw(st.integers(0, free))
    grown = sample_free(pattern, keep, count, 5, 6, 7, exclude_dropped)
    assert grown.dtype == np.uint64
    assert len(grown) == count
    assert (np.diff(grown.astype(np.int64)) > 0).all()
    assert occupied.isdisjoint(grown.tolist())
    assert all(key < pattern.n_in * pattern.n_out for key in grown.tolist())
    with pytest.raises(ValueError, match=f"cannot grow {free + 1} links: only {free} of the"):
        sample_free(pattern, keep, free + 1, 5, 6, 7, exclude_dropped)


@given(masked_patterns(), st.booleans())
def test_free_positions_are_ranks_among_the_free_ones(masked, exclude_dropped):
    pattern, keep = masked
    keys = keys_of(pattern)
    occupied = keys if exclude_dropped else keys[keep]
    free = np.setdiff1d(np.arange(pattern.n_in * pattern.n_out), occupied)
    count = len(free) // 3
    ranks = first_distinct(9, len(free), count, Purpose.GROW_POSITION, step=4, layer=2) if count else []
    assert sample_free(pattern, keep, count, 9, 4, 2, exclude_dropped).tolist() == free[ranks].tolist()


@pytest.mark.parametrize("exclude_dropped", [False, True])
def test_free_positions_take_every_set_equally_often(exclude_dropped):
    pattern = pattern_of_keys(3, 3, [0, 2, 4, 5])
    keep = np.array([1, 0, 1, 1], dtype=np.uint8)
    free = [1, 3, 6, 7, 8] if exclude_dropped else [1, 2, 3, 6, 7, 8]
    sets = dict.fromkeys(combinations(free, 2), 0)
    for step in range(200 * len(sets)):
        sets[tuple(sample_free(pattern, keep, 2, 1, step, 0, exclude_dropped).tolist())] += 1
    assert_equally_likely(list(sets.values()))


def test_free_positions_depend_on_seed_step_and_layer():
    pattern, keep = sample_exact(50, 60, 300, 1, 0), np.ones(300, dtype=np.uint8)
    draws = [
        sample_free(pattern, keep, 40, *numbers, False).tolist()
        for numbers in [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1)]
    ]
    assert len({tuple(draw) for draw in draws}) == 4


LARGE = """
import resource
import numpy as np
from gossamer._native import sample_exact

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

before = peak()
made = sample_exact(10**6, 10**6, 10**7, 1, 0)
print((peak() - before) / (3 * 4 * made.nnz + 2 * 8 * (10**6 + 1)))
assert made.nnz == 10**7
keys = made.link_sources() * np.uint64(10**6) + made.targets
assert (keys[1:] > keys[:-1]).all()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is in kilobytes on Linux only")
def test_a_million_by_a_million_fits_into_memory():
    """10**7 links of 10**12 positions, with a peak of at most three times the pattern itself."""
    result = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True)
    assert float(result.stdout) < 3


def test_growing_in_a_nearly_dense_layer():
    pattern = sample_exact(300, 200, 59_990, 1, 0)
    keep = np.ones(pattern.nnz, dtype=np.uint8)
    grown = sample_free(pattern, keep, 10, 1, 0, 0, False)
    full, _ = swap_pattern(pattern, keep, grown)
    assert full.nnz == 60_000
