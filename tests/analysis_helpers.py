"""Samples with a known truth."""

from collections.abc import Callable

import numpy as np

from gossamer.analysis import Axis, Sample
from gossamer.simulate.scenario import PAPER_LEVELS

ZETA = np.array(PAPER_LEVELS)


def equation_1(x):
    """The paper's own fit, written out."""
    return 0.868 - 0.204 * np.exp(183.0 * (np.asarray(x) - 1.0))


def make_sample(
    curve: Callable = equation_1,
    levels=ZETA,
    sd=0.0,
    replicates: int = 3,
    seed: int = 0,
    axis: str = "zeta",
    luck=0.0,
    test_size: int = 10_000,
    **fields,
) -> Sample:
    """Runs whose accuracy is curve(level) + noise; `luck` is the sd of what a replicate shares."""
    random = np.random.default_rng(seed)
    level = np.repeat(np.asarray(levels, dtype=float), replicates)
    replicate = np.tile(np.arange(replicates), len(levels))
    noise = np.broadcast_to(np.asarray(sd, dtype=float), np.shape(levels)).repeat(replicates)
    accuracy = curve(level) + noise * random.standard_normal(level.size)
    accuracy = accuracy + luck * random.standard_normal(replicates)[replicate]
    return Sample(
        axis=Axis.of(axis, level),
        runs=tuple(f"{axis}={x:g} #{r}" for x, r in zip(level, replicate, strict=True)),
        level=level,
        accuracy=accuracy,
        replicate=replicate,
        test_size=test_size,
        **fields,
    )
