"""Rounding of densities to links, and the ways to start."""

from itertools import pairwise
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gossamer.errors import TopologyError
from gossamer.topology import (
    ERK,
    Dense,
    ErdosRenyi,
    PerLayer,
    Start,
    UniformDensity,
    achieved_densities,
    achieved_sparsity,
    links_from_density,
    solve_epsilon,
)

PAPER = (784, 1000, 1000, 1000, 10)
LENET = (784, 300, 100, 10)
sides = st.integers(1, 3000)
networks = st.lists(st.integers(1, 60), min_size=2, max_size=5)
starts = st.one_of(
    st.builds(ErdosRenyi, epsilon=st.floats(0, 30), count=st.just("exact"), dense_output=st.booleans()),
    st.builds(ERK, sparsity=st.floats(0, 1)),
    st.builds(UniformDensity, sparsity=st.floats(0, 1), dense_output=st.booleans()),
    st.just(Dense()),
)


@given(sides, sides, st.data())
def test_a_count_made_a_density_comes_back_under_every_rounding(n_in, n_out, data):
    links = data.draw(st.integers(0, n_in * n_out))
    for rounding in ("nearest", "floor", "ceil"):
        assert links_from_density(links / (n_in * n_out), n_in, n_out, rounding) == links


@given(st.floats(0, 1), sides, sides)
def test_roundings_are_ordered_and_close(density, n_in, n_out):
    below, nearest, above = (
        links_from_density(density, n_in, n_out, rule) for rule in ("floor", "nearest", "ceil")
    )
    assert 0 <= below <= nearest <= above <= n_in * n_out
    assert above - below <= 1
    assert abs(nearest - density * n_in * n_out) <= 0.5 + 1e-6


def test_halves_go_up_and_rounding_errors_do_not_count():
    assert [links_from_density(density, 2, 4) for density in (1 / 16, 3 / 16, 5 / 16)] == [1, 2, 3]
    assert links_from_density(0.1 + 0.2, 10, 10, "ceil") == 30
    assert links_from_density(0.1 + 0.2, 10, 10, "floor") == 30
    assert links_from_density(1e-9, 10, 10, "ceil") == ceil(1e-7)
    assert links_from_density(1e-9, 10, 10, "floor") == floor(1e-7)


@pytest.mark.parametrize("density", [-0.1, 1.1, float("nan")])
def test_densities_outside_0_1_are_refused(density):
    with pytest.raises(TopologyError, match="between 0 and 1, but it is"):
        links_from_density(density, 3, 4)


def test_erdos_renyi_of_the_paper():
    """Table of algorithms: 23,192 + 26,000 + 26,000 + 10,000 links at epsilon 13."""
    start = ErdosRenyi(epsilon=13)
    assert start.count == "bernoulli"
    assert start.links(PAPER) == (23_192, 26_000, 26_000, 10_000)
    np.testing.assert_allclose(start.densities(PAPER), (0.029581632653, 0.026, 0.026, 1))
    assert sum(ErdosRenyi(epsilon=1).links(PAPER)) == 6_794
    assert ErdosRenyi(epsilon=1, dense_output=True).densities(PAPER)[-1] == 1


@given(networks, starts, st.integers(0, 2**64 - 1))
def test_exact_samples_have_the_links_asked_for(sizes, start, seed):
    patterns = start.sample(sizes, seed)
    assert [(pattern.n_in, pattern.n_out) for pattern in patterns] == list(pairwise(sizes))
    assert tuple(pattern.nnz for pattern in patterns) == start.links(sizes)
    positions = np.array([pattern.n_in * pattern.n_out for pattern in patterns])
    asked = np.array(start.densities(sizes))
    assert (np.abs(achieved_densities(patterns) - asked) <= (0.5 + 1e-6) / positions).all()


def test_bernoulli_samples_scatter_around_the_density():
    """Six standard deviations of the binomial count."""
    start = ErdosRenyi(epsilon=13)
    for pattern, density in zip(start.sample(PAPER, 3), start.densities(PAPER), strict=True):
        positions = pattern.n_in * pattern.n_out
        assert abs(pattern.nnz - density * positions) <= 6 * np.sqrt(positions * density * (1 - density))
    counts = {start.sample(PAPER, seed)[1].nnz for seed in range(5)}
    assert len(counts) > 1


def test_layers_and_seeds_are_independent():
    first, second = UniformDensity(sparsity=0.5).sample((20, 20, 20), 1)
    assert not first.same_as(second)
    assert not first.same_as(UniformDensity(sparsity=0.5).sample((20, 20), 2)[0])
    assert first.same_as(UniformDensity(sparsity=0.5).sample((20, 20), 1)[0])


