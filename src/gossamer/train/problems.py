"""What is wrong with a configuration, in one clear sentence."""

import math
import types
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from gossamer.errors import ConfigError

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], tree: Any, prefix: str = "") -> M:
    """Config model from plain values.

    Parameters
    ----------
    model : type of pydantic model
    tree : nested mappings of plain values
    prefix : str
        Path at which the model stands, for messages.

    Raises
    ------
    ConfigError
        With the first problem as one sentence; it lists the known names where a name is unknown.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_sentence(error, model, tree, (prefix,) if prefix else ())) from error


def unknown_name(name: str, known: Sequence[str], what: str, where: str = "") -> ConfigError:
    """Error for a name that does not exist; it offers the nearest one and lists all of them."""
    close = get_close_matches(name, known, n=1)
    offer = f" (did you mean {close[0]!r}?)" if close else ""
    place = f" in {where}" if where else ""
    return ConfigError(
        f"There is no {what} {name!r}{place}{offer}; known names are {', '.join(sorted(known))}."
    )


def _sentence(error: ValidationError, model: type[BaseModel], tree: Any, prefix: tuple[str, ...]) -> str:
    problems = error.errors(include_url=False)
    # A misspelt name is the reason why the right one is missing, so it is told first.
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    path, owner = _resolved(model, tree, first["loc"])
    name = ".".join((*prefix, *path))
    context = first.get("ctx", {})
    if first["type"] == "extra_forbidden":
        return str(unknown_name(path[-1], list(owner.model_fields), "name", ".".join((*prefix, *path[:-1]))))
    if first["type"] == "missing":
        return f"{name} is missing; give it a value."
    if first["type"].startswith("union_tag"):
        kinds = context.get("expected_tags", "its own")
        return f"{name} is {_shown(first['input'])}, expected a table with kind {kinds}."
    if isinstance(context.get("error"), ValueError):
        message = first["msg"].removeprefix("Value error, ").rstrip(".")
        return f"{name}: {message}." if name else f"{message}."
    if isinstance(first["input"], float) and math.isnan(first["input"]):
        # NaN is neither inside nor outside of any bound, so the bound that it failed first says nothing.
        return f"{name} is nan, expected a number{_range(owner, path[-1])}."
    # A value that fits no member of a union has one problem for each of them.
    same = [p for p in problems if _resolved(model, tree, p["loc"])[0][: len(path)] == path]
    expected = " or ".join(dict.fromkeys(_expected(problem["msg"]) for problem in same))
    return f"{name} is {_shown(first['input'])}, expected {expected}."


def _range(owner: type[BaseModel], name: str) -> str:
    """The interval of a field in words; empty where it has none."""
    info = owner.model_fields.get(name)
    bounds = {
        bound: getattr(part, bound)
        for part in (info.metadata if info else ())
        for bound in ("ge", "gt", "le", "lt")
        if hasattr(part, bound)
    }
    if not bounds:
        return ""
    low = f"[{bounds['ge']}" if "ge" in bounds else f"({bounds.get('gt', '-inf')}"
    high = f"{bounds['le']}]" if "le" in bounds else f"{bounds.get('lt', 'inf')})"
    return f" in {low}, {high}"


def _expected(message: str) -> str:
    return message.removeprefix("Input should be ").rstrip(".")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _resolved(
    model: type[BaseModel], tree: Any, loc: tuple[int | str, ...]
) -> tuple[list[str], type[BaseModel]]:
    """Names along a location of pydantic, without its marks for members of unions; model of the last one."""
    names: list[str] = []
    owner, models = model, [model]
    for number, item in enumerate(loc):
        if isinstance(item, str) and "[" in item:
            continue  # a validator within a union, not a name
        holder = next((m for m in models if item in m.model_fields), None)
        if holder is not None:
            tree = tree.get(item) if isinstance(tree, Mapping) else None
            names.append(str(item))
            owner, models = holder, candidates(holder.model_fields[str(item)].annotation, tree)
        elif isinstance(item, int) or (number == len(loc) - 1 and models and item != _kind(models[0])):
            names.append(str(item))
            owner = models[0] if models else owner
    return names, owner


def candidates(annotation: Any, value: Any) -> list[type[BaseModel]]:
    """Models that a field may hold; the one of the value's kind alone where it has one."""
    models = list(_models_in(annotation))
    kind = value.get("kind") if isinstance(value, Mapping) else None
    return [m for m in models if kind is not None and _kind(m) == kind] or models


def _kind(model: type[BaseModel]) -> Any:
    return model.model_fields["kind"].default if "kind" in model.model_fields else None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for below in annotation.__subclasses__():
            yield from _models_in(below)
    elif get_origin(annotation) in (Union, types.UnionType, Annotated, tuple, list):
        for part in get_args(annotation):
            yield from _models_in(part)
