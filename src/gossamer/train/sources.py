"""Where the code of a run's parts comes from: the sources that are recorded because they are not built in."""

import hashlib
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from gossamer.errors import ConfigError
from gossamer.evolve.plugins import loaded_source

_WITHOUT_MODELS = frozenset({str, int, bool, float, type(None)})


def part_sources(config: BaseModel) -> dict[str, str]:
    """SHA-256 (hex) of the source of every part of a config that is not built in, by name of its class.

    Modules beside such a part, or of its package, that it uses count too, by their own names.

    Raises
    ------
    ConfigError
        If the source of such a part cannot be read, so that its runs could not be told apart.
    """
    values = [getattr(config, name) for name in type(config).model_fields]
    classes = {found for value in values if isinstance(value, BaseModel) for found in _foreign_in(value)}
    sources = {f"{part.__module__}.{part.__qualname__}": _hash(part.__module__, part) for part in classes}
    modules = {part.__module__ for part in classes}
    used = {name for module in modules for name in _used_by(module)} - modules
    return sources | {name: _hash(name) for name in used}


@lru_cache(maxsize=1024)
def _foreign_in(value: BaseModel) -> frozenset[type]:
    """Classes that are not built in, of everything in a part of a config."""
    classes = {base for part in _models(value) for base in type(part).__mro__}
    return frozenset(found for found in classes if _is_foreign(found.__module__))


def _models(value: Any) -> Iterator[BaseModel]:
    if type(value) in _WITHOUT_MODELS:
        return
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from _models(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _models(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _models(item)


def _is_foreign(module: str) -> bool:
    package = module.partition(".")[0]
    return package not in ("gossamer", "pydantic") and package not in sys.stdlib_module_names


def _used_by(start: str) -> set[str]:
    """Names of the modules of one's own that a module uses, directly or not; it is one of them."""
    home = _home(start)
    found, todo = {start}, [start]
    while todo:
        for name in _neighbours(todo.pop()) - found:
            file = _file(name)
            if _is_foreign(name) and file is not None and home is not None and home in file.parents:
                found.add(name)
                todo.append(name)
    return found


def _neighbours(name: str) -> set[str]:
    """Names of the modules that something in a module is, or comes from."""
    values = list(vars(sys.modules[name]).values()) if name in sys.modules else []
    names = (v.__name__ if isinstance(v, ModuleType) else getattr(v, "__module__", None) for v in values)
    return {found for found in names if isinstance(found, str)}


def _home(name: str) -> Path | None:
    """Folder of a module's package, or of a module that is in none."""
    package, _, below = name.partition(".")
    file = _file(package) if below else _file(name)
    return None if file is None else file.parent


def _file(name: str) -> Path | None:
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file).absolute() if isinstance(file, str) else None


def _hash(name: str, part: type | None = None) -> str:
    """SHA-256 of a module's source: as it was when it was loaded, where that is known."""
    if (known := loaded_source(name)) is not None:
        return known
    file = _file(name)
    try:
        return hashlib.sha256((file or Path()).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(
            f"The source of {name if part is None else part.__qualname__} cannot be read, and a run has to "
            "record it; define the class in a file."
        ) from error
