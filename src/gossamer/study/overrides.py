"""Changing a study by single values: fields of its runs, levels of its axes, or its own fields."""

from collections.abc import Mapping
from typing import Any

from gossamer.errors import ConfigError
from gossamer.study.axes import name_of
from gossamer.study.config import StudyConfig

OWN_FIELDS = ("replicates", "seed", "seeds", "order", "retries")


def with_values(config: StudyConfig, values: Mapping[str, Any]) -> StudyConfig:
    """The study with some values replaced.

    Parameters
    ----------
    config : StudyConfig
        The study as it is.
    values : mapping
        From a name to its value: a field of the study (replicates, seed, seeds, order, retries), an axis,
        whose levels are replaced, or a field of the run config by alias or path.

    Raises
    ------
    ConfigError
        If a value does not fit; fields of runs are checked when the study is planned.
    """
    tables = config.as_json()
    run = {name_of(key): value for key, value in tables["run"].items()}
    for key, value in values.items():
        name = name_of(key)
        axes = [axis for axis in _axes(tables) if name_of(axis["field"]) == name]
        if key in OWN_FIELDS:
            tables[key] = value
        elif axes:
            for axis in axes:
                axis["values"] = value if isinstance(value, list) else [value]
        elif name == "name":
            raise ConfigError("The name of a study cannot be replaced; give it another folder.")
        else:
            run[name] = value
    tables["run"] = run
    return StudyConfig.from_mapping(tables, f"the study {config.name}")


def _axes(tables: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*tables["axes"], *(axis for block in tables["blocks"] for axis in block["axes"])]
