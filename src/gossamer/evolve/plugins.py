"""Parts and methods from outside the package: files of one's own, and installed packages."""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from gossamer.errors import ConfigError, GossamerError

VARIABLE = "GOSSAMER_PLUGINS"
"""Environment variable with the files, so that the processes of a study find them as well."""

GROUP = "gossamer.parts"
"""Group of entry points of installed packages that register parts or methods when they are imported."""

_loaded: set[str] = set()
_sources: dict[str, str] = {}


def load_plugin(path: str | Path) -> None:
    """Import a file that registers parts or methods, once, and let the processes of a study find it.

    Raises
    ------
    ConfigError
        If there is no such file, or importing it fails.
    """
    file = Path(path).expanduser().absolute()
    if str(file) in _loaded:
        return
    name = f"plugin_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if not file.is_file() or spec is None:
        raise ConfigError(f"The plugin {path} is not a Python file; give the path of one.")
    if name in sys.modules:
        raise ConfigError(f"There is a plugin named {file.name} already; give this one another file name.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # Compiled from the bytes that are hashed: a kept bytecode file may be of an older source.
        content = file.read_bytes()
        _sources[name] = hashlib.sha256(content).hexdigest()
        exec(compile(content, str(file), "exec"), vars(module))
    except GossamerError:
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(
            f"The plugin {path} cannot be imported: {type(error).__name__}, {error}."
        ) from error
    _loaded.add(str(file))
    known = [part for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    if str(file) not in known:
        os.environ[VARIABLE] = os.pathsep.join([*known, str(file)])


def loaded_source(module: str) -> str | None:
    """SHA-256 (hex) of the file of a plugin's module as it was when it was loaded; None for other modules.

    The file may have changed since, and the code that runs has not.
    """
    return _sources.get(module)


def load_listed(table: Any, folder: Path) -> None:
    """Load the plugins of a TOML table ``[plugins]``, paths from `folder`; ConfigError if it is none."""
    if table is None:
        return
    files = table.get("files") if isinstance(table, Mapping) else None
    if not isinstance(files, list) or len(table) != 1 or not all(isinstance(file, str) for file in files):
        raise ConfigError('[plugins] holds one list of paths, as in files = ["my_rule.py"].')
    for file in files:
        load_plugin(folder / file)


def load_plugins() -> None:
    """Import what the environment variable names and what installed packages offer, once each.

    Raises
    ------
    ConfigError
        If one of them cannot be imported.
    """
    for file in os.environ.get(VARIABLE, "").split(os.pathsep):
        if file:
            load_plugin(file)
    for entry in entry_points(group=GROUP):
        if entry.value in _loaded:
            continue
        try:
            entry.load()
        except Exception as error:
            raise ConfigError(
                f"The installed plugin {entry.name} cannot be imported: {type(error).__name__}, {error}."
            ) from error
        _loaded.add(entry.value)
