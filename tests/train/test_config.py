from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gossamer.errors import ConfigError
from gossamer.evolve import Magnitude, PaperThreshold
from gossamer.random import derive
from gossamer.train.config import RunConfig
from gossamer.train.config_file import config_toml, parse_value, read_config, to_toml, write_config
from gossamer.train.overrides import ALIASES, with_overrides, with_tables
from gossamer.train.presets import PRESETS, preset

CONFIGS = {
    "defaults": {},
    "static": {"method": "static", "seeds.data": 3},
    "prune only": {"method.name": "mine", "method.grow": "none"},
    "other parts": {"method.drop": "magnitude", "method.when.kind": "every_steps", "method.when.every": 7},
    "densities": {"method.start.kind": "per_layer", "method.start.density": [0.1, 0.2, 1]},
    "generated data": {"data.name": "madelon", "method.layers": [0, 1], "seed": 2**63 - 1},
}


@pytest.mark.parametrize("changes", CONFIGS.values(), ids=CONFIGS.keys())
@pytest.mark.parametrize("base", [RunConfig(), *(preset(name) for name in PRESETS)])
def test_toml_gives_the_same_configuration_back(base, changes, tmp_path):
    config = with_overrides(base, changes)
    write_config(config, tmp_path / "run.toml")
    assert read_config(tmp_path / "run.toml") == config


@pytest.mark.parametrize("name", PRESETS)
def test_tables_of_a_preset_change_nothing_over_it(name):
    assert with_tables(preset(name), preset(name).model_dump()) == preset(name)


def test_file_may_start_from_a_preset(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('preset = "paper"\n[training]\nepochs = 3\n[method]\ndrop = "magnitude"\n')
    config = read_config(path)
    assert config.data == preset("paper").data
    assert config.training.epochs == 3
    assert isinstance(config.method.drop, Magnitude)


def test_paper_preset_is_the_configuration_of_the_papers_code():
    """Section 2 of the reference: every line of its table, once more as text."""
    c = preset("paper")
    assert (c.data.name, c.data.split, c.data.scaling) == ("fashion-mnist", "paper", "unit")
    assert (c.data.train_samples, c.data.validation_samples, c.data.test_samples) == (5000, 1000, 1000)
    assert (c.network.hidden, c.network.activation, c.network.dropout) == ((1000,) * 3, "relu", 0.2)
    assert (c.network.init, c.network.fan_in, c.network.loss) == ("he_uniform", "dense", "cross_entropy")
    assert c.method.start.model_dump(include={"kind", "epsilon", "count"}) == {
        "kind": "erdos_renyi",
        "epsilon": 13,
        "count": "bernoulli",
    }
    assert isinstance(c.method.drop, PaperThreshold)
    assert c.method.grow.model_dump() == {
        "kind": "uniform",
        "value": "init",
        "allow_regrow": True,
        "alive_only": False,
    }
    assert c.method.when.model_dump() == {"kind": "every_epoch", "every": 1, "first": 1, "until": 1.0}
    assert c.method.fraction.model_dump() == {"kind": "constant", "zeta": 0.3}
    assert (c.method.last_update, c.method.layers) == ("nothing", "all_but_output")
    o = c.optimizer
    assert (o.kind, o.learning_rate, o.momentum, o.nesterov) == ("sgd", 0.05, 0.9, False)
    assert (o.weight_decay, o.weight_decay_form, o.decay_biases) == (2e-4, "decoupled", True)
    assert o.schedule.kind == "constant"
    assert o.schedule.warmup_epochs == 0
    assert (c.training.batch_size, c.training.last_batch, c.training.epochs) == (40, "drop", 1000)


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"density": 0.01}, {"kind": "erk", "sparsity": 0.99}),
        ({"sparsity": 0.9, "start": "uniform"}, {"kind": "uniform", "sparsity": 0.9}),
        ({"density": 0.2, "start": "uniform", "method.start.dense_output": True}, {"dense_output": True}),
        ({"density": 0.1, "start": "correlation"}, {"kind": "correlation"}),
    ],
)
def test_an_amount_of_links_goes_to_the_start_or_its_budget(changes, start):
    found = with_overrides(RunConfig(), changes).method.start
    assert found.model_dump().items() >= start.items()
    amount = getattr(found, "budget", found)
    assert amount.sparsity == changes.get("sparsity", 1 - changes.get("density", 0))


def test_epsilon_is_that_of_the_budget_where_a_start_has_one():
    start = with_overrides(RunConfig(), {"start": "correlation", "epsilon": 2.5}).method.start
    assert start.budget.epsilon == 2.5


@pytest.mark.parametrize("value", [1.5, -0.1, "much", True])
def test_a_wrong_amount_gets_a_sentence(value):
    with pytest.raises(ConfigError, match=r"density is .*, expected a number in \[0, 1\]"):
        with_overrides(RunConfig(), {"density": value})


@pytest.mark.parametrize(("alias", "path"), ALIASES.items())
def test_aliases_are_fields(alias, path):
    model = RunConfig()
    *parents, name = path.split(".")
    for parent in parents:
        model = getattr(model, parent)
    value = getattr(model, name)
    assert with_overrides(RunConfig(), {alias: value}) == with_overrides(RunConfig(), {path: value})


def test_parts_without_a_seed_of_their_own_get_different_ones():
    config = RunConfig(seed=5)
    parts = ("data", "topology", "weights", "training")
    assert len({config.seed_of(part) for part in parts}) == 4
    assert config.seed_of("topology") == derive(5, 2)
    assert with_overrides(config, {"seeds.topology": 9}).seed_of("topology") == 9


