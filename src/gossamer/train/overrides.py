"""Changing a configuration: tables of a TOML file, or single values at dotted paths."""

import itertools
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel

from gossamer.data.config import NAMES, SPLIT_FIELDS
from gossamer.errors import ConfigError, GossamerError
from gossamer.evolve import METHODS, method_record
from gossamer.evolve.hooks import in_a_line
from gossamer.topology import BUDGETED
from gossamer.train.config import RunConfig
from gossamer.train.problems import unknown_name, validated

ALIASES = {
    "activation": "network.activation",
    "batch_size": "training.batch_size",
    "dataset": "data.name",
    "dropout": "network.dropout",
    "epochs": "training.epochs",
    "epsilon": "method.start.epsilon",
    "hidden": "network.hidden",
    "learning_rate": "optimizer.learning_rate",
    "momentum": "optimizer.momentum",
    "start": "method.start",
    "threads": "execution.threads",
    "weight_decay": "optimizer.weight_decay",
    "zeta": "method.fraction.zeta",
}
"""Short names of the fields that are changed most, and their paths."""

AMOUNTS = ("density", "sparsity")
"""Names for how many links there are at the start, in whatever field its kind has for that."""

NONE = "none"
"""Stands for no value where a field may have none; neither TOML nor a command line has a word of its own."""


def with_overrides(config: RunConfig, values: Mapping[str, Any]) -> RunConfig:
    """The configuration with some values replaced.

    Parameters
    ----------
    config : RunConfig
    values : mapping from dotted path or alias (see `ALIASES`) to value
        ``method`` may be the name of a method, a part with a ``kind`` may be given by that kind alone, and
        `NONE` stands for no value. Another ``data.task`` brings its own loss unless one is given. A file of
        the user's own in place of a named set, or the other way round, brings its own split.

    Raises
    ------
    ConfigError
        If a path does not exist or a value does not fit.
    """
    tree = config.model_dump()
    paths = {ALIASES.get(path, path): value for path, value in values.items()}
    task = paths.get("data.task")
    if task is not None and task != config.data.task and "network.loss" not in paths:
        # A loss belongs to its task; without one the new task's own is taken.
        del tree["network"]["loss"]
    _drop_other_splits(tree["data"], paths)
    # A new kind or method replaces its whole table, so it comes before the values inside that table.
    for path in sorted(paths, key=lambda path: (not _replaces(path, paths[path]), path.count("."))):
        value = paths[path]
        if path in AMOUNTS:
            _set_sparsity(tree["method"], path, value)
        else:
            _set(tree, path, None if value == NONE and _may_be_none(config, path) else value)
    return validated(RunConfig, tree)


def _drop_other_splits(data: dict[str, Any], paths: Mapping[str, Any]) -> None:
    """Leave out what says how another data set is split, or says it in another way than the new values."""
    dropped = set()
    if (data["name"] in NAMES) != (paths.get("data.name", data["name"]) in NAMES):
        dropped = {*SPLIT_FIELDS}
    for one, other in itertools.permutations(("validation_samples", "validation_fraction")):
        # Both stay where both are given, so that a contradiction is refused.
        if f"data.{one}" in paths and f"data.{other}" not in paths:
            data[other] = 0
            dropped -= {other}
    for name in dropped:
        del data[name]


