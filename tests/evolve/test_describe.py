"""What is said of methods: complete, true to the models, and the same on the page of the docs."""

import re
from pathlib import Path

import pytest

from gossamer.errors import ConfigError
from gossamer.evolve import METHODS
from gossamer.evolve.describe import describe, methods, updated_page
from gossamer.train.config import RunConfig
from gossamer.train.overrides import with_overrides

PAGE = Path(__file__).resolve().parents[2] / "docs" / "methods.md"


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_record_is_complete_and_names_fields_that_exist(name):
    record, facts = METHODS[name], describe(name)
    paths = {row["path"] for row in facts["parameters"]}
    # An origin may be that of a part which only a variant of the method has.
    unknown = [path for path in record.origins if f"method.{path}" not in paths]
    assert all(path.split(".")[0] in ("density", "fraction", "start") for path in unknown), unknown
    for text in (facts["summary"], facts["source"], facts["verified"]):
        assert text
    assert len(facts["summary"]) <= 100
    assert record.make().name == name


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_parameter_can_be_set_to_its_default(name):
    config = with_overrides(RunConfig(), {"method": METHODS[name].make().model_dump()})
    rows = describe(name)["parameters"]
    values = {
        r["path"]: r["default"] for r in rows if r["default"] is not None and not r["path"].endswith(".by")
    }
    assert with_overrides(config, values) == config


def test_the_page_holds_the_data_of_every_method_and_a_paragraph_by_hand():
    text = PAGE.read_text()
    assert updated_page(text) == text, "bring it up to date: gossamer methods page docs/methods.md"
    for name in METHODS:
        section = re.search(rf"^## {name}\n(.*?)<!-- data of {name} -->", text, re.DOTALL | re.MULTILINE)
        assert section, name
        assert len(section[1].split()) >= 25, name


def test_an_unknown_method_gets_a_sentence():
    with pytest.raises(ConfigError, match=r"no method 'rgl' \(did you mean 'rigl'\?\)"):
        describe("rgl")
    assert [facts["name"] for facts in methods()] == sorted(METHODS)
