import numpy as np
import pytest

from analysis_helpers import ZETA, equation_1
from gossamer.analysis import Axis
from gossamer.design import Prefixes
from gossamer.design.extrapolation import extrapolate

ORDER = np.arange(38)


def made(sd, epochs=200, accuracy=None, growth=None, seed=0):
    """One run a level with fluctuation `sd`, and a gain of `growth` per doubling of the epochs."""
    random = np.random.default_rng(seed)
    accuracy = equation_1(ZETA) if accuracy is None else accuracy
    gain = np.zeros(38) if growth is None else growth
    doublings = np.log2(np.arange(1, epochs + 1) / epochs)
    test = accuracy[:, None] + gain[:, None] * doublings
    test = test + np.broadcast_to(sd, (38,))[:, None] * random.standard_normal((38, epochs))
    told = test + np.broadcast_to(sd, (38,))[:, None] * random.standard_normal((38, 1))
    prefixes = Prefixes(
        Axis("zeta", "larger"), tuple(map(str, ZETA)), ZETA, tuple(told), tuple(test), np.ones(38)
    )
    return extrapolate(prefixes, ORDER, ZETA, 1000)


def test_noise_follows_the_fluctuation_along_the_axis():
    sd = np.where(ZETA < 0.98, 0.002, 0.008)
    flat = np.full(38, 0.8)
    found = np.median([made(sd, accuracy=flat, seed=seed).sd for seed in range(30)], axis=0)
    # The mean of a tenth of 200 epochs adds a twentieth to the variance of a run's luck.
    assert found[:17] == pytest.approx(0.002, rel=0.3)
    assert found[18:] == pytest.approx(0.008, rel=0.3)


def test_growth_is_measured_and_what_is_left_counted():
    found = made(1e-4, growth=np.full(38, 0.01))
    assert found.growth == pytest.approx(0.01, abs=1e-3)
    assert found.doublings == pytest.approx(np.log2(5))
    assert found.expected - found.mean == pytest.approx(0.01 * (1 - 0.5 ** np.log2(5)), abs=1e-3)


def test_a_run_that_fails_widens_its_own_level_and_its_neighbours_only():
    accuracy = equation_1(ZETA)
    accuracy[20] = 0.3
    found, usual = made(0.003, accuracy=accuracy), made(0.003)
    assert found.sd[20] > 0.3
    near = np.abs(ORDER - 20) <= 1
    assert found.sd[~near] == pytest.approx(usual.sd[~near], rel=0.5)


def test_growth_of_a_wild_level_does_not_reach_its_neighbours():
    growth = np.zeros(38)
    growth[20] = 0.3
    found = made(0.002, growth=growth)
    gain = found.expected - found.mean
    assert np.abs(gain[[18, 19, 21, 22]]).max() < 0.02
