"""What a run is: the hash of everything that its result depends on, and of nothing else."""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gossamer.data import Dataset
from gossamer.errors import ConfigError
from gossamer.train.canonical import canonical_json
from gossamer.train.config import RunConfig
from gossamer.train.problems import candidates

NUMERICS = 1
"""Version of the numbers: raised by hand whenever the same configuration starts to give another result."""

_SAFE_INTEGER = 2**53 - 1


def identity(config: RunConfig, dataset_checksum: str) -> str:
    """SHA-256 (hex) of the canonical JSON of all that a result depends on.

    Parameters
    ----------
    config : RunConfig
        Its fields of role "execution" are left out, and so is every field that has its ``absent`` value. Of a
        path to data only the name counts.
    dataset_checksum : str
        SHA-256 (hex) of the decoded arrays of the data set.
    """
    content = {
        "config": identity_fields(config.without_folders()),
        "data": dataset_checksum,
        "numerics": NUMERICS,
        "parts": part_sources(config),
    }
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def scaled_checksum(dataset: Dataset) -> str:
    """SHA-256 (hex) of a data set and its scaling, where no config says how it was scaled."""
    digest = hashlib.sha256(dataset.checksum.encode())
    digest.update(dataset.scaling.scale.tobytes())
    digest.update(dataset.scaling.shift.tobytes())
    if dataset.target_scaling is not None:
        digest.update(dataset.target_scaling.scale.tobytes())
        digest.update(dataset.target_scaling.shift.tobytes())
    return digest.hexdigest()


def identity_fields(value: Any) -> Any:
    """Identity fields of a config as JSON values; integers of 2**53 and more become decimal text."""
    if isinstance(value, BaseModel):
        kept = {name: getattr(value, name) for name in type(value).model_fields if _counts(value, name)}
        return {name: identity_fields(item) for name, item in kept.items()}
    if isinstance(value, list | tuple):
        return [identity_fields(item) for item in value]
    if isinstance(value, dict):
        return {key: identity_fields(item) for key, item in value.items()}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, int) and abs(value) > _SAFE_INTEGER:
        return str(value)
    return value


def without_absent(value: BaseModel) -> dict[str, Any]:
    """All fields of a config as JSON values, but for those that have their absent value."""
    dumped: dict[str, Any] = value.model_dump(mode="json")
    for name, info in type(value).model_fields.items():
        item = getattr(value, name)
        if _is_absent(item, info):
            del dumped[name]
        elif isinstance(item, BaseModel):
            dumped[name] = without_absent(item)
    return dumped


def with_absent(model: type[BaseModel], tree: Mapping[str, Any]) -> dict[str, Any]:
    """Inverse of what `identity_fields` leaves out: the tree with every absent value written out."""
    full = dict(tree)
    for name, info in model.model_fields.items():
        value, absent = full.get(name), _absent(info)
        if isinstance(value, Mapping):
            below = candidates(info.annotation, value)
            full[name] = with_absent(below[0], value) if len(below) == 1 else value
        elif name not in full and absent:
            full[name] = absent[0]
    return full


def _counts(model: BaseModel, name: str) -> bool:
    info = type(model).model_fields[name]
    if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("role") == "execution":
        return False
    return not _is_absent(getattr(model, name), info)


def _is_absent(value: Any, info: FieldInfo) -> bool:
    """Whether a field stands at the value that equals "before it existed"."""
    return identity_fields(value) in [identity_fields(absent) for absent in _absent(info)]


def _absent(info: FieldInfo) -> list[Any]:
    """The value of a field that stands for "before it existed", if it has one."""
    extra = info.json_schema_extra
    absent = extra.get("absent") if isinstance(extra, dict) else None
    return absent if isinstance(absent, list) else []


def part_sources(config: BaseModel) -> dict[str, str]:
    """SHA-256 (hex) of the source file of every part of a config that is not built in, by name of its class.

    Raises
    ------
    ConfigError
        If the source of such a part cannot be read, so that its runs could not be told apart.
    """
    classes = {base for part in _models(config) for base in type(part).__mro__ if _is_foreign(base)}
    return {f"{part.__module__}.{part.__qualname__}": _source_hash(part) for part in classes}


def _models(value: Any) -> Iterator[BaseModel]:
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


def _is_foreign(part: type) -> bool:
    package = part.__module__.partition(".")[0]
    return package not in ("gossamer", "pydantic") and package not in sys.stdlib_module_names


def _source_hash(part: type) -> str:
    file = getattr(sys.modules.get(part.__module__), "__file__", None)
    try:
        return hashlib.sha256(Path(file or "").read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(
            f"The source of {part.__qualname__} cannot be read, and a run has to record it; "
            "define the class in a file."
        ) from error
