"""The kinds of studies on which intervals are checked: what is true, and what the runs are like."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.laws.paper_law import paper_accuracy
from gossamer.simulate.scenario import PAPER_LEVELS, Curve, Scenario

Array = NDArray[np.float64]

PAPER = np.array(PAPER_LEVELS)
COARSE = np.arange(11) / 10
UNEVEN = np.array([0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 1])
SIX = np.array([0, 0.3, 0.6, 0.8, 0.9, 1])


@dataclass(frozen=True, eq=False)
class Case:
    """One kind of studies.

    Parameters
    ----------
    name : str
        What is special about it, in words.
    scenario : Scenario
    law : str or None
        The law that is true, whose intervals then promise something.
    parameters : mapping of str to float
        Its true parameters.
    exempt : mapping of str to str
        Quantities whose intervals promise less here, and why; `docs/statistics.md` and a note of the analysis
        say so.
    """

    name: str
    scenario: Scenario
    law: str | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    exempt: Mapping[str, str] = field(default_factory=dict)


def exponential(x: Array) -> Array:
    """The paper's equation (1)."""
    return paper_accuracy(x)


def power(x: Array) -> Array:
    """The cut-off power law that describes the committed study `paper`."""
    return np.asarray(0.865 - 0.243 * (1 + (1 - x) / 0.00089) ** -0.7)


def logistic(x: Array) -> Array:
    """A wide fall before the end."""
    return np.asarray(0.868 - 0.3 / (1 + np.exp(-60 * (x - 0.93))))


def broken_stick(x: Array) -> Array:
    """A corner at 0.9."""
    return np.asarray(0.868 - 2.0 * np.maximum(x - 0.9, 0.0))


def cubic(x: Array) -> Array:
    """A slow fall without any plateau."""
    return np.asarray(0.868 - 0.3 * x**3)


def drift(x: Array) -> Array:
    """A straight line: no plateau, no corner."""
    return np.asarray(0.868 - 0.02 * x)


def drifting(x: Array) -> Array:
    """A drift of a point, then the paper's fall."""
    return np.asarray(paper_accuracy(x) - 0.01 * x)


def flat(x: Array) -> Array:
    """Nothing falls."""
    return np.full(np.shape(x), 0.868)


def to_chance(x: Array) -> Array:
    """From nearly every image right to chance among ten classes."""
    return np.asarray(0.1 + 0.895 / (1 + np.exp(80 * (x - 0.9))))


_EXPONENTIAL = {"plateau": 0.868, "a": 0.204, "b": 183.0}
_POWER = {"plateau": 0.865, "a": 0.243, "s": 0.00089, "k": 0.7}


def _study(
    curve: Curve, levels: Array, seed_sd: float | Array, replicates: int | Array, **fields: object
) -> Scenario:
    sd = np.broadcast_to(np.asarray(seed_sd, dtype=np.float64), levels.shape)
    count = np.broadcast_to(np.asarray(replicates, dtype=np.int64), levels.shape)
    return Scenario(curve, levels, sd, count, **fields)  # type: ignore[arg-type]


def _growing(curve: Curve, levels: Array, easy: float, hard: float) -> Array:
    """Noise that goes along with the fall."""
    fallen = curve(levels[:1]) - curve(levels)
    return np.asarray(easy + (hard - easy) * fallen / fallen[-1])


def all_cases() -> tuple[Case, ...]:
    """Every kind of study of the table, in its order."""
    hard_end = np.where(levels_from(PAPER, 1.0), 0.02, 0.003)
    rising = _growing(exponential, PAPER, 0.003, 0.02)
    easy_only = np.where(levels_from(PAPER, 0.91), 1, 3)
    law = ("exponential", _EXPONENTIAL)
    return (
        *(Case(f"exponential, {r} runs", _study(exponential, PAPER, 0.005, r), *law) for r in (2, 3, 5)),
        Case("cut-off power", _study(power, PAPER, 0.004, 3), "power", _POWER),
        Case("logistic", _study(logistic, PAPER, 0.005, 3)),
        Case("corner", _study(broken_stick, PAPER, 0.005, 3)),
        Case("drift alone, little noise", _study(drift, PAPER, 0.001, 3)),
        Case("drift, then a fall", _study(drifting, PAPER, 0.005, 3)),
        Case("no fall", _study(flat, PAPER, 0.005, 3)),
        Case("no fall, 8 levels, 2 runs", _study(flat, COARSE[:8], 0.005, 2)),
        Case("coarse: steps of 0.1", _study(exponential, COARSE, 0.003, 3)),
        Case("coarse, slow fall", _study(cubic, COARSE, 0.005, 3)),
        Case("uneven, 12 levels", _study(exponential, UNEVEN, 0.005, 3)),
        Case("6 levels, 2 runs", _study(logistic, SIX, 0.005, 2)),
        *(
            Case(f"noise grows with the fall, {r} runs", _study(exponential, PAPER, rising, r), *law)
            for r in (2, 3)
        ),
        Case("noise jumps", _study(exponential, PAPER, 0.005, 3, jumps=0.7), *law),
        Case("noise shrinks with the fall", _study(exponential, PAPER, 0.0065 - rising / 4, 3), *law),
        Case("only the last level is noisy", _study(exponential, PAPER, hard_end, 3), *law),
        Case("a fifth of the runs is missing", _study(exponential, PAPER, rising, 3, missing=0.2), *law),
        Case("replicates at easy levels only", _study(exponential, PAPER, rising, easy_only), *law),
        Case("shared seeds", _study(exponential, PAPER, 0.005, 3, seeds="shared"), *law),
        Case("shared seeds, not declared", _study(exponential, PAPER, 0.005, 3, seeds="undeclared"), *law),
        Case(
            "shared seeds, not declared, 5 runs",
            _study(exponential, PAPER, 0.005, 5, seeds="undeclared"),
            *law,
        ),
        Case("from nearly 1 to chance", _study(to_chance, PAPER, 0.002, 3)),
        Case("with test images", _study(exponential, PAPER, 0.0065, 3, ease=0.9), *law),
        Case("with test images, calm runs", _study(power, PAPER, 0.004, 3, ease=0.9), "power", _POWER),
    )


def levels_from(levels: Array, first: float) -> NDArray[np.bool_]:
    """Levels at or beyond `first`, bool [L]."""
    return np.asarray(levels >= first - 1e-9)
