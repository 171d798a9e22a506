"""Noise between runs where it changes along the fall."""

import numpy as np

from gossamer.analysis.levels.noise import estimate_noise


def test_collapsed_levels_do_not_make_a_plateau_noisy_and_stay_within_bounds():
    """Runs that collapse to one class, with a level between where one of three did."""
    mean = np.array([0.845, 0.848, 0.843, 0.847, 0.846, 0.836, 0.63, 0.1, 0.1, 0.1])
    deviation = np.array([-1.0, 0.0, 1.0]) * np.array([5, 4, 2, 5, 9, 5, 320, 0, 0, 0])[:, None] / 1000
    index = np.repeat(np.arange(10), 3)
    noise = estimate_noise(mean, deviation.ravel(), index, None, 1000)
    assert (np.diff(noise.trend) >= 0).all()
    assert (noise.own <= mean * (1 - mean)).all()
    assert noise.own[:4].max() < 0.01**2
