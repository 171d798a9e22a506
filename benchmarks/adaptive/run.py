"""What `adaptive` costs beside `refine` for an interval as narrow: simulated studies on six truths.

python benchmarks/adaptive/run.py [STUDIES]     prints the table of docs/statistics.md

Each truth is first searched by `refine`; `adaptive` is then asked for the median width that `refine` reached.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from gossamer.analysis import Settings, summarise
from gossamer.analysis.assemble import one_thread
from gossamer.analysis.contour.curve import estimate_curve
from gossamer.analysis.estimate import Interval
from gossamer.analysis.levels.bootstrap import draw_given_test_set
from gossamer.design.runs import sample_of_outcomes
from gossamer.simulate.policy import PolicyStudy, Truth, simulate_policy
from gossamer.study import StudyConfig

DELTA = 0.01
ZETA, EPSILON = "method.fraction.zeta", "method.start.epsilon"
ON_ZETA = {"axis": "zeta", "start": 0, "stop": 1}
ON_EPSILON = {"axis": "epsilon", "start": 50.5, "stop": 0.5}


@dataclass(frozen=True)
class Case:
    """A truth, and how `refine` and `adaptive` are told to search it."""

    name: str
    curve: Callable[[float], float]
    sd: float
    ends: dict[str, Any]
    steps: tuple[float, ...]
    cost: Callable[[float], float] = lambda level: 1.0

    @property
    def plateau(self) -> float:
        return self.curve(float(self.ends["start"]))

    @property
    def contour(self) -> float:
        ends = float(self.ends["start"]), float(self.ends["stop"])
        return float(brentq(lambda level: self.curve(level) - self.plateau + DELTA, *ends, xtol=1e-12))

    @property
    def truth(self) -> Truth:
        def first(level: Any) -> float:
            return float(next(iter(level.values())))

        return Truth(
            lambda level: self.curve(first(level)),
            lambda level: self.sd,
            lambda level: self.cost(first(level)),
        )


THOUSANDTHS, TENTHS = (0.1, 0.01, 0.001), (5, 0.5, 0.1)
CASES = (
    Case(
        "the paper's exponential",
        lambda z: 0.868 - 0.204 * np.exp(183 * (z - 1)),
        0.0065,
        ON_ZETA,
        THOUSANDTHS,
    ),
    Case("logistic", lambda z: 0.868 - 0.3 / (1 + np.exp(-60 * (z - 0.97))), 0.0065, ON_ZETA, THOUSANDTHS),
    Case("broken stick", lambda z: 0.868 - 0.4 * max(0.0, z - 0.8) / 0.2, 0.0065, ON_ZETA, THOUSANDTHS),
    Case(
        "power law of the study `paper`",
        lambda z: 0.865 - 0.243 * (1 + (1 - z) / 0.00089) ** -0.70,
        0.004,
        ON_ZETA,
        THOUSANDTHS,
    ),
    Case("early exponential", lambda z: 0.96 - 0.28 * np.exp(20 * (z - 1)), 0.004, ON_ZETA, THOUSANDTHS),
    Case(
        "exponential in epsilon, cost in links",
        lambda e: 0.85 - 0.6 * np.exp(-e / 0.7),
        0.005,
        ON_EPSILON,
        TENTHS,
        lambda e: e,
    ),
)


def study(case: Case, seed: int, policy: dict[str, Any]) -> StudyConfig:
    return StudyConfig.from_mapping({"name": "s", "seed": seed, "refinement": {**case.ends, **policy}})


def interval_of(done: PolicyStudy) -> Interval:
    path = next(iter(done.outcomes[0].cell.level))
    with one_thread():
        levels = summarise(sample_of_outcomes(done.outcomes, path))
        curve = estimate_curve(levels, [draw_given_test_set(levels, 1000, 0)], Settings())
    if curve.contour.given_test_set is None:
        raise SystemExit("A simulated study has no interval.")
    return curve.contour.given_test_set


def search(case: Case, policy: dict[str, Any], studies: int) -> tuple[float, float, str]:
    """Median cost and width of simulated studies, and a row of the table."""
    done = [simulate_policy(study(case, seed, policy), case.truth) for seed in range(studies)]
    found = [interval_of(one) for one in done]
    cost, width = np.array([one.cost for one in done]), np.array([interval.width for interval in found])
    held = np.mean([interval.contains(case.contour) for interval in found])
    runs = np.median([one.runs for one in done])
    spread = " / ".join(f"{value:.4g}" for value in np.quantile(width, [0.1, 0.5, 0.9]))
    row = f"| {case.name} | {policy['policy']} | {runs:.0f} | {np.median(cost):.0f} | {spread} | {held:.3f} |"
    return float(np.median(cost)), float(np.median(width)), row


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(
        "| truth | policy | runs | cost | width: 10 %, median, 90 % | holds the contour |\n|---"
        + 5 * "|---"
        + "|"
    )
    for case in CASES:
        cost, width, row = search(case, {"policy": "refine", "steps": list(case.steps)}, studies)
        print(row, flush=True)
        settings = {"width": width, "step": case.steps[-1]}
        less, _, row = search(case, {"policy": "adaptive", "settings": settings}, studies)
        print(f"{row} {less / cost:.2f} of the cost", flush=True)


if __name__ == "__main__":
    main()
