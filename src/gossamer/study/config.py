"""The typed TOML of a study: question, base run, axes, replicates, refinement, budget."""

import hashlib
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from gossamer.errors import ConfigError
from gossamer.evolve.plugins import load_listed
from gossamer.fields import field
from gossamer.study.axes import Axis, Number, Range, name_of, plain_tree
from gossamer.study.methods import compare_methods
from gossamer.train.canonical import canonical_json
from gossamer.train.overrides import ALIASES
from gossamer.train.problems import validated

Accuracy = Literal["selected", "last", "best_on_test"]


class Block(BaseModel):
    """One product of axes within a study; a study with several blocks runs them all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = field("main", help="name of the block in tables", pattern=r"^[\w .:+-]+$")
    axes: tuple[Axis, ...] = field((), help="axes whose levels are multiplied")
    run: dict[str, Any] = field(
        default_factory=dict, help="fields of the run config that differ in this block"
    )
    replicates: int | None = field(
        None, help="replicates of a level; the study's if absent", unit="runs", ge=1, le=10_000
    )

    @field_validator("run", mode="before")
    @classmethod
    def _plain_run(cls, value: Any) -> Any:
        return plain_tree(value)


class Refinement(BaseModel):
    """How levels are found: all given (`grid`), ever finer where the score starts to fall (`refine`), or
    where a run tells most about the contour (`adaptive`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: str = field("grid", help="grid, refine, adaptive, or a registered policy")
    axis: str | None = field(None, help="axis that is refined: alias or path")
    start: Number | None = field(None, help="easy end of the refined axis", unit="of the axis")
    stop: Number | None = field(None, help="hard end of the refined axis", unit="of the axis")
    steps: tuple[Number, ...] = field(
        (Decimal("0.1"), Decimal("0.01"), Decimal("0.001")),
        help="distances between levels, one per round",
        unit="of the axis",
    )
    drop: float = field(
        0.01, help="fall below the plateau that counts as a fall", unit="accuracy", gt=0, lt=1
    )
    accuracy: Accuracy = field(
        "selected", help="accuracy that is looked at; best_on_test where there is none"
    )
    settings: dict[str, Any] = field(
        default_factory=dict, help="settings of the policy; of adaptive: width, step, first_levels ..."
    )

    @field_validator("settings", mode="before")
    @classmethod
    def _plain_settings(cls, value: Any) -> Any:
        return plain_tree(value)

    @model_validator(mode="after")
    def _is_complete(self) -> "Refinement":
        if self.policy in ("refine", "adaptive") and None in (self.axis, self.start, self.stop):
            raise ConfigError(f"The policy {self.policy} needs axis, start, stop.")
        if self.policy == "refine" and self.start is not None and self.stop is not None:
            if not self.steps:
                raise ConfigError("The policy refine needs at least one step.")
            Range(start=self.start, stop=self.stop, step=self.steps[0])
            for coarse, fine in pairwise(self.steps):
                Range(start=Decimal(0), stop=coarse, step=fine)
        return self

    @property
    def path(self) -> str | None:
        """Dotted path of the refined field."""
        return None if self.axis is None else ALIASES.get(self.axis, self.axis)


class Budget(BaseModel):
    """Limits of a study; runs are taken in plan order until the next one would go beyond."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cost: float | None = field(None, help="most cost of all runs", unit="links x samples x epochs", gt=0)
    wall_clock_seconds: float | None = field(
        None,
        help="no run starts after so much time in all commands; marks the study as not reproducible",
        unit="s",
        gt=0,
    )


class StudyConfig(BaseModel):
    """A study as a value; every field stands in its TOML under the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = field(help="name of the study and of its folder", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    question: str = field("", help="what the study asks, in one sentence")
    base: str | None = field(None, help="preset of the run config that all runs start from")
    run: dict[str, Any] = field(
        default_factory=dict, help="fields of the run config that differ from the base"
    )
    axes: tuple[Axis, ...] = field((), help="axes of the first block")
    blocks: tuple[Block, ...] = field((), help="further products of axes")
    replicates: int = field(3, help="replicates of each level", unit="runs", ge=1, le=10_000)
    seed: int = field(1, help="seed that all seeds of the runs are derived from", unit="seed", ge=0, lt=2**53)
    seeds: Literal["independent", "common"] = field(
        "independent", help="a seed of its own for every run, or one per replicate shared by all levels"
    )
    order: Literal["replicate_first", "level_first"] = field(
        "replicate_first", help="replicate 1 of all levels first, or all replicates of level 1 first"
    )
    refinement: Refinement = field(default_factory=Refinement, help="how the levels are found")
    budget: Budget = field(default_factory=Budget, help="limits of cost and time")
    retries: int = field(1, help="times that a failed run is tried again", unit="times", ge=0, le=100)
    analysis: dict[str, Any] = field(default_factory=dict, help="settings of the analysis")

    @field_validator("run", "analysis", mode="before")
    @classmethod
    def _plain_tables(cls, value: Any) -> Any:
        return plain_tree(value)

    @model_validator(mode="after")
    def _something_varies(self) -> "StudyConfig":
        names = [block.name for block in self.all_blocks()]
        if len(set(names)) < len(names):
            raise ConfigError(f"Block names must differ, and these are {', '.join(names)}.")
        return self

    @model_validator(mode="after")
    def _the_adaptive_axis_is_free(self) -> "StudyConfig":
        path = self.refinement.path
        if self.refinement.policy == "adaptive" and any(
            axis.path == path for block in self.all_blocks() for axis in block.axes
        ):
            raise ConfigError(
                f"The policy adaptive finds the levels of {self.refinement.axis} itself; take it out of axes."
            )
        return self

    @classmethod
    def from_toml(cls, text: str, source: str = "the study", folder: Path | None = None) -> "StudyConfig":
        """Study of a TOML text; its numbers are read as decimals.

        A table ``[plugins]`` with ``files`` names Python files with parts of one's own, from `folder`.

        Raises
        ------
        ConfigError
            If the text is not TOML, or a field is unknown, missing or out of range.
        """
        try:
            data = tomllib.loads(text, parse_float=Decimal)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            raise ConfigError(f"{source} is not valid TOML: {error}.") from error
        load_listed(data.pop("plugins", None), folder or Path())
        return cls.from_mapping(data, source)

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any], source: str = "the study") -> "StudyConfig":
        """Study of plain tables, with the first fault as one sentence (ConfigError)."""
        try:
            return validated(cls, data)
        except ConfigError as error:
            raise ConfigError(f"In {source}: {error}") from error

    @classmethod
    def from_file(cls, path: Path) -> "StudyConfig":
        """Study of a TOML file."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The study file {path} cannot be read: {error}.") from error
        return cls.from_toml(text, str(path), path.parent)

    def all_blocks(self) -> tuple[Block, ...]:
        """Blocks in order; top-level axes make the first one."""
        if self.axes or not self.blocks:
            return (Block(axes=self.axes), *self.blocks)
        return self.blocks

    def axis_paths(self) -> tuple[str, ...]:
        """Paths of all varied fields, each once, in the order in which they appear."""
        paths = [axis.path for block in self.all_blocks() for axis in block.axes]
        if self.refinement.policy != "grid" and self.refinement.path is not None:
            paths.append(self.refinement.path)
        return tuple(dict.fromkeys(paths))

    def as_json(self) -> dict[str, Any]:
        """The study as JSON values; `from_mapping` reads them back."""
        tables: dict[str, Any] = self.model_dump(mode="json")
        return tables

    def plan_key(self, base: Mapping[str, Any]) -> str:
        """Hash of all that decides which runs there are; the folder of a plan's rounds is named by it.

        Parameters
        ----------
        base : mapping
            Tables of the base config.
        """
        content = self.as_json()
        decisive = {
            key: content[key] for key in ("run", "replicates", "seed", "seeds", "order", "refinement")
        }
        decisive["base"] = dict(base)
        decisive["blocks"] = [block.model_dump(mode="json") for block in self.all_blocks()]
        decisive["cost"] = content["budget"]["cost"]
        return hashlib.sha256(canonical_json(decisive).encode()).hexdigest()

    @property
    def reproducible(self) -> bool:
        """Whether the set of runs is a function of the study alone: not so under a wall-clock budget."""
        return self.budget.wall_clock_seconds is None


OWN_FIELDS = ("replicates", "seed", "seeds", "order", "retries")


def with_values(config: StudyConfig, values: Mapping[str, Any]) -> StudyConfig:
    """The study with some values replaced.

    Parameters
    ----------
    config : StudyConfig
        The study as it is.
    values : mapping
        From a name to its value: a field of the study (replicates, seed, seeds, order, retries), an axis,
        whose levels are replaced, or a field of the run config by alias or path.

    Raises
    ------
    ConfigError
        If a value does not fit; fields of runs are checked when the study is planned.
    """
    tables = config.as_json()
    run = {name_of(key): value for key, value in tables["run"].items()}
    for key, value in values.items():
        name = name_of(key)
        axes = [axis for axis in _axes(tables) if name_of(axis["field"]) == name]
        if key in OWN_FIELDS:
            tables[key] = value
        elif axes:
            for axis in axes:
                axis["values"] = value if isinstance(value, list) else [value]
        elif name == "method" and isinstance(value, list):
            continue
        elif name == "name":
            raise ConfigError("The name of a study cannot be replaced; give it another folder.")
        else:
            run[name] = value
    tables["run"] = run
    if isinstance(methods := values.get("method"), list):
        compare_methods(tables, methods, values)
    return StudyConfig.from_mapping(tables, f"the study {config.name}")


def _axes(tables: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*tables["axes"], *(axis for block in tables["blocks"] for axis in block["axes"])]
