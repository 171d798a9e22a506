import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_helpers import tiny

from gossamer.errors import ConfigError
from gossamer.lab import Study
from gossamer.study.config import Block, StudyConfig
from gossamer.study.plan import cell_seed, grid
from gossamer.study.presets import study_preset
from gossamer.study.training import base_tables, resolve

RESULTS = Path(__file__).parents[2] / "docs" / "results"

MAIN = Block()


def study(values, **fields):
    axes = [{"field": "x", "values": values}]
    return StudyConfig.from_mapping({"name": "s", "axes": axes, "replicates": 3, **fields})


def seeds(config):
    return {(cell.level["x"], cell.replicate): cell.seed for cell in grid(config)}


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8, unique=True), st.integers(0, 1000))
def test_another_level_changes_no_seed(numbers, extra):
    values = [number / 1000 for number in numbers]
    before = seeds(study(values))
    after = seeds(study([extra / 1000, *values]))
    assert before.items() <= after.items()


def test_more_replicates_change_no_seed():
    assert seeds(study([0.1, 0.2])).items() <= seeds(study([0.1, 0.2], replicates=5)).items()


def test_independent_seeds_all_differ_and_survive_json():
    found = list(seeds(study([k / 100 for k in range(100)])).values())
    assert len(set(found)) == 300
    assert all(0 <= seed < 2**53 for seed in found)


def test_common_seeds_differ_by_replicate_only():
    found = seeds(study([0.1, 0.2, 0.3], seeds="common"))
    assert all(found[0.1, r] == found[0.2, r] == found[0.3, r] for r in (1, 2, 3))
    assert len(set(found.values())) == 3


def test_seeds_follow_the_study_seed_and_how_a_number_is_written_does_not_matter():
    config = study([1])
    assert cell_seed(config, MAIN, {"x": 1}, 1) == cell_seed(config, MAIN, {"x": 1.0}, 1)
    assert cell_seed(config, MAIN, {"x": 1}, 1) != cell_seed(study([1], seed=2), MAIN, {"x": 1}, 1)


def test_frozen_seeds():
    # A change here would change the runs of every study.
    assert cell_seed(study([0.3]), MAIN, {"method.fraction.zeta": 0.3}, 1) == 4780116933974799
    assert cell_seed(study([0.3], seeds="common"), MAIN, {"method.fraction.zeta": 0.3}, 2) == 5314157123971112


def test_replicate_one_of_all_levels_and_blocks_comes_first():
    blocks = [
        {"name": "b1", "axes": [{"field": "x", "values": [0.1, 0.2]}]},
        {"name": "b2", "axes": [{"field": "y", "values": [1]}], "replicates": 1},
    ]
    config = StudyConfig.from_mapping({"name": "s", "blocks": blocks, "replicates": 2})
    assert [(cell.block, cell.replicate) for cell in grid(config)] == [
        ("b1", 1),
        ("b1", 1),
        ("b2", 1),
        ("b1", 2),
        ("b1", 2),
    ]
    order = [cell.replicate for cell in grid(study([0.1, 0.2], order="level_first"))]
    assert order == [1, 2, 3, 1, 2, 3]


def test_a_study_survives_its_own_json():
    config = StudyConfig.from_mapping(
        {
            "name": "s",
            "axes": [{"field": "zeta", "values": [0.3, {"start": 0, "stop": 0.9, "step": 0.1}, "a", [1, 2]]}],
            "refinement": {"policy": "refine", "axis": "zeta", "start": 0, "stop": 1, "steps": [0.1, 0.01]},
        }
    )
    again = StudyConfig.from_mapping(config.as_json())
    assert again == config
    assert again.plan_key({}) == config.plan_key({})
    assert grid(again) == grid(config)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("name = 3", "name"),
        ("name = '../a'", "name"),
        ("name = 'a'\nreplicates = 0", "replicates"),
        ("name = 'a'\nreplicate = 1", "replicates"),
        ("name = 'a'\nseeds = 'equal'", "seeds"),
        ("name = ", "TOML"),
        ("name = 'a'\n[refinement]\npolicy = 'refine'", "needs axis, start, stop"),
        (
            "name = 'a'\n[refinement]\npolicy = 'refine'\naxis='zeta'\nstart=0\nstop=1\nsteps=[0.1, 0.03]",
            "whole number",
        ),
        ("name = 'a'\n[[blocks]]\nname='x'\n[[blocks]]\nname='x'", "differ"),
    ],
)
def test_a_bad_study_is_refused_in_one_sentence(text, part):
    with pytest.raises(ConfigError, match=part) as caught:
        StudyConfig.from_toml(text)
    assert "\n" not in str(caught.value)


