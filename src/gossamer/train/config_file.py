"""Configurations as TOML files."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from gossamer.errors import ConfigError
from gossamer.evolve.plugins import load_listed
from gossamer.files import write_bytes
from gossamer.train.config import RunConfig
from gossamer.train.overrides import NONE, with_tables
from gossamer.train.presets import preset

_NAMES = re.compile(r"\s*[A-Za-z_]\w*\s*(,\s*[A-Za-z_]\w*\s*)+")


def read_config(path: Path) -> RunConfig:
    """Configuration of a TOML file; its key ``preset`` names the one that it starts from, else the defaults.

    A table ``[plugins]`` with ``files`` names Python files with parts of one's own, from the file's folder.

    Raises
    ------
    ConfigError
        If the file cannot be read, or holds an unknown name or a value that does not fit.
    """
    tables = read_toml(path)
    base = tables.pop("preset", None)
    try:
        load_listed(tables.pop("plugins", None), path.parent)
        return with_tables(RunConfig() if base is None else preset(str(base)), tables)
    except ConfigError as error:
        raise ConfigError(f"In {path}: {error}") from error


def config_toml(config: RunConfig) -> str:
    """TOML text of a whole configuration; `read_config` gives the same one back."""
    tree: dict[str, Any] = config.model_dump()
    # What has no value is left out, but for the parts of the method, which the defaults would fill in again.
    tree["method"] = {name: NONE if value is None else value for name, value in tree["method"].items()}
    return to_toml(tree)


def write_config(config: RunConfig, path: Path) -> None:
    """Write a configuration to a TOML file."""
    write_bytes(path, config_toml(config).encode())


def read_toml(path: Path) -> dict[str, Any]:
    """Tables of a TOML file.

    Raises
    ------
    ConfigError
        If the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The file {path} cannot be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ConfigError(f"The file {path} is not valid TOML: {error}.") from error


def to_toml(value: Mapping[str, Any]) -> str:
    """TOML text of nested mappings. A None is left out: TOML has no such value."""
    try:
        return tomlkit.dumps(_without_none(value))
    except (tomlkit.exceptions.TOMLKitError, ValueError) as error:
        raise ConfigError(f"A value cannot be written as TOML: {error}.") from error


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list | tuple) else value


def parse_value(text: str) -> Any:
    """Value of a TOML expression such as ``0.5``, ``[1, 2]`` or ``true``; the text itself where it is none.

    So that lists need no brackets on a command line, ``1,2,3`` is read as ``[1,2,3]``, and ``set,rigl`` or
    ``[set, rigl]`` as a list of two names.
    """
    for candidate in (text, f"[{text}]") if "," in text else (text,):
        try:
            parsed = tomllib.loads(f"value = {candidate}")
        except (tomllib.TOMLDecodeError, RecursionError, ValueError):
            continue
        if len(parsed) == 1:
            return parsed["value"]
    names = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _NAMES.fullmatch(names):
        return [name.strip() for name in names.split(",")]
    return text
