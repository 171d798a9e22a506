"""What a run is: the hash of everything that its result depends on, and of nothing else."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gossamer.data import Dataset, Scaling
from gossamer.train.canonical import canonical_json
from gossamer.train.config import RunConfig
from gossamer.train.problems import candidates
from gossamer.train.sources import part_sources

NUMERICS = 1
"""Version of the numbers: raised by hand whenever the same configuration starts to give another result."""

_SAFE_INTEGER = 2**53 - 1
_PLAIN = frozenset({str, bool, float, type(None)})


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
    return content_identity(
        identity_fields(config.without_folders()), dataset_checksum, NUMERICS, part_sources(config)
    )


def identities(config: RunConfig, dataset_checksum: str, seeds: Sequence[int]) -> list[str]:
    """Identity of the run with each of these seeds, all else as in `config`, in little more time than one.

    Parameters
    ----------
    config : RunConfig
    dataset_checksum : str
    seeds : sequence of int in [0, 2**53)
    """
    kept = config.without_folders()
    members = {
        name: _text_of(getattr(kept, name))
        for name, absent in _counted(RunConfig)
        if not absent or identity_fields(getattr(kept, name)) not in absent
    }
    # In canonical JSON keys are sorted, so the config comes first.
    rest = _content({}, dataset_checksum, NUMERICS, part_sources(config)).removeprefix('{"config":{}')
    found = []
    for seed in seeds:
        members["seed"] = str(seed)
        fields = ",".join(f'"{name}":{members[name]}' for name in sorted(members))
        found.append(hashlib.sha256(f'{{"config":{{{fields}}}{rest}'.encode()).hexdigest())
    return found


@lru_cache(maxsize=1024, typed=True)
def _text_of(value: Any) -> str:
    """Canonical JSON of the identity fields of a part of a config; runs of a study share most parts."""
    return canonical_json(identity_fields(value))


def content_identity(
    fields: Mapping[str, Any], dataset_checksum: str, numerics: int, parts: Mapping[str, str]
) -> str:
    """Identity of the run that has these identity fields, data, version of the numbers and part sources."""
    return hashlib.sha256(_content(fields, dataset_checksum, numerics, parts).encode()).hexdigest()


def _content(fields: Mapping[str, Any], data: str, numerics: int, parts: Mapping[str, str]) -> str:
    content = {"config": dict(fields), "data": data, "numerics": numerics, "parts": dict(parts)}
    return canonical_json(content)


def scaled_checksum(dataset: Dataset) -> str:
    """SHA-256 (hex) of a data set and its scaling, where no config says how it was scaled."""
    return scaled_identity(dataset.checksum, dataset.scaling, dataset.target_scaling)


def scaled_identity(checksum: str, scaling: Scaling, targets: Scaling | None) -> str:
    """See `scaled_checksum`."""
    digest = hashlib.sha256(checksum.encode())
    for found in (scaling, targets):
        if found is not None:
            digest.update(found.scale.tobytes())
            digest.update(found.shift.tobytes())
    return digest.hexdigest()


def identity_fields(value: Any) -> Any:
    """Identity fields of a config as JSON values; integers of 2**53 and more become decimal text."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if abs(value) <= _SAFE_INTEGER else str(value)
    if isinstance(value, BaseModel):
        kept = (
            (name, identity_fields(getattr(value, name)), absent) for name, absent in _counted(type(value))
        )
        return {name: item for name, item, absent in kept if item not in absent}
    if isinstance(value, list | tuple):
        return [identity_fields(item) for item in value]
    if isinstance(value, dict):
        return {key: identity_fields(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value


@cache
def _counted(model: type[BaseModel]) -> tuple[tuple[str, list[Any]], ...]:
    """Names of the fields of a model that count, with the values at which each one does not."""
    return tuple(
        (name, [identity_fields(absent) for absent in _absent(info)])
        for name, info in model.model_fields.items()
        if not _is_execution(info)
    )


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


def _is_execution(info: FieldInfo) -> bool:
    extra = info.json_schema_extra
    return isinstance(extra, dict) and extra.get("role") == "execution"


def _is_absent(value: Any, info: FieldInfo) -> bool:
    """Whether a field stands at the value that equals "before it existed"."""
    return identity_fields(value) in [identity_fields(absent) for absent in _absent(info)]


def _absent(info: FieldInfo) -> list[Any]:
    """The value of a field that stands for "before it existed", if it has one."""
    extra = info.json_schema_extra
    absent = extra.get("absent") if isinstance(extra, dict) else None
    return absent if isinstance(absent, list) else []
