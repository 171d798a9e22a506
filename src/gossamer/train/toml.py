"""TOML in and out of configurations."""

import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gossamer.errors import ConfigError

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The file {path} is not valid TOML: {error}.") from error


def to_toml(value: Mapping[str, Any]) -> str:
    """TOML text of nested mappings. A None is left out: TOML has no such value."""
    return "\n".join(_table(value, ())).strip() + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    values = {key: value for key, value in table.items() if value is not None}
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in values.items() if key not in tables]
    if path and (lines or not tables):
        lines = ["", f"[{'.'.join(map(_key, path))}]", *lines]
    for key, value in tables.items():
        lines += _table(value, (*path, key))
    return lines


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    # A TOML basic string has the escapes of JSON, and asks for one of DEL as well.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return repr(value)
        return "nan" if math.isnan(value) else f"{'-' if value < 0 else ''}inf"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(item)}" for key, item in value.items() if item is not None)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise ConfigError(f"A value of type {type(value).__name__} cannot be written as TOML.")


def parse_value(text: str) -> Any:
    """Value of a TOML expression such as ``0.5``, ``[1, 2]`` or ``true``; the text itself where it is none.

    So that lists need no brackets on a command line, ``1,2,3`` is read as ``[1,2,3]``; and in brackets words
    need no quotes, so that ``[a, 2]`` is read as ``["a", 2]``.
    """
    for candidate in (text, f"[{text}]") if "," in text else (text,):
        try:
            parsed = tomllib.loads(f"value = {candidate}")
        except tomllib.TOMLDecodeError:
            continue
        if len(parsed) == 1:
            return parsed["value"]
    if text.startswith("[") and text.endswith("]") and not set(text[1:-1]) & set("[]{}\"'"):
        return [parse_value(word.strip()) for word in text[1:-1].split(",")]
    return text
