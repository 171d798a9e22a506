"""What lies on a path: counted, expected, and checked before a run."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pattern_laws import pattern_of_keys
from scipy import stats

from gossamer._native import sample_bernoulli
from gossamer.errors import TopologyError
from gossamer.topology import (
    ErdosRenyi,
    check_paths,
    expected_path_coverage,
    path_coverage,
)


@st.composite
def networks(draw):
    """Patterns of a small network."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    density = draw(st.floats(0, 1))
    seed = draw(st.integers(0, 10**6))
    return [sample_bernoulli(*shape, density, seed, layer) for layer, shape in enumerate(pairwise(sizes))]


def matrix(pattern):
    dense = np.zeros((pattern.n_in, pattern.n_out), dtype=int)
    dense[pattern.link_sources(), pattern.targets] = 1
    return dense


def paths_between(matrices, size):
    """Number of paths through a stack of layers; the identity for none."""
    product = np.eye(size, dtype=int)
    for dense in matrices:
        product = product @ dense
    return product


@given(networks())
def test_coverage_equals_the_count_of_paths(patterns):
    """Products of the adjacency matrices count paths; something is on a path where the count is not 0."""
    coverage = path_coverage(patterns)
    matrices = [matrix(pattern) for pattern in patterns]
    total = paths_between(matrices, patterns[0].n_in)
    assert coverage.inputs == np.count_nonzero(total.sum(axis=1))
    assert coverage.outputs == np.count_nonzero(total.sum(axis=0))
    assert coverage.links == tuple(pattern.nnz for pattern in patterns)
    for layer, dense in enumerate(matrices):
        before = paths_between(matrices[:layer], patterns[0].n_in).sum(axis=0)
        after = paths_between(matrices[layer + 1 :], patterns[layer].n_out).sum(axis=1)
        assert coverage.effective_links[layer] == np.count_nonzero(before[:, None] * dense * after)


@given(networks())
def test_effective_links_are_links(patterns):
    coverage = path_coverage(patterns)
    assert all(on <= there for on, there in zip(coverage.effective_links, coverage.links, strict=True))
    assert coverage.sparsity <= coverage.effective_sparsity <= 1
    if coverage.inputs == 0:
        assert coverage.outputs == sum(coverage.effective_links) == 0
        assert coverage.effective_sparsity == 1


def test_example():
    """0 -> 0 -> 1 is the only path; input 1 ends in neuron 2, from which nothing leaves."""
    patterns = [pattern_of_keys(2, 3, [0, 5]), pattern_of_keys(3, 2, [1, 3])]
    coverage = path_coverage(patterns)
    assert (coverage.inputs, coverage.outputs) == (1, 1)
    assert (coverage.links, coverage.effective_links) == ((2, 2), (1, 1))
    assert coverage.sparsity == pytest.approx(1 - 4 / 12)
    assert coverage.effective_sparsity == pytest.approx(1 - 2 / 12)


def test_layers_that_do_not_fit_are_refused():
    with pytest.raises(TopologyError, match="ends in 3 neurons, but pattern 1 begins with 2"):
        path_coverage([pattern_of_keys(2, 3, []), pattern_of_keys(2, 3, [])])
    with pytest.raises(TopologyError, match="at least one pattern"):
        path_coverage([])


def exact_moments(sizes, densities):
    """Mean and variance of the number of neurons of the last layer that are reached, exactly.

    The numbers of reached neurons are a Markov chain: given a, the next is binomial with 1 - (1 - p)^a.
    """
    chance = np.zeros(sizes[0] + 1)
    chance[-1] = 1
    for size, density in zip(sizes[1:], densities, strict=True):
        hit = 1 - (1 - density) ** np.arange(len(chance))
        chance = chance @ stats.binom.pmf(np.arange(size + 1)[None, :], size, hit[:, None])
    count = np.arange(len(chance))
    mean = chance @ count
    return mean, chance @ count**2 - mean**2


# Dense, percolating, and near the threshold where paths die out.
CASES = [
    ((30, 40, 40, 10), (0.2, 0.2, 0.5)),
    ((30, 40, 40, 10), (0.05, 0.05, 0.2)),
    ((30, 40, 40, 10), (0.03, 0.025, 0.03)),
    ((5, 4), (0.3,)),
    ((6, 5, 4), (1.0, 0.0)),
    ((6, 5, 4), (1.0, 0.2)),
]


