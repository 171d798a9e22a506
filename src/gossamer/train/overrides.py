"""Changing a configuration: tables of a TOML file, or single values at dotted paths."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel

from gossamer.errors import ConfigError
from gossamer.evolve import METHODS
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
    "threads": "execution.threads",
    "weight_decay": "optimizer.weight_decay",
    "zeta": "method.fraction.zeta",
}
"""Short names of the fields that are changed most, and their paths."""

NONE = "none"
"""Stands for no value where a field may have none; neither TOML nor a command line has a word of its own."""


def with_overrides(config: RunConfig, values: Mapping[str, Any]) -> RunConfig:
    """The configuration with some values replaced.

    Parameters
    ----------
    config : RunConfig
    values : mapping from dotted path or alias (see `ALIASES`) to value
        ``method`` may be the name of a method, a part with a ``kind`` may be given by that kind alone, and
        `NONE` stands for no value.

    Raises
    ------
    ConfigError
        If a path does not exist or a value does not fit.
    """
    tree = config.model_dump()
    paths = {ALIASES.get(path, path): value for path, value in values.items()}
    # A new kind or method replaces its whole table, so it comes before the values inside that table.
    for path in sorted(paths, key=lambda path: (not _replaces(path, paths[path]), path.count("."))):
        value = paths[path]
        _set(tree, path, None if value == NONE and _may_be_none(config, path) else value)
    return validated(RunConfig, tree)


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
    if path == "method" or (path == "method.name" and value in METHODS):
        tree["method"] = _named_method(value, tree["method"])
        return
    *parents, name = path.split(".")
    node = tree
    for depth, parent in enumerate(parents):
        if parent not in node and depth == 0:
            raise unknown_name(parent, [*tree, *ALIASES], "setting")
        if not isinstance(node.get(parent), dict):
            if parents[0] == "method" and name != "kind":
                raise ConfigError(
                    f"{path} cannot be set because this method has no {parent}; "
                    f"set {'.'.join(parents)}.kind as well."
                )
            node[parent] = {}
        node = node[parent]
    if not parents and name not in node:
        raise unknown_name(name, [*tree, *ALIASES], "setting")
    old = node.get(name)
    if name == "kind" and old != value:
        node.clear()
    elif path == "data.name" and old != value:
        # The sizes of a generated set belong to that set alone.
        node.update({key: None for key, sizes in node.items() if isinstance(sizes, dict)})
    elif isinstance(value, str) and isinstance(old, dict) and "kind" in old:
        value = old if value == old["kind"] else {"kind": value}
    elif isinstance(old, tuple) and not isinstance(value, list | tuple):
        value = (value,)
    node[name] = value


def _named_method(name: Any, current: Mapping[str, Any]) -> Any:
    if isinstance(name, Mapping):
        return name
    if name == current.get("name"):
        return current
    if name not in METHODS:
        raise unknown_name(str(name), list(METHODS), "method")
    try:
        return METHODS[name].make(start=current["start"]).model_dump()
    except TypeError as error:
        raise ConfigError(f"The method {name!r} takes no start; set its fields one by one.") from error
