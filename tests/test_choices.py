"""docs/choices.md says what the program does: every default in its tables is the program's."""

import re
from pathlib import Path

import pytest

from gossamer.data import DataConfig
from gossamer.evolve import Magnitude, Method, set_method
from gossamer.evolve.fraction import Constant
from gossamer.evolve.grow import Uniform
from gossamer.evolve.when import EveryEpoch
from gossamer.topology.erdos_renyi import ErdosRenyi
from gossamer.topology.erk import ERK
from gossamer.train.config import NetworkConfig, OptimizerConfig, RunConfig, TrainingConfig

PAGE = Path(__file__).resolve().parents[1] / "docs" / "choices.md"
MODELS = {
    model.__name__: model
    for model in (
        Constant,
        DataConfig,
        ERK,
        ErdosRenyi,
        EveryEpoch,
        Magnitude,
        Method,
        NetworkConfig,
        OptimizerConfig,
        RunConfig,
        TrainingConfig,
        Uniform,
    )
}
ROWS = re.findall(r"^\|[^|]+\| `([A-Za-z_]+)\.([a-z_]+)` \| `([^`]+)` \|", PAGE.read_text(), re.MULTILINE)


def test_every_row_of_a_table_names_a_parameter_and_its_default():
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert len(ROWS) == len([line for line in lines if not line.startswith("| choice ")]) > 15


@pytest.mark.parametrize(
    ("owner", "name", "default"), ROWS, ids=[f"{owner}.{name}" for owner, name, _ in ROWS]
)
def test_a_default_is_the_programs(owner, name, default):
    if owner == "set_method":
        assert getattr(set_method(), name).kind == default
    else:
        assert str(MODELS[owner].model_fields[name].default) == default