def test_only_a_wall_clock_budget_makes_a_study_not_reproducible():
    assert study([1], budget={"cost": 10}).reproducible
    assert not study([1], budget={"wall_clock_seconds": 10}).reproducible


def test_a_cost_budget_takes_runs_in_plan_order(tmp_path):
    # A run of the fake runner costs 10 for each of its 3 epochs.
    limited = tiny(tmp_path, budget={"cost": 95})
    everything = tiny(tmp_path).preview()
    assert limited.preview() == everything[:3]


def test_blocks_that_differ_have_seeds_of_their_own():
    config = study([1])
    blocks = [MAIN, Block(name="other"), Block(name="b", run={"y": 1}), Block(name="c", run={"y": 2})]
    found = [cell_seed(config, block, {"x": 1}, 1) for block in blocks]
    assert found[0] == found[1], "a name alone changes nothing"
    assert len(set(found)) == 3


def test_a_field_that_came_later_does_not_change_the_plan():
    """Stored rounds of old studies are found again; all other fields, those of execution too, count."""
    assert "header" in resolve("paper", [])["data"]
    assert "header" not in base_tables("paper")["data"]
    assert "threads" in base_tables("paper")["execution"]
    key = study_preset("paper").plan_key(base_tables("paper"))
    assert (RESULTS / "paper" / "study" / "rounds" / key[:16]).is_dir()


LEVELS = {"start": 1, "stop": 1000, "step": 1}


@pytest.mark.parametrize(
    "tables",
    [
        {"axes": [{"field": "epsilon", "values": [LEVELS]}], "replicates": 101},
        {"axes": [{"field": name, "values": [LEVELS]} for name in ("epsilon", "epochs")]},
        {"axes": [{"field": name, "values": [LEVELS]} for name in ("epsilon", "epochs", "hidden")]},
        {
            "axes": [{"field": "epochs", "values": [LEVELS]}],
            "replicates": 10_000,
            "refinement": {"policy": "refine", "axis": "zeta", "start": 0, "stop": 1},
        },
        {
            "axes": [{"field": name, "values": [LEVELS]} for name in ("epsilon", "epochs")],
            "refinement": {
                "policy": "adaptive",
                "axis": "zeta",
                "start": 0,
                "stop": 1,
                "settings": {"width": 0.01, "step": 0.01},
            },
        },
    ],
)
def test_more_runs_than_can_be_planned_are_refused_before_they_are_made(tables):
    study = Study(StudyConfig.from_mapping({"name": "s", "base": "digits", **tables}), "nowhere")
    began = time.monotonic()
    with pytest.raises(ConfigError, match="at most 100,000 are planned"):
        study.preview()
    assert time.monotonic() - began < 10  # 100,000 runs took 500 s once, and this is none of them


@pytest.mark.parametrize("axes", [{"zeta": 10, "epsilon": 1}, {"zeta": 50, "epsilon": 20}])
def test_a_thousand_runs_are_planned_in_a_second_or_two(axes):
    fields = [
        {"field": name, "values": [k / 100 + (name == "epsilon") for k in range(count)]}
        for name, count in axes.items()
    ]
    config = {
        "name": "s",
        "base": "digits",
        "axes": fields,
        "replicates": 1000 // (axes["zeta"] * axes["epsilon"]),
    }
    began = time.monotonic()
    runs = Study(StudyConfig.from_mapping(config), "nowhere").preview()
    assert len({run.identity for run in runs}) == 1000
    assert time.monotonic() - began < 4  # 0.2 and 0.4 s on an idle machine