def _set_sparsity(method: Any, name: str, value: Any) -> None:
    """Give the start of a method, or its budget, a density or a sparsity.

    A start that has none, such as an Erdos-Renyi one by epsilon, becomes `ERK`: for layers of neurons that is
    Erdos-Renyi with epsilon solved for the sparsity.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ConfigError(f"{name} is {value!r}, expected a number in [0, 1].")
    start = method.get("start") if isinstance(method, dict) else None
    owner, key = (start, "budget") if isinstance(start, dict) and "budget" in start else (method, "start")
    old = None if start is None else owner[key]
    if not isinstance(old, dict) or "kind" not in old:
        raise ConfigError(f"{name} cannot be set because {key} is {old!r}, expected a table with its kind.")
    # A density is a decimal: 0.01 means a sparsity of 0.99, not of 0.98999999999999999.
    sparsity = float(1 - Decimal(repr(value))) if name == "density" else value
    if old["kind"] in ("uniform", "erk"):
        owner[key] = {**old, "sparsity": sparsity}
    else:
        owner[key] = {"kind": "erk", "sparsity": sparsity, "dense_output": old.get("dense_output", False)}


def with_tables(config: RunConfig, tables: Mapping[str, Any]) -> RunConfig:
    """The configuration with nested tables, such as those of a TOML file, laid over it.

    Raises
    ------
    ConfigError
        If a name does not exist or a value does not fit.
    """
    return with_overrides(config, dict(_leaves(tables, "")))


def _leaves(table: Mapping[str, Any], prefix: str) -> Any:
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _may_be_none(config: RunConfig, path: str) -> bool:
    *parents, name = path.split(".")
    model: Any = config
    for parent in parents:
        model = getattr(model, parent, None)
    info = type(model).model_fields.get(name) if isinstance(model, BaseModel) else None
    return info is not None and type(None) in get_args(info.annotation)


def _replaces(path: str, value: Any) -> bool:
    return path in ("method", "method.name") or path.endswith(".kind") or isinstance(value, str)


def _set(tree: dict[str, Any], path: str, value: Any) -> None:
    if path == "method" or (path == "method.name" and isinstance(value, str) and value in METHODS):
        tree["method"] = _named_method(value, tree["method"])
        return
    *parents, name = path.split(".")
    node = tree
    for depth, parent in enumerate(parents):
        if parent not in node and depth == 0:
            raise unknown_name(parent, [*tree, *ALIASES, *AMOUNTS], "setting")
        if not isinstance(node.get(parent), dict):
            if parents[0] == "method" and name != "kind":
                raise ConfigError(
                    f"{path} cannot be set because this method has no {parent}; "
                    f"set {'.'.join(parents)}.kind as well."
                )
            node[parent] = {}
        node = node[parent]
    if parents == ["method", "start"] and name not in node and isinstance(node.get("budget"), dict):
        node = node["budget"]
    if not parents and name not in node:
        raise unknown_name(name, [*tree, *ALIASES, *AMOUNTS], "setting")
    old = node.get(name)
    if name == "kind" and node and old is None:
        raise unknown_name(name, list(node), "name", ".".join(parents))
    if name == "kind" and old != value:
        node.clear()
    elif path == "data.name" and old != value:
        # The sizes of a generated set belong to that set alone.
        node.update({key: None for key, sizes in node.items() if isinstance(sizes, dict)})
    elif isinstance(value, str) and isinstance(old, dict) and "kind" in old:
        if path == "method.start" and value in BUDGETED:
            value = {**_with_budget(old), "kind": value}
        value = old if value == old["kind"] else {"kind": value} if isinstance(value, str) else value
    elif isinstance(old, tuple) and not isinstance(value, list | tuple):
        value = (value,)
    node[name] = value


def _with_budget(start: Mapping[str, Any]) -> dict[str, Any]:
    """The links of a start as the budget of another one."""
    return {"budget": start.get("budget", dict(start))}


def _named_method(name: Any, current: Mapping[str, Any]) -> Any:
    if isinstance(name, Mapping):
        return name
    if name == current.get("name"):
        return current
    record = method_record(str(name))
    try:
        if record.own_start:
            return record.make(**_with_budget(current["start"])).model_dump()
        return record.make(start=current["start"]).model_dump()
    except TypeError as error:
        raise ConfigError(f"The method {name!r} takes no start; set its fields one by one.") from error
    except (GossamerError, ValueError):
        raise
    except Exception as error:
        raise ConfigError(f"The method {name!r} cannot be made: {in_a_line(error)}.") from error