@given(networks, st.floats(0, 1))
def test_erk_meets_the_total_and_its_layers_share_one_epsilon(sizes, sparsity):
    shapes = list(pairwise(sizes))
    positions = [n_in * n_out for n_in, n_out in shapes]
    densities = ERK(sparsity=sparsity).densities(sizes)
    assert np.dot(densities, positions) == pytest.approx((1 - sparsity) * sum(positions), abs=1e-6)
    epsilons = [
        density * n_in * n_out / (n_in + n_out)
        for density, (n_in, n_out) in zip(densities, shapes, strict=True)
        if density < 1
    ]
    assert np.ptp(epsilons or [0]) <= 1e-9 * max(epsilons, default=0)
    saturation = [
        n_in * n_out / (n_in + n_out)
        for density, (n_in, n_out) in zip(densities, shapes, strict=True)
        if density == 1
    ]
    assert max(saturation, default=0) <= min(epsilons, default=np.inf) * (1 + 1e-9)


@pytest.mark.parametrize(("sparsity", "epsilon"), [(0.99, 4.11), (0.995, 2.06), (0.999, 0.411)])
def test_epsilon_of_the_paper_network(sparsity, epsilon):
    shapes = list(pairwise(PAPER))
    links = (1 - sparsity) * 2_794_000
    assert solve_epsilon(shapes, links) == pytest.approx(epsilon, rel=2e-3)


def test_erk_of_lenet():
    np.testing.assert_allclose(ERK(sparsity=0.98).densities(LENET), (0.0154, 0.0445, 0.367), atol=5e-4)


def test_erk_counts_a_dense_output_layer():
    densities = ERK(sparsity=0.9, dense_output=True).densities(LENET)
    positions = np.array([784 * 300, 300 * 100, 1000])
    assert densities[-1] == 1
    assert np.dot(densities, positions) == pytest.approx(0.1 * positions.sum())


@given(networks)
def test_erk_names_the_largest_feasible_sparsity(sizes):
    positions = sum(n_in * n_out for n_in, n_out in pairwise(sizes))
    with pytest.raises(TopologyError, match="the largest feasible is") as error:
        ERK(sparsity=1, dense_output=True).densities(sizes)
    largest = float(str(error.value).split("largest feasible is ")[1].split(":")[0])
    assert largest == pytest.approx(1 - sizes[-1] * sizes[-2] / positions, abs=2e-6)
    ERK(sparsity=largest, dense_output=True).densities(sizes)
    ERK(sparsity=1 - sizes[-1] * sizes[-2] / positions, dense_output=True).densities(sizes)


def test_uniform_per_layer_and_dense():
    assert UniformDensity(sparsity=0.75).densities((4, 5, 6)) == (0.25, 0.25)
    assert UniformDensity(sparsity=0.75, dense_output=True).densities((4, 5, 6)) == (0.25, 1)
    assert PerLayer(density=(0.5, 0.1)).links((4, 5, 6)) == (10, 3)
    assert Dense().links((4, 5, 6)) == (20, 30)
    assert achieved_sparsity(Dense().sample((4, 5, 6), 1)) == 0
    with pytest.raises(TopologyError, match="has 2 densities, but the network has 1 layers"):
        PerLayer(density=(0.5, 0.1)).densities((4, 5))


@pytest.mark.parametrize("sizes", [(), (3,), (3, 0), (3, 2**32), (-1, 4)])
def test_what_is_no_network_is_refused(sizes):
    with pytest.raises(TopologyError, match="at least two layers of 1 to"):
        ErdosRenyi(epsilon=1).sample(sizes, 1)


@pytest.mark.parametrize("start", [ErdosRenyi(epsilon=1e9), ErdosRenyi(epsilon=1e9, count="exact"), Dense()])
def test_too_many_links_are_a_topology_error(start):
    with pytest.raises(TopologyError, match="4294967295"):
        start.sample((10**6, 10**6), 1)


@given(starts)
def test_starts_go_through_configuration(start):
    adapter = TypeAdapter(Start)
    assert adapter.validate_python(start.model_dump()) == start
    assert adapter.validate_json(adapter.dump_json(start)) == start


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "erk"},
        {"kind": "erk", "sparsity": 1.5},
        {"kind": "erdos_renyi", "epsilon": -1},
        {"kind": "erdos_renyi", "epsilon": float("inf")},
        {"kind": "per_layer", "density": (0.5, 1.5)},
        {"kind": "uniform", "sparsity": 0.5, "density": 0.5},
        {"kind": "dense", "count": "bernoulli"},
        {"kind": "unheard_of"},
    ],
)
def test_wrong_configuration_is_refused(fields):
    with pytest.raises(ValidationError):
        TypeAdapter(Start).validate_python(fields)
