"""Configurations as TOML files."""

from pathlib import Path
from typing import Any

from gossamer.errors import ConfigError
from gossamer.evolve.plugins import load_listed
from gossamer.files import write_bytes
from gossamer.train.config import RunConfig
from gossamer.train.overrides import NONE, with_tables
from gossamer.train.presets import preset
from gossamer.train.toml import read_toml, to_toml


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
