"""What can be set: presets, help on a key, a study's TOML in full, JSON schemas; all made from the models."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from pydantic import BaseModel

from gossamer.cli import console

if TYPE_CHECKING:
    from gossamer.fields import FieldFacts
    from gossamer.study import StudyConfig
    from gossamer.train.config import RunConfig

_WIDTH = 110


def presets(*, json: Annotated[bool, Parameter(negative="", help="print JSON")] = False) -> None:
    """List the configurations of runs and the studies that have a name."""
    from gossamer.study import study_preset, study_presets
    from gossamer.train.presets import PRESETS

    runs = {name: (make.__doc__ or "").strip() for name, make in PRESETS.items()}
    studies = {name: study_preset(name).question for name in study_presets()}
    if json:
        console.print_json({"runs": runs, "studies": studies})
        return
    console.print_rows([("gossamer train --preset", ""), *runs.items()])
    console.out().print()
    console.print_rows([("gossamer study run", ""), *studies.items()])


def schema(
    what: Annotated[
        Literal["run", "study"], Parameter(help="run: of gossamer train; study: of gossamer study")
    ],
) -> None:
    """Print the JSON schema of a TOML file, for editors that complete and check by one."""
    from gossamer.study import StudyConfig
    from gossamer.train.config import RunConfig

    console.print_json((RunConfig if what == "run" else StudyConfig).model_json_schema())


def explain(key: str, config: "RunConfig") -> None:
    """Print what a key of a run takes, its range, unit and value; for a table, all keys in it.

    Raises
    ------
    ConfigError
        If there is no such key.
    """
    from difflib import get_close_matches

    from gossamer.errors import ConfigError
    from gossamer.fields import facts_of
    from gossamer.train.overrides import ALIASES

    path = ALIASES.get(key, key)
    facts = {fact.path: fact for fact in facts_of(config)}
    if path not in facts:
        near = get_close_matches(key, [*ALIASES, *facts], n=3)
        offer = f" (did you mean {' or '.join(near)}?)" if near else ""
        raise ConfigError(f"There is no key {key!r}{offer}; gossamer train --show-config prints all of them.")
    asked = facts[path]
    for line in _lines_of(asked):
        console.out().print(line, markup=False)
    short = [alias for alias, full in ALIASES.items() if full == path and alias != key]
    if short:
        console.out().print(f"  also called {', '.join(short)}", markup=False)
    for name, sentence in _choices(asked.value):
        console.out().print(f"  kind {name}: {sentence}", markup=False)
    for fact in facts.values():
        if fact.path.startswith(f"{path}."):
            for line in _lines_of(fact):
                console.out().print(f"  {line}", markup=False)


def _lines_of(fact: "FieldFacts") -> Iterator[str]:
    value = "" if _is_table(fact) else f" = {_toml(fact.value)}"
    yield f"{fact.path}{value}"
    yield f"    {fact.sentence}"


def _choices(value: Any) -> Iterator[tuple[str, str]]:
    """Kinds of parts that could stand in the place of a part, each with the first line of its docstring."""
    from gossamer.evolve import PARTS

    role = getattr(value, "role", None)
    for (known_role, kind), part in sorted(PARTS.items()):
        if known_role == role:
            yield kind, (part.__doc__ or "").strip().splitlines()[0]


def study_toml(config: "StudyConfig") -> str:
    """TOML of a study with every table and key: what is set as it is, the rest behind a comment sign.

    The text is read back as the same study.
    """
    from gossamer.analysis.settings import Settings
    from gossamer.fields import facts_of
    from gossamer.study.training import resolve
    from gossamer.train.config import RunConfig
    from gossamer.train.problems import validated

    set_here = config.model_dump(mode="json", exclude_defaults=True)
    top = [fact for fact in facts_of(config) if not _is_table(fact) and "." not in fact.path]
    top = [fact for fact in top if fact.path not in ("axes", "blocks")]
    run = validated(RunConfig, resolve(config.base, [config.run]))
    return "\n".join(
        [
            "# Keys behind a comment sign are not set, and show what holds then; take it away to set one.",
            *_keys(top, {fact.path: set_here.get(fact.path) for fact in top}),
            *_table("run", "fields of the run that differ from those of the base", facts_of(run), config.run),
            *_axes(set_here.get("axes", []), "axes"),
            *_blocks(set_here.get("blocks", [])),
            *_table(
                "refinement",
                "how levels are found",
                facts_of(config.refinement),
                set_here.get("refinement", {}),
            ),
            *_table("budget", "limits of cost and time", facts_of(config.budget), set_here.get("budget", {})),
            *_table("analysis", "how the runs are analysed", facts_of(Settings()), config.analysis),
            "",
        ]
    )


def _table(name: str, help: str, facts: Iterable["FieldFacts"], given: Mapping[str, Any]) -> list[str]:
    return ["", f"# {help}", f"[{name}]", *_keys(facts, given)]


def _keys(facts: Iterable["FieldFacts"], given: Mapping[str, Any]) -> list[str]:
    """Lines of a table: the given keys that no fact explains first, then every fact with its comment."""
    from gossamer.train.overrides import ALIASES

    flat = dict(_leaves(given, ""))
    known = [fact for fact in facts if not _is_table(fact)]
    aliases = {path: alias for alias, path in ALIASES.items()}
    lines = []
    for fact in known:
        name = aliases.get(fact.path, fact.path)
        key = next((key for key in (fact.path, name) if key in flat), None)
        lines += ["", *_wrapped(fact.sentence)]
        if key is not None:
            lines.append(f"{key} = {_toml(flat.pop(key))}")
        else:
            lines.append(f"#{name} = {_toml(fact.value)}" if fact.value is not None else f"#{name} =")
    return [*(f"{key} = {_toml(value)}" for key, value in flat.items()), *lines]


def _leaves(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        elif value is not None and value != {}:
            yield f"{prefix}{key}", value


def _axes(axes: list[Any], name: str) -> list[str]:
    """One table an axis; where there is none, an example behind comment signs."""
    lines = ["", "# What is varied: a key of the run and its levels, single values or {start, stop, step}."]
    if not axes:
        return [
            *lines,
            f"# [[{name}]]",
            '# field = "zeta"',
            "# values = [{ start = 0.0, stop = 0.9, step = 0.1 }, 0.95]",
        ]
    for axis in axes:
        lines += [f"[[{name}]]", f"field = {_toml(axis['field'])}", f"values = {_toml(axis['values'])}", ""]
    return lines[:-1]


def _blocks(blocks: list[Any]) -> list[str]:
    """One table a further product of axes, with its own axes below it."""
    lines = []
    for block in blocks:
        lines += ["", "[[blocks]]", f"name = {_toml(block.get('name', 'main'))}"]
        lines += [f"{key} = {_toml(block[key])}" for key in ("replicates", "run") if block.get(key)]
        lines += _axes(block["axes"], "blocks.axes") if block.get("axes") else []
    return lines


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, _WIDTH, initial_indent="# ", subsequent_indent="#   ")


def _is_table(fact: "FieldFacts") -> bool:
    return isinstance(fact.value, BaseModel | dict)


def _toml(value: Any) -> str:
    """A value on one line."""
    from gossamer.study.axes import plain_tree
    from gossamer.train.config_file import to_toml

    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(item)}' for key, item in value.items())} }}"
    return to_toml({"x": plain_tree(value)}).removeprefix("x = ").strip()
