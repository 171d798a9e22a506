"""Starts that put the links of a budget in places: counts, degrees, structure, and that seeds decide."""

import numpy as np
import pytest

from gossamer.errors import TopologyError
from gossamer.topology import (
    BiRegular,
    Correlation,
    Expander,
    PerLayer,
    Regular,
    Saved,
    ScaleFree,
    SmallWorld,
    in_degrees,
    out_degrees,
)

SIZES = (60, 40, 90, 10)
INPUTS = np.random.default_rng(0).normal(size=(200, 60)).astype(np.float32)
STARTS = {
    "regular": Regular,
    "biregular": BiRegular,
    "expander": Expander,
    "small_world": SmallWorld,
    "scale_free": ScaleFree,
    "correlation": Correlation,
}


def start_of(kind, *densities):
    return STARTS[kind](budget=PerLayer(density=densities))


@pytest.mark.parametrize("density", [0.0, 0.01, 0.1, 0.37, 0.8, 1.0])
@pytest.mark.parametrize("kind", STARTS)
def test_the_budget_is_met_and_the_seed_decides(kind, density):
    start = start_of(kind, density, density, 0.5)
    patterns, again, other = (start.sample(SIZES, seed, INPUTS) for seed in (1, 1, 2))
    assert tuple(p.nnz for p in patterns) == start.links(SIZES)
    assert [(p.n_in, p.n_out) for p in patterns] == [(60, 40), (40, 90), (90, 10)]
    for first, second in zip(patterns, again, strict=True):
        assert first.same_as(second)
    if 0 < density < 1:
        assert not all(a.same_as(b) for a, b in zip(patterns, other, strict=True))


@pytest.mark.parametrize("density", [0.05, 0.31, 0.7])
@pytest.mark.parametrize(
    ("kind", "sides"), [("regular", 1), ("biregular", 2), ("expander", 2), ("small_world", 0)]
)
def test_degrees_are_as_even_as_they_can_be(kind, sides, density):
    for pattern in start_of(kind, density, density, density).sample(SIZES, 3, INPUTS):
        spans = [int(np.ptp(degrees)) for degrees in (in_degrees(pattern), out_degrees(pattern))]
        assert sum(span <= 1 for span in spans) >= sides


def test_sources_of_a_regular_layer_are_uniform():
    counts = np.zeros(60)
    for seed in range(200):
        counts += out_degrees(start_of("regular", 0.1, 0.1, 0.1).sample(SIZES, seed)[0])
    expected = counts.sum() / 60
    # 200 draws of 6 of 60 for 40 targets: a standard deviation of about 27, five of them.
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)


def test_a_small_world_goes_from_a_lattice_to_a_random_layer():
    def distance(rewired):
        start = SmallWorld(budget=PerLayer(density=(0.1, 0.1)), rewired=rewired)
        pattern = start.sample((100, 100, 10), 1)[0]
        away = np.abs(pattern.link_sources().astype(int) - pattern.targets)
        return np.minimum(away, 100 - away).mean()

    assert distance(0.0) == 2.5
    assert distance(0.0) < distance(0.3) < distance(1.0)
    assert abs(distance(1.0) - 25) < 3


def test_scale_free_degrees_follow_the_weights_and_the_data():
    start = ScaleFree(budget=PerLayer(density=(0.02, 0.1)), order="deviation")
    inputs = np.random.default_rng(1).normal(size=(100, 300)) * np.linspace(0.1, 3, 300)
    degrees = out_degrees(start.sample((300, 200, 10), 1, inputs.astype(np.float32))[0])
    assert degrees[-20:].sum() > 4 * degrees[:20].sum()
    assert degrees.max() > 4 * degrees.mean()
    with pytest.raises(TopologyError, match="orders inputs by the data"):
        start.sample((300, 200, 10), 1)


def test_correlation_links_the_most_correlated_features():
    inputs = INPUTS.copy()
    inputs[:, 7], inputs[:, 20] = inputs[:, 3] * 2 + 1, 5.0
    sizes = (60, 120, 10)
    pattern = Correlation(budget=PerLayer(density=(0.005, 1.0))).sample(sizes, 1, inputs)[0]
    with np.errstate(invalid="ignore"):
        size = np.abs(np.nan_to_num(np.corrcoef(inputs.astype(np.float64), rowvar=False)))
    np.fill_diagonal(size, -1)
    wide = np.round(np.tile(size, (1, 2)), 5)
    order = np.argsort(-wide.ravel(), kind="stable")[: pattern.nnz]
    positions = pattern.link_sources().astype(int) * 120 + pattern.targets
    np.testing.assert_array_equal(positions, np.sort(order))
    assert {3 * 120 + 7, 7 * 120 + 3, 3 * 120 + 67} <= set(positions.tolist())
    with pytest.raises(TopologyError, match="made from training samples"):
        Correlation().sample(sizes, 1)


def test_saved_masks_come_back_and_the_file_is_known(tmp_path):
    rng = np.random.default_rng(0)
    masks = {f"layer{k}": rng.random(shape) < 0.2 for k, shape in enumerate([(60, 40), (40, 90), (90, 10)])}
    path = tmp_path / "masks.npz"
    np.savez(path, **masks)
    start = Saved(path=str(path))
    for pattern, mask in zip(start.sample(SIZES, 1), masks.values(), strict=True):
        positions = pattern.link_sources().astype(int) * pattern.n_out + pattern.targets
        np.testing.assert_array_equal(positions, np.flatnonzero(mask))
    with pytest.raises(TopologyError, match="expected those of the network"):
        start.sample((60, 40, 10), 1)
    np.savez(path, **{name: ~mask for name, mask in masks.items()})
    assert Saved(path=str(path)).checksum != start.checksum
    with pytest.raises(TopologyError, match="not the file that this configuration was made with"):
        start.sample(SIZES, 1)
    path.write_bytes(b"no masks")
    with pytest.raises(TopologyError, match="holds no patterns or masks"):
        Saved(path=str(path)).sample(SIZES, 1)
    with pytest.raises(ValueError, match="cannot be read"):
        Saved(path=str(tmp_path / "nothing.npz"))
