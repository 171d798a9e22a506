"""The policy `adaptive`: what it may never do, then what it finds."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gossamer.analysis import Axis, analyse, summarise
from gossamer.analysis.settings import Settings
from gossamer.design.adaptive import adaptive_policy, explain
from gossamer.design.runs import sample_of_outcomes
from gossamer.errors import ConfigError
from gossamer.lab import Study
from gossamer.simulate.policy import Truth, simulate_policy, simulated
from gossamer.study import PoolExecutor, StudyConfig
from gossamer.study.plan import grid as cells_of_grid

ZETA, EPSILON = "method.fraction.zeta", "method.start.epsilon"
CONTOUR = 1 + np.log(0.01 / 0.204) / 183


def paper(level):
    return 0.868 - 0.204 * np.exp(183 * (level[ZETA] - 1))


def truth(accuracy=paper, sd=0.004, **fields):
    return Truth(accuracy, lambda level: sd, **fields)


def adaptive(width=0.01, *, axis="zeta", start=0, stop=1, budget=None, step=0.001, fields=None, **settings):
    refinement = {"policy": "adaptive", "axis": axis, "start": start, "stop": stop}
    refinement["settings"] = {"width": width, "step": step, **settings}
    tables = {"name": "s", "refinement": refinement, "analysis": {"draws": 300}, **(fields or {})}
    return StudyConfig.from_mapping(tables | ({"budget": {"cost": budget}} if budget else {}))


def levels_of(outcomes, path=ZETA):
    return summarise(sample_of_outcomes(outcomes, path))


@pytest.fixture(scope="module")
def done():
    return simulate_policy(adaptive(), truth())


def test_proposals_depend_on_completed_rounds_alone(done):
    config = adaptive()
    for number in range(len(done.rounds)):
        again = adaptive_policy(config, [list(reversed(part)) for part in done.rounds[:number]])
        assert again == [outcome.cell for outcome in done.rounds[number]]
    assert adaptive_policy(config, done.rounds) == []


def test_no_run_is_proposed_twice_and_seeds_are_those_of_a_grid(done):
    cells = [outcome.cell for outcome in done.outcomes]
    assert len({(cell.level[ZETA], cell.replicate) for cell in cells}) == len(cells)
    assert len({cell.seed for cell in cells}) == len(cells)
    values = sorted({cell.level[ZETA] for cell in cells})
    assert all(value == round(value, 3) for value in values)
    axes = StudyConfig.from_mapping({"name": "s", "axes": [{"field": "zeta", "values": values}]})
    seeds = {(c.level[ZETA], c.replicate): c.seed for c in cells_of_grid(axes)}
    assert all(seeds.get((c.level[ZETA], c.replicate), c.seed) == c.seed for c in cells)


def test_it_stops_on_the_interval_that_the_analysis_reports(done):
    sample = sample_of_outcomes(done.outcomes, ZETA)
    found = analyse(sample, Settings(draws=300, laws=("exponential",))).everything.curve.contour
    assert found.given_test_set.width <= 0.01 + 1e-9
    assert f"{found.given_test_set.width:.3g} wide" in done.reason
    assert done.reason.startswith("Complete")
    assert abs(found.value - CONTOUR) < 0.01


def test_it_costs_clearly_less_than_the_grid_of_the_paper(done):
    assert done.runs < 38 * 3


def test_levels_lie_close_where_the_interval_is(done):
    levels = levels_of(done.outcomes).level
    near = levels[np.abs(levels - CONTOUR) < 0.01]
    assert near.size >= 2
    assert np.diff(near).min() <= 0.005 + 1e-9


def test_a_budget_is_never_exceeded():
    found = simulate_policy(adaptive(0.002, budget=30.0), truth())
    assert found.cost == 30
    assert "exceed the budget" in found.reason


def test_replicates_and_rounds_have_their_caps():
    found = simulate_policy(adaptive(0.001, max_replicates=4, max_rounds=5), truth(sd=0.02))
    assert max(outcome.cell.replicate for outcome in found.outcomes) <= 4
    assert len(found.rounds) == 5
    assert "max_rounds" in found.reason
    few = adaptive(0.2, step=0.2, max_replicates=3)
    assert "max_replicates" in simulate_policy(few, truth(sd=0.05)).reason


def test_without_a_fall_it_says_so_and_stops():
    found = simulate_policy(adaptive(), truth(lambda level: 0.9))
    assert len(found.rounds) <= 3
    assert "does not fall by 1 points" in found.reason


def test_one_replicate_is_repeated_before_anything_is_said():
    config = adaptive(fields={"replicates": 1})
    first = [simulated(cell, truth()) for cell in adaptive_policy(config, [])]
    second = adaptive_policy(config, [first])
    assert [cell.replicate for cell in second] == [2] * len(first)
    assert "no level has two runs" in explain(config, [first])


def test_failed_runs_are_missing_and_their_level_is_left():
    found = simulate_policy(adaptive(), truth(lambda level: np.nan if level[ZETA] == 0.4 else paper(level)))
    at = [outcome for outcome in found.outcomes if outcome.cell.level[ZETA] == 0.4]
    assert len(at) == 3
    assert found.reason.startswith("Complete")
    assert simulate_policy(adaptive(), truth(lambda level: np.nan)).reason.startswith("Stopped")


def test_cheap_levels_are_preferred_on_an_axis_with_costs():
    def fall(level):
        return 0.9 - 0.3 * np.exp(-level[EPSILON] / 2)

    config = adaptive(2.5, axis="epsilon", start=50, stop=0.5, step=0.5)
    found = simulate_policy(config, truth(fall, cost=lambda level: level[EPSILON]))
    assert found.reason.startswith("Complete")
    later = [outcome.cell.level[EPSILON] for part in found.rounds[1:] for outcome in part]
    assert np.median(later) < 15
    sample = sample_of_outcomes(found.outcomes, EPSILON)
    assert sample.axis == Axis("epsilon", "smaller", 50.0)


def test_every_combination_of_the_other_axes_has_a_fall_of_its_own():
    axes = [{"field": "network.dropout", "values": [0.1, 0.2]}]

    def fall(level):
        return 0.9 if level["network.dropout"] == 0.1 else paper(level)

    found = simulate_policy(adaptive(fields={"axes": axes}), truth(fall))
    flat = [outcome for outcome in found.outcomes if outcome.cell.level["network.dropout"] == 0.1]
    assert len(flat) < len(found.outcomes) - len(flat)
    assert "dropout 0.1: Stopped" in found.reason
    assert "dropout 0.2: Complete" in found.reason


def test_a_law_that_is_wrong_still_ends_with_an_interval_that_holds_the_truth():
    def logistic(level):
        return 0.9 - 0.5 / (1 + np.exp(-60 * (level[ZETA] - 0.7)))

    contour = 0.7 - np.log(0.5 / 0.01 - 1) / 60
    held = 0
    for seed in range(4):
        config = adaptive(0.1, step=0.01, fields={"seed": seed})
        found = simulate_policy(config, truth(logistic))
        assert found.reason.startswith("Complete")
        sample = sample_of_outcomes(found.outcomes, ZETA)
        curve = analyse(sample, Settings(draws=300, laws=("exponential",))).everything.curve
        held += curve.contour.given_test_set.contains(contour)
    assert held >= 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 0}, "width"),
        ({"width": 0.0001}, "make step at most width"),
        ({"step": 0.3, "width": 0.5}, "whole number of steps"),
        ({"step": 0.25, "width": 0.5}, "change the step"),
        ({"widht": 1}, "did you mean 'width'"),
        ({"fields": {"analysis": {"delta": 0.02}}}, "analysis.delta"),
        ({"fields": {"analysis": {"reading": "last"}}}, "analysis.reading"),
        ({"fields": {"axes": [{"field": "zeta", "values": [0.1]}]}}, "take it out of axes"),
        ({"start": 1, "stop": 0}, "start at the easy end"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(fields, message):
    with pytest.raises(ConfigError, match=message) as caught:
        adaptive_policy(adaptive(**fields), [])
    assert str(caught.value).count(". ") <= 1


def test_the_example_is_a_study():
    path = Path(__file__).parents[2] / "examples" / "adaptive.toml"
    assert len(adaptive_policy(StudyConfig.from_file(path), [])) == 18


RUN = {
    "dataset": "teacher",
    "hidden": [12, 10],
    "batch_size": 8,
    "epochs": 4,
    "data.validation_samples": 40,
    "data.teacher.samples": 200,
}


def test_a_study_of_real_runs_ends_the_same_after_interruptions(tmp_path):
    config = adaptive(0.2, step=0.05, max_rounds=3, round_runs=3, fields={"run": RUN, "replicates": 2})

    def one():
        return PoolExecutor(lambda: ThreadPoolExecutor(1), 1)

    whole, parts = Study(config, tmp_path / "whole"), Study(config, tmp_path / "parts")
    assert whole.run(executor=one).state == "complete"
    looks = 0

    def often():
        nonlocal looks
        looks += 1
        return looks % 4 == 0

    for _ in range(4):
        parts.run(executor=one, stop=often)
    assert parts.run(executor=one).state == "complete"
    assert [[run.cell for run in runs] for runs in parts.rounds()] == [
        [run.cell for run in runs] for runs in whole.rounds()
    ]
    assert parts.digest() == whole.digest()
    assert whole.status().design
    assert whole.run(executor=one).trained == 0
