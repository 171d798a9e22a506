"""The policy `refine`: finer levels where accuracy starts to fall, and nowhere else."""

import numpy as np

from gossamer.design.refine import refine_policy
from gossamer.study.config import StudyConfig
from gossamer.study.plan.policies import Outcome


def refining(**fields):
    refinement = {"policy": "refine", "axis": "x", "start": 0, "stop": 1, "accuracy": "last"}
    return StudyConfig.from_mapping({"name": "s", "replicates": 2, "refinement": refinement | fields})


def summary_of(value):
    return {"accuracy": {"last": {"value": value, "epoch": 1}}, "data": {"samples": {"test": 10_000}}}


def outcomes(cells, accuracy):
    """What a round of cells would have found if accuracy were a function of the level."""
    found = []
    for cell in cells:
        value = accuracy(cell.level["x"])
        summary = None if value is None else summary_of(value)
        found.append(Outcome(cell, f"{cell.level} {cell.replicate}", 1.0, summary))
    return found


def rounds_of(config, accuracy):
    """All rounds of levels that the policy proposes for such an accuracy."""
    done, levels = [], []
    while cells := refine_policy(config, done):
        levels.append(sorted({cell.level["x"] for cell in cells}))
        done.append(outcomes(cells, accuracy))
    return levels


def paper(x):
    return 0.868 - 0.204 * np.exp(183 * (x - 1))


def test_the_paper_s_law_is_refined_where_it_falls():
    coarse, fine, finest = rounds_of(refining(), paper)
    assert coarse == [k / 10 for k in range(11)]
    assert fine == [k / 100 for k in range(91, 100)]
    assert finest == [k / 1000 for k in range(981, 1000) if k != 990]


def test_a_descending_axis_is_refined_towards_its_hard_end():
    config = refining(start=10, stop=0, steps=[1, 0.1])
    coarse, fine = rounds_of(config, lambda x: 0.9 if x >= 2 else 0.5)
    assert coarse == list(range(11))
    assert fine == [k / 10 for k in range(1, 20) if k != 10]


def test_no_fall_no_refinement():
    assert len(rounds_of(refining(), lambda x: 0.9)) == 1


def test_failed_runs_are_no_fall():
    assert len(rounds_of(refining(), lambda x: None if x > 0.5 else 0.9)) == 1
    assert len(rounds_of(refining(), lambda x: None)) == 1


def test_proposals_depend_on_completed_rounds_alone():
    config = refining()
    first = refine_policy(config, [])
    done = outcomes(first, paper)
    assert refine_policy(config, [done]) == refine_policy(config, [list(reversed(done))])
    assert refine_policy(config, [done]) == refine_policy(config, [done])


def test_every_combination_of_the_other_axes_finds_its_own_fall():
    axes = [{"field": "y", "values": [1, 2]}]
    refinement = {"policy": "refine", "axis": "x", "start": 0, "stop": 1, "accuracy": "last"}
    config = StudyConfig.from_mapping({"name": "s", "axes": axes, "replicates": 1, "refinement": refinement})
    first = refine_policy(config, [])
    assert len(first) == 22
    done = [
        Outcome(
            c,
            f"{k:08x}",
            1.0,
            summary_of(0.9 if c.level["x"] <= c.level["y"] / 4 else 0.5),
        )
        for k, c in enumerate(first)
    ]
    second = refine_policy(config, [done])
    assert min(c.level["x"] for c in second if c.level["y"] == 1) == 0.21
    assert min(c.level["x"] for c in second if c.level["y"] == 2) == 0.51


def test_it_starts_at_the_last_safe_level_of_the_analysis():
    """A dip that recovers is no fall: the last crossing counts."""
    means = dict(zip(range(6), [0.9, 0.9, 0.8, 0.9, 0.7, 0.6], strict=True))
    config = refining(stop=5, steps=[1, 0.1])
    cells = refine_policy(config, [])
    found = [
        Outcome(cell, f"{k:08x}", 1.0, summary_of(means[cell.level["x"]] + (k % 2) * 1e-3))
        for k, cell in enumerate(cells)
    ]
    assert min(cell.level["x"] for cell in refine_policy(config, [found])) == 3.1


def test_noise_is_not_a_fall():
    config = refining(drop=0.001)
    random = np.random.default_rng(1)
    noise = [0.03 * random.standard_normal() for _ in refine_policy(config, [])]
    for ends, proposed in ((0.0, False), (0.4, True)):
        found = [
            Outcome(cell, f"{k:08x}", 1.0, summary_of(0.8 + noise[k] - ends * (cell.level["x"] == 1)))
            for k, cell in enumerate(refine_policy(config, []))
        ]
        assert bool(refine_policy(config, [found])) == proposed
