"""Which simulated studies check the intervals: their truth, their noise, their runs a level."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.contour.isotone import antitonic
from gossamer.analysis.laws.fit import Problem, fit
from gossamer.analysis.laws.paper_law import paper_accuracy
from gossamer.analysis.laws.shapes import LAWS, law_named
from gossamer.analysis.levels.levels import Levels
from gossamer.analysis.levels.sample import Sample
from gossamer.errors import AnalysisError
from gossamer.simulate.scenario import PAPER_LEVELS, Scenario, Seeds, scenario_like

Array = NDArray[np.float64]

PAPER, MONOTONE = "paper", "monotone"
TRUTHS = (PAPER, MONOTONE, *(name for name, law in LAWS.items() if law.variable == "hardness"))
"""What can be true: the paper's equation (1), a monotone curve through level means, a law fitted to them."""

PAPERS_LAW = "exponential"
_INSIDE = 1e-6


@dataclass(frozen=True, eq=False)
class Case:
    """Simulated studies of one kind.

    Parameters
    ----------
    truth : str
        One of `TRUTHS`.
    scenario : Scenario
    """

    truth: str
    scenario: Scenario

    def promises(self, law: str) -> bool:
        """Whether the intervals of an analysis with this law promise anything: it must be the true one."""
        return law in {self.truth, *((PAPERS_LAW,) if self.truth == PAPER else ())}


def cases(
    base: Scenario,
    truths: Sequence[str],
    seeds: Sequence[Seeds],
    replicates: Sequence[int],
    law: str = PAPERS_LAW,
) -> list[Case]:
    """All combinations, truths first; those that promise nothing with the first kind of seeds only.

    Parameters
    ----------
    base : Scenario
        Levels and noise. The truths are fitted to its accuracies.
    truths : sequence of str
        Of `TRUTHS`.
    seeds : sequence of "independent" or "shared"
    replicates : sequence of int >= 2
    law : str
        The law that is analysed.

    Raises
    ------
    AnalysisError
        If there are no such truths or seeds, or under two replicates are asked for.
    """
    if unknown := [kind for kind in seeds if kind not in get_args(Seeds)]:
        raise AnalysisError(f"The seeds are {unknown[0]!r}; choose among {', '.join(get_args(Seeds))}.")
    if few := [count for count in replicates if count < 2]:
        raise AnalysisError(f"Studies with {few[0]} replicate have no intervals; simulate at least 2.")
    found = [
        Case(truth, replace(base, accuracy=true_accuracy(truth, base), seeds=kind, replicates=count))
        for truth in truths
        for kind in seeds
        for count in replicates
    ]
    return [case for case in found if case.promises(law) or case.scenario.seeds == seeds[0]]


def true_accuracy(truth: str, base: Scenario) -> Array:
    """Accuracy of every level under one of `TRUTHS`, float64 [L], in (0, 1).

    Raises
    ------
    AnalysisError
        If there is no such truth.
    """
    x, mean, weights = base.levels, base.accuracy, 1.0 / base.seed_sd**2
    if truth not in TRUTHS:
        raise AnalysisError(f"There is no truth '{truth}' to simulate; choose among {', '.join(TRUTHS)}.")
    if truth == PAPER:
        accuracy = paper_accuracy(x)
    elif truth == MONOTONE:
        accuracy = antitonic(mean[None, :], weights)[0]
    else:
        accuracy = fit(Problem(law_named(truth), x, x, mean, weights, False)).accuracy(x)
    return np.clip(accuracy, _INSIDE, 1.0 - _INSIDE)


def noise_of(sample: Sample, levels: Levels) -> Scenario:
    """Levels, noise and level means of a real study (AnalysisError if it has no replicates)."""
    return scenario_like(sample, levels, levels.mean, int(levels.count.max()))


def stated_noise(seed_sd: float, test_size: int) -> Scenario:
    """The paper's 38 levels with equation (1) as accuracies and one standard deviation between runs.

    Raises
    ------
    AnalysisError
        If the standard deviation is not in (0, 0.2), or there are under 10 test images.
    """
    if not 0 < seed_sd < 0.2:
        raise AnalysisError(f"A standard deviation of {seed_sd:g} between runs is not in (0, 0.2).")
    if test_size < 10:
        raise AnalysisError(f"A test set of {test_size} images is too small; simulate at least 10.")
    x = np.array(PAPER_LEVELS)
    return Scenario(x, paper_accuracy(x), np.full(x.size, seed_sd), 2, test_size)
