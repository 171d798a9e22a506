"""What is known of a method, as one value: the command line, the docs and the API say the same of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gossamer.evolve.record import METHODS, MethodRecord, method_record

_ROLES = ("start", "latent", "drop", "grow", "redistribute", "density", "when", "fraction")
_BOUNDS = {"ge": "[{}", "gt": "({}", "le": "{}]", "lt": "{})"}


def methods() -> list[dict[str, Any]]:
    """All known methods in alphabetical order, each as `describe` gives it."""
    return [describe(name) for name in sorted(METHODS)]


def describe(name: str) -> dict[str, Any]:
    """What is known of a method, as JSON values.

    Returns
    -------
    dict with "name", "summary", "parts" (role to kind), "source", "verified", "reconstruction" and "differs"
    ("" if nothing), "conserves", and "parameters": a list of dicts with "path" (below a run's config),
    "default", "range", "unit", "help" and "origin" ("" where no source names the default).

    Raises
    ------
    ConfigError
        If there is no such method.
    """
    record = method_record(name)
    method = record.make()
    parts = {role: getattr(method, role) for role in _ROLES}
    return {
        "name": record.name,
        "summary": record.summary,
        "parts": {role: part.kind for role, part in parts.items() if part is not None},
        "source": record.source,
        "verified": record.verified,
        "reconstruction": record.reconstruction,
        "differs": record.differs,
        "conserves": record.conserves,
        "parameters": list(_parameters(method, "", record)),
    }


def markdown(name: str) -> str:
    """The data of a method as a piece of a Markdown page."""
    facts = describe(name)
    parts = ", ".join(f"{role} `{kind}`" for role, kind in facts["parts"].items())
    lines = [f"- Source: {facts['source']}", f"- Parts: {parts}", f"- Verified: {facts['verified']}"]
    if facts["reconstruction"]:
        lines.append(f"- Reconstruction: {facts['reconstruction']}")
    if facts["differs"]:
        lines.append(f"- Otherwise than published: {facts['differs']}")
    named = [row for row in facts["parameters"] if row["origin"]]
    if named:
        lines += ["", "| parameter | default | range | where the default comes from |", "|---|---|---|---|"]
        lines += [
            f"| `{row['path']}` | {_shown(row['default'])} | {row['range']} | {row['origin']} |"
            for row in named
        ]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    return f"`{value}`" if value is not None else ""


def _parameters(model: BaseModel, path: str, record: MethodRecord) -> Iterator[dict[str, Any]]:
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        below = f"{path}.{name}" if path else name
        origin = record.origins.get(below, "")
        if isinstance(value, BaseModel):
            if origin:
                yield _row(below, getattr(value, "kind", None), info, origin)
            yield from _parameters(value, below, record)
        elif below != "name" and (name != "kind" or not path):
            yield _row(below, list(value) if isinstance(value, tuple) else value, info, origin)


def _row(path: str, value: Any, info: FieldInfo, origin: str) -> dict[str, Any]:
    extra: Mapping[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return {
        "path": f"method.{path}",
        "default": value,
        "range": _range(info),
        "unit": extra.get("unit", ""),
        "help": info.description or "",
        "origin": origin,
    }


def _range(info: FieldInfo) -> str:
    bounds = {name: getattr(part, name) for part in info.metadata for name in _BOUNDS if hasattr(part, name)}
    if not bounds:
        return ""
    low = next(
        (_BOUNDS[name].format(f"{bounds[name]:g}") for name in ("ge", "gt") if name in bounds), "(-inf"
    )
    high = next(
        (_BOUNDS[name].format(f"{bounds[name]:g}") for name in ("le", "lt") if name in bounds), "inf)"
    )
    return f"{low}, {high}"


_BEGIN, _END = "<!-- data of {} -->", "<!-- end of data -->"


def updated_page(text: str) -> str:
    """A page with the data of every method between its marks; methods without a section get an empty one."""
    for name in sorted(METHODS):
        begin = _BEGIN.format(name)
        if begin not in text:
            text = f"{text.rstrip()}\n\n## {name}\n\n{begin}\n{_END}\n"
        before, rest = text.split(begin, 1)
        _, after = rest.split(_END, 1)
        text = f"{before}{begin}\n{markdown(name)}\n{_END}{after}"
    return text
