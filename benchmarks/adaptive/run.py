"""What the policy `adaptive` costs, and how often its last interval holds the truth: simulated studies.

python benchmarks/adaptive/run.py [STUDIES]     prints the table of docs/statistics.md
"""

import sys
from collections.abc import Callable

import numpy as np

from gossamer.analysis import Sample, Settings, summarise
from gossamer.analysis.assemble import one_thread
from gossamer.analysis.contour.curve import estimate_curve
from gossamer.analysis.estimate import Interval
from gossamer.analysis.levels.bootstrap import draw_given_test_set
from gossamer.design.outcomes import sample_of_outcomes
from gossamer.simulate.rehearsal import Rehearsal, Truth, rehearse
from gossamer.simulate.scenario import PAPER_LEVELS
from gossamer.study import StudyConfig

SD = 0.0065
ZETA = "method.fraction.zeta"


def paper(x: float) -> float:
    return 0.868 - 0.204 * float(np.exp(183 * (x - 1)))


def logistic(x: float) -> float:
    return 0.868 - 0.3 / (1 + float(np.exp(-60 * (x - 0.97))))


CONTOURS = {paper: 1 + np.log(0.01 / 0.204) / 183, logistic: 0.97 - np.log(0.3 / 0.01 - 1) / 60}


def adaptive(seed: int, width: float) -> StudyConfig:
    settings = {"width": width, "step": 0.001}
    refinement = {"policy": "adaptive", "axis": "zeta", "start": 0, "stop": 1, "settings": settings}
    return StudyConfig.from_mapping({"name": "s", "seed": seed, "refinement": refinement})


def grid(seed: int) -> StudyConfig:
    axes = [{"field": "zeta", "values": list(PAPER_LEVELS)}]
    return StudyConfig.from_mapping({"name": "s", "seed": seed, "axes": axes})


def interval_of(sample: Sample) -> Interval:
    with one_thread():
        levels = summarise(sample)
        curve = estimate_curve(levels, [draw_given_test_set(levels, 1000, 0)], Settings())
    if curve.contour.given_test_set is None:
        raise SystemExit("A simulated study has no interval.")
    return curve.contour.given_test_set


def row(name: str, curve: Callable[[float], float], studies: list[StudyConfig]) -> str:
    truth = Truth(lambda level: curve(next(iter(level.values()))), lambda level: SD)
    done: list[Rehearsal] = [rehearse(config, truth) for config in studies]
    found = [interval_of(sample_of_outcomes(r.outcomes, next(iter(r.outcomes[0].cell.level)))) for r in done]
    held = sum(interval.contains(CONTOURS[curve]) for interval in found)
    runs = np.quantile([r.runs for r in done], [0.1, 0.5, 0.9])
    width = np.quantile([interval.width for interval in found], [0.1, 0.5, 0.9])
    few, usual, many = (f"{value:.0f}" for value in runs)
    widths = " / ".join(f"{value:.4f}" for value in width)
    return f"| {name} | {len(done)} | {few} / {usual} / {many} | {widths} | {held / len(done):.3f} |"


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(
        "| design, truth | studies | runs: 10 %, median, 90 % | width of the interval | holds the contour |"
    )
    print("|---|---|---|---|---|")
    print(row("grid 38 x 3, exponential", paper, [grid(k) for k in range(studies)]), flush=True)
    print(row("adaptive 0.006, exponential", paper, [adaptive(k, 0.006) for k in range(studies)]), flush=True)
    print(row("grid 38 x 3, logistic", logistic, [grid(k) for k in range(studies)]), flush=True)
    few = range(max(studies // 5, 1))
    print(row("adaptive 0.01, logistic", logistic, [adaptive(k, 0.01) for k in few]), flush=True)


if __name__ == "__main__":
    main()