@pytest.mark.parametrize(("sizes", "densities"), CASES)
def test_samples_agree_with_the_exact_chain(sizes, densities):
    """Six standard errors of the mean of independent samples."""
    runs = 400
    samples = [
        path_coverage(
            [
                sample_bernoulli(*shape, density, seed, layer)
                for layer, (shape, density) in enumerate(zip(pairwise(sizes), densities, strict=True))
            ]
        )
        for seed in range(runs)
    ]
    for found, (mean, variance) in [
        ([sample.outputs for sample in samples], exact_moments(sizes, densities)),
        ([sample.inputs for sample in samples], exact_moments(sizes[::-1], densities[::-1])),
    ]:
        assert abs(np.mean(found) - mean) <= 6 * np.sqrt(max(variance, 0) / runs) + 1e-9


@pytest.mark.parametrize(("sizes", "densities"), CASES)
def test_expectation_is_an_upper_bound_within_its_derived_error(sizes, densities):
    """Jensen's gap of one step is at most n r^2 V / 2 (r = -log(1 - p), the largest curvature being r^2), and
    an error before it grows by at most n p; V is the exact variance of the step before."""
    for side, chain in [(sizes, densities), (sizes[::-1], densities[::-1])]:
        coverage = expected_path_coverage(sizes, densities)
        expected = coverage.outputs if side is sizes else coverage.inputs
        mean, _ = exact_moments(side, chain)
        bound = 0.0
        for layer, density in enumerate(chain):
            _, variance = exact_moments(side[: layer + 1], chain[:layer])
            rate = -np.log1p(-min(density, 1 - 1e-9))
            bound = side[layer + 1] * (density * bound + rate**2 * max(variance, 0) / 2)
        assert mean - 1e-9 <= expected <= min(mean + bound, side[-1]) + 1e-9


def test_expectation_is_exact_for_one_layer_and_for_certain_layers():
    one = expected_path_coverage((5, 4), (0.3,))
    assert one.inputs == pytest.approx(5 * (1 - 0.7**4))
    assert one.outputs == pytest.approx(4 * (1 - 0.7**5))
    assert one.effective_links == pytest.approx((6.0,))
    assert expected_path_coverage((5, 4, 3), (1, 1)).inputs == 5
    assert expected_path_coverage((5, 4, 3), (1, 0)).inputs == 0


def test_expected_effective_links_agree_with_samples_of_the_paper_network():
    """At epsilon 1 about a fifth of the inputs is cut off. Means of 20 samples, six of their standard errors
    (estimated from the samples), on top of the bias that the test above bounds (here below 1 %)."""
    start, sizes = ErdosRenyi(epsilon=1), (784, 1000, 1000, 1000, 10)
    expected = expected_path_coverage(sizes, start.densities(sizes))
    samples = [path_coverage(start.sample(sizes, seed)) for seed in range(20)]
    pairs = [
        ([sample.inputs for sample in samples], expected.inputs),
        *zip(
            np.transpose([sample.effective_links for sample in samples]),
            expected.effective_links,
            strict=True,
        ),
    ]
    for found, value in pairs:
        assert abs(np.mean(found) - value) < 6 * np.std(found, ddof=1) / np.sqrt(20) + 0.01 * value


@pytest.mark.parametrize("densities", [(), (0.1,), (0.1, 1.5), (0.1, float("nan"))])
def test_expectation_needs_a_density_for_each_layer(densities):
    with pytest.raises(TopologyError, match="needs 2 densities between 0 and 1"):
        expected_path_coverage((3, 4, 5), densities)


def test_check_is_silent_when_everything_is_on_a_path():
    start = ErdosRenyi(epsilon=20)
    check = check_paths(start.sample((30, 40, 10), 1), start.densities((30, 40, 10)), require=True)
    assert check.warning is None
    assert (check.sampled.inputs, check.sampled.outputs) == (30, 10)


def test_check_warns_and_refuses_when_required():
    patterns = [pattern_of_keys(2, 3, [0, 5]), pattern_of_keys(3, 2, [1, 3])]
    warning = check_paths(patterns, (1 / 3, 1 / 3), require=False).warning
    assert warning is not None
    assert warning.startswith("1 of 2 inputs and 1 of 2 outputs are on no path")
    with pytest.raises(TopologyError, match=r"1 of 2 inputs.*require_paths = false"):
        check_paths(patterns, (1 / 3, 1 / 3), require=True)