PROBLEMS = {
    "out of range": ({"zeta": 1.5}, "method.fraction.zeta is 1.5, expected less than or equal to 1."),
    "NaN": ({"zeta": float("nan")}, "method.fraction.zeta is nan, expected a number in [0, 1]."),
    "NaN without an upper bound": (
        {"optimizer.schedule.warmup_epochs": float("nan")},
        "optimizer.schedule.warmup_epochs is nan, expected a number in [0, inf).",
    ),
    "NaN as a milestone": (
        {"optimizer.schedule.milestones": [1.0, float("nan")]},
        "optimizer.schedule.milestones.1 is nan, expected a number.",
    ),
    "infinite milestone": ({"optimizer.schedule.milestones": [float("inf")]}, "expected a finite number."),
    "milestone below 0": ({"optimizer.schedule.milestones": [-1]}, "expected greater than or equal to 0."),
    "milestones that do not ascend": (
        {"optimizer.schedule.milestones": [2, 1]},
        "milestones is [2.0, 1.0], expected ascending epochs.",
    ),
    "batch that the engine does not take": (
        {"batch_size": 2**20 + 1},
        "training.batch_size is 1048577, expected less than or equal to 1048576.",
    ),
    "not a number": ({"epochs": "ten"}, "training.epochs is 'ten', expected a valid integer"),
    "unknown field": (
        {"training.epoch": 3},
        "There is no name 'epoch' in training (did you mean 'epochs'?); known names are batch_size, ",
    ),
    "unknown schedule": (
        {"method.drop": {"kind": "magnitude", "sharpness": {"kind": "nope"}}},
        "method.drop.sharpness: The schedule part has kind 'nope', expected one of",
    ),
    "unknown latent rule": ({"method.latent": "nope"}, "method.latent: The latent part has kind 'nope'"),
    "saved start without its file": ({"start": "saved"}, "set method.start.path to a file with patterns"),
    "unknown field of a part": ({"method.fraction.zeto": 1}, "known names are kind, zeta."),
    "unknown setting": (
        {"zet": 1},
        "There is no setting 'zet' (did you mean 'zeta'?); known names are activation, ",
    ),
    "unknown method": ({"method": "statc"}, "There is no method 'statc' (did you mean 'static'?)"),
    "unknown part": (
        {"method.drop": "magnitud"},
        "magnitude, paper_threshold, relative_importance, sensitivity, sign_split",
    ),
    "no method": ({"method": []}, "There is no method '[]'; known names are"),
    "no name": ({"method.name": []}, "method.name is [], expected a valid string"),
    "kind beside name": (
        {"method.kind": "x", "method.name": "set"},
        "There is no name 'kind' in method; known",
    ),
    "budget that is none": ({"method.start.budget": "x", "method.start.sparsity": 0.5}, "method.start"),
    "budget and an amount": (
        {"method.start": {"budget": 3}, "density": 0.5},
        "method.start is {'budget': 3}, expected a table",
    ),
    "start and an amount": (
        {"method.start": [], "density": 0.5},
        "method.start is [], expected",
    ),
    "method and an amount": ({"method": {}, "density": 0.5}, "density cannot be set because start is None"),
    "task that is none": ({"data.task": {}}, "data.task is {}, expected 'classification', "),
    "unknown start": ({"method.start": "er"}, "expected a table with kind 'erdos_renyi', "),
    "part that is absent": ({"method": "static", "zeta": 0.1}, "this method has no fraction"),
    "part that lacks a value": (
        {"method.start": "erk"},
        "method.start.sparsity is missing; give it a value.",
    ),
    "member of a union": ({"method.layers": 3}, "expected 'all_but_output' or 'all' or a valid tuple"),
    "our own check": ({"hidden": [3, 0]}, "network: hidden is [3, 0], expected at least one neuron"),
    "order": ({"training.snapshot_epochs": [2, 1]}, "snapshot_epochs is [2, 1], expected ascending epochs"),
    "seed": ({"seed": 2**63}, "seed is 9223372036854775808, expected less than 9223372036854775808."),
    "name": ({"activation": "rel"}, "network.activation is 'rel', expected 'relu', 'leaky_relu', "),
}


@pytest.mark.parametrize(("changes", "sentence"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_what_is_wrong_is_said_in_one_sentence(changes, sentence):
    with pytest.raises(ConfigError) as caught:
        with_overrides(RunConfig(), changes)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("content", [b"a = ", b"\xff", None])
def test_file_that_is_no_configuration_is_named(content, tmp_path):
    path = tmp_path / "run.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"run\.toml (is not valid TOML|cannot be read)"):
        read_config(path)


def test_problem_in_a_file_names_the_file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text("[training]\nepoch = 3\n")
    with pytest.raises(ConfigError, match=r"^In .*run\.toml: There is no name 'epoch'"):
        read_config(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), ("3", 3), ("true", True), ("[1, 2]", [1, 2]), ("1,2", [1, 2]), ("relu", "relu"), ("", "")],
)
def test_values_of_the_command_line(text, value):
    assert parse_value(text) == value


PLAIN = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=5)


@given(
    st.dictionaries(
        KEYS, PLAIN | st.dictionaries(KEYS, PLAIN | st.dictionaries(KEYS, PLAIN, max_size=2), max_size=3)
    )
)
def test_toml_writer_is_read_back_by_the_standard_library(tree):
    import tomllib

    assert tomllib.loads(to_toml(tree)) == tree


def test_config_toml_is_text_for_people():
    text = config_toml(preset("paper"))
    assert "[method.start]" in text
    assert "epsilon = 13.0" in text
    assert str(Path.home()) not in text
