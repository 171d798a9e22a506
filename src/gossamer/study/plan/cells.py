"""Which runs a study has: cells made of a level and a replicate, each with its seed."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gossamer.errors import ConfigError
from gossamer.random import derive
from gossamer.study.axes import name_of, product, refuse_too_many
from gossamer.study.config import Block, StudyConfig
from gossamer.train.canonical import canonical_json


@dataclass(frozen=True)
class Cell:
    """One run of a plan.

    Attributes
    ----------
    block : str, name of the block
    level : {path: value} of every axis of the block
    replicate : int, 1 and up
    seed : int in [0, 2**53), the run's seed
    """

    block: str
    level: Mapping[str, Any]
    replicate: int
    seed: int

    def as_json(self) -> dict[str, Any]:
        """The cell as JSON values."""
        return {
            "block": self.block,
            "level": dict(self.level),
            "replicate": self.replicate,
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Cell":
        """Cell of JSON values."""
        return cls(data["block"], data["level"], data["replicate"], data["seed"])


def cell_seed(config: StudyConfig, block: Block, level: Mapping[str, Any], replicate: int) -> int:
    """Seed of a cell, in [0, 2**53) so that it survives every JSON reader.

    Independent seeds depend on the study's seed, the content of the level (and of its block's own fields) and
    the replicate, never on the position among others: a study that gets another level keeps all its runs.
    """
    path = [replicate]
    if config.seeds == "independent":
        content = [dict(level), block.run] if block.run else dict(level)
        digest = hashlib.sha256(canonical_json(content).encode()).digest()
        path.insert(0, int.from_bytes(digest[:8], "little"))
    return derive(config.seed, *path) >> 10


def cells_of(config: StudyConfig, block: Block, levels: Iterable[Mapping[str, Any]]) -> list[Cell]:
    """Cells of the given levels of a block, all replicates, in the study's order."""
    replicates = range(1, (block.replicates or config.replicates) + 1)
    kept = list(levels)
    refuse_too_many(len(kept) * len(replicates))
    pairs = (
        [(level, replicate) for replicate in replicates for level in kept]
        if config.order == "replicate_first"
        else [(level, replicate) for level in kept for replicate in replicates]
    )
    return [Cell(block.name, level, r, cell_seed(config, block, level, r)) for level, r in pairs]


def grid(config: StudyConfig) -> list[Cell]:
    """Cells of every product of axes of a study, in its order.

    Raises
    ------
    ConfigError
        From an axis without valid levels, or for more runs than `MOST_RUNS`.
    """
    return ordered(
        config, [cell for b in config.all_blocks() for cell in cells_of(config, b, product(b.axes))]
    )


def ordered(config: StudyConfig, cells: list[Cell]) -> list[Cell]:
    """Cells of all blocks in the study's order: with `replicate_first`, replicate 1 of everything first.

    Raises
    ------
    ConfigError
        For more cells than `MOST_RUNS`.
    """
    refuse_too_many(len(cells))
    if config.order == "level_first":
        return cells
    return sorted(cells, key=lambda cell: cell.replicate)


def cell_layers(config: StudyConfig, cell: Cell) -> list[Mapping[str, Any]]:
    """What is laid over the base config to make the run of a cell, in order: tables, then values at paths.

    One data seed holds for the whole study, so that all runs are compared on the same samples; only a study
    that sets ``seeds.data`` in its tables has another one.

    Raises
    ------
    ConfigError
        If the cell's block is not one of the study's.
    """
    blocks = {block.name: block for block in config.all_blocks()}
    if cell.block not in blocks:
        raise ConfigError(f"The plan names a block {cell.block!r} that the study does not have.")
    return [
        {"seeds": {"data": config.seed}},
        config.run,
        blocks[cell.block].run,
        cell.level,
        {"seed": cell.seed},
    ]


def label_of(level: Mapping[str, Any], replicate: int) -> str:
    """A cell in words: ``zeta 0.3, epsilon 13 · 2``."""
    return f"{level_label(level)} · {replicate}"


def level_label(level: Mapping[str, Any]) -> str:
    """A level in words: ``zeta 0.3, epsilon 13``."""
    parts = [f"{name_of(path)} {_short(value)}" for path, value in level.items()]
    return ", ".join(parts) or "base"


def _short(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)
