import importlib
import importlib.util
import sys

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict

from gossamer.data import DataConfig, from_arrays, load_dataset
from gossamer.errors import ConfigError
from gossamer.evolve import plugins
from gossamer.evolve.part import PARTS
from gossamer.fields import field
from gossamer.train.config import RunConfig
from gossamer.train.identity import identities, identity, identity_fields, with_absent
from gossamer.train.overrides import with_overrides
from gossamer.train.presets import preset
from gossamer.train.session import train
from gossamer.train.sources import part_sources

CHECKSUM = "0" * 64


def of(config=None, checksum=CHECKSUM, **changes):
    return identity(with_overrides(config or RunConfig(), changes), checksum)


def test_stored_identities():
    """Changed only on purpose: every study's finished runs are found by these."""
    assert of(preset("paper")) == "1d88ce300e3b1f668ba4b4456d060b41122a226ef6bf343bf6e1bc7e3f3ff24c"
    assert of(preset("digits")) == "2277c6c84f37e91d36c3489d9ee7263860250c46d79946a558ce01e3edc3a706"


@pytest.mark.parametrize(
    "changes", [{"seed": 1}, {"zeta": 0.31}, {"epochs": 101}, {"seeds.training": 0}, {"hidden": [256]}]
)
def test_what_changes_a_result_changes_the_identity(changes):
    assert of(**changes) != of()


def test_data_change_the_identity():
    assert of(checksum="1" * 64) != of()


@pytest.mark.parametrize(
    "changes",
    [
        {"threads": 3},
        {"execution.checkpoint_seconds": 1},
        {"execution.keep_checkpoint": True},
        {"momentum": 0.9},
    ],
)
def test_what_cannot_change_a_result_does_not(changes):
    assert of(**changes) == of()


def test_only_the_name_of_a_data_file_counts():
    near, far = (RunConfig(data=DataConfig(name=name)) for name in ("one/set.csv", "/far/away/set.csv"))
    assert of(near) == of(far)
    assert identity_fields(far.without_folders())["data"]["name"] == "set.csv"


def test_large_seeds_are_exact():
    assert of(seed=2**62) != of(seed=2**62 + 1)
    assert identity_fields(RunConfig(seed=2**62))["seed"] == str(2**62)


class Grown(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    old: int = field(1, help="was always there", unit="1")
    new: str = field("fast", help="came later", absent=("slow",))
    where: str = field("here", help="of execution", execution=True)


class Outer(BaseModel):
    inner: Grown


def test_field_that_came_later_is_left_out_at_the_value_from_before():
    assert identity_fields(Grown(new="slow")) == {"old": 1}
    assert identity_fields(Grown()) == {"old": 1, "new": "fast"}
    for config in (Grown(new="slow"), Grown()):
        assert Grown.model_validate(with_absent(Grown, identity_fields(config))) == config
    outer = {"inner": identity_fields(Grown(new="slow"))}
    assert Outer.model_validate(with_absent(Outer, outer)) == Outer(inner=Grown(new="slow"))


RULE = """
from typing import Literal
from gossamer.evolve import Magnitude, register
from gossamer.fields import field

@register
class Foreign(Magnitude):
    kind: Literal["foreign"] = field("foreign", help="from outside")
"""


def test_source_of_a_part_from_outside_is_part_of_the_identity(tmp_path):
    assert part_sources(preset("paper")) == {}
    found = []
    for number, text in enumerate((RULE, RULE + "# changed\n")):
        path = tmp_path / f"{number}" / "foreign_rule.py"
        path.parent.mkdir()
        path.write_text(text)
        PARTS.pop(("drop", "foreign"), None)
        spec = importlib.util.spec_from_file_location("foreign_rule", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules["foreign_rule"] = module
        spec.loader.exec_module(module)
        config = with_overrides(RunConfig(), {"method.drop": "foreign"})
        assert list(part_sources(config)) == ["foreign_rule.Foreign"]
        found.append(of(config))
    assert found[0] != found[1]
    path.unlink()
    with pytest.raises(ConfigError, match="source of Foreign cannot be read"):
        part_sources(config)
    PARTS.pop(("drop", "foreign"))


def test_scaling_of_arrays_counts_where_no_config_tells_it(small):
    x = np.random.default_rng(0).random((40, 5))
    y = np.arange(40) % 2
    runs = [
        train(small(), from_arrays((x[:20], y[:20]), (x[20:], y[20:]), scaling=scaling), stop=lambda: True)
        for scaling in ("none", "standardise")
    ]
    assert runs[0].identity != runs[1].identity
    assert runs[0].config.data.name == "arrays"


def test_data_set_given_beside_another_config_is_recorded_as_what_it_is(small):
    config = small(data__scaling="unit")
    other = load_dataset(small(data__scaling="standardise").data, seed=config.seed_of("data"))
    same = load_dataset(config.data, seed=config.seed_of("data"))
    assert other.checksum == same.checksum
    found = train(config, other, stop=lambda: True)
    assert found.config.data.scaling == "standardise"
    assert found.identity == train(small(data__scaling="standardise"), stop=lambda: True).identity
    assert found.identity != train(config, same, stop=lambda: True).identity
    assert train(config, same, stop=lambda: True).identity == train(config, stop=lambda: True).identity


def test_arrays_that_have_the_name_of_the_data_set_are_not_taken_for_it(small):
    x = np.random.default_rng(0).random((40, 5))
    y = np.arange(40) % 2
    arrays = from_arrays((x[:20], y[:20]), (x[20:], y[20:]), name="digits", scaling="standardise")
    config = with_overrides(RunConfig(), {"data.name": "digits", "hidden": [8], "batch_size": 5})
    run = train(config, arrays, stop=lambda: True)
    assert run.config.data.scaling == "none"
    assert run.identity != identity(run.config, arrays.checksum)


HELPER = """
def odds(scores):
    return scores * {factor}
"""


def test_what_a_rule_uses_beside_it_counts_too(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "foreign_rule.py").write_text("import numpy\nfrom foreign_helper import odds\n" + RULE)
    found = []
    for factor in (2, 3):
        (tmp_path / "foreign_helper.py").write_text(HELPER.format(factor=factor))
        for name in ("foreign_rule", "foreign_helper"):
            sys.modules.pop(name, None)
        PARTS.pop(("drop", "foreign"), None)
        importlib.import_module("foreign_rule")
        config = with_overrides(RunConfig(), {"method.drop": "foreign"})
        assert sorted(part_sources(config)) == ["foreign_helper", "foreign_rule.Foreign"]
        found.append(of(config))
    assert found[0] != found[1]
    PARTS.pop(("drop", "foreign"))


def test_a_plugin_is_known_by_the_source_that_runs(tmp_path, monkeypatch):
    monkeypatch.setenv(plugins.VARIABLE, "")
    monkeypatch.setattr(plugins, "_loaded", set())
    path = tmp_path / "of_mine.py"
    path.write_text(RULE)
    plugins.load_plugin(path)
    config = with_overrides(RunConfig(), {"method.drop": "foreign"})
    before = of(config)
    path.write_text(RULE + "# not loaded")
    assert of(config) == before
    PARTS.pop(("drop", "foreign"))
    sys.modules.pop("plugin_of_mine")


@pytest.mark.parametrize("name", ["paper", "digits"])
def test_identities_of_many_seeds_are_those_of_each(name):
    config = preset(name)
    seeds = [0, 1, 7, 2**53 - 1]
    one_by_one = [identity(config.model_copy(update={"seed": seed}), "ab" * 32) for seed in seeds]
    assert identities(config, "ab" * 32, seeds) == one_by_one
