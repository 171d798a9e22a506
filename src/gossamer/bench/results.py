"""What a benchmark found: rows of times, and claims (ratios against what was asked), as JSON and Markdown."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from gossamer.bench.timing import Times
from gossamer.files import write_bytes

IDLE_SHARE = 0.95
"""Share of a core below which a row of one thread was disturbed."""

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


@dataclass(frozen=True)
class Row:
    """Times of one thing that was measured; `best` of several variants is a row of its own in `group`."""

    group: str
    name: str
    minimum_s: float
    median_s: float
    rounds: int
    cpu_per_wall: float

    @classmethod
    def of(cls, group: str, name: str, times: Times) -> "Row":
        """A row from a task's times."""
        return cls(group, name, times.minimum, times.median, len(times.seconds), times.cpu_per_wall)


@dataclass(frozen=True)
class Claim:
    """A measured number against the asked one.

    Attributes
    ----------
    name : str, what the number is, readable as a sentence
    value : float
    sense : "at least" or "at most"
    asked : float
    aim : float or None, the stronger wish
    """

    name: str
    value: float
    sense: Literal["at least", "at most"]
    asked: float
    aim: float | None = None
    unit: str = ""

    def meets(self, bound: float) -> bool:
        """Whether the value is on the good side of `bound`."""
        return self.value >= bound if self.sense == "at least" else self.value <= bound

    @property
    def verdict(self) -> str:
        """One of "aim met", "met", "NOT met"."""
        if self.aim is not None and self.meets(self.aim):
            return "aim met"
        return "met" if self.meets(self.asked) else "NOT met"


@dataclass(frozen=True)
class Results:
    """A finished benchmark.

    Attributes
    ----------
    title, command : str
    machine : JSON values, from `gossamer.bench.machine.describe`
    conditions : sentences on what was measured and how
    skipped : what was not, and why
    warnings : sentences on why not to believe the numbers
    """

    title: str
    command: str
    machine: dict[str, object]
    conditions: tuple[str, ...]
    claims: tuple[Claim, ...]
    rows: tuple[Row, ...]
    skipped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """JSON values, every number unrounded; a claim carries its verdict."""
        values = asdict(self)
        values["claims"] = [asdict(claim) | {"verdict": claim.verdict} for claim in self.claims]
        return values

    def as_markdown(self) -> str:
        """A page: claims first, then rows, then how it was measured."""
        parts = [f"# {self.title}", f"Made by `{self.command}`.", *self.warnings]
        parts += [f"Skipped: {what}" for what in self.skipped]
        parts.append(_claims_table(self.claims))
        if self.rows:
            parts.append(_rows_table(self.rows))
        parts.append("\n".join(f"- {sentence}" for sentence in (*self.conditions, *_machine(self.machine))))
        return "\n\n".join(parts) + "\n"

    def save(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write ``name.json`` and ``name.md`` below `folder`; returns both paths."""
        paths = folder / f"{name}.json", folder / f"{name}.md"
        text_of_json = json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n"
        for path, text in zip(paths, (text_of_json, self.as_markdown()), strict=True):
            write_bytes(path, text.encode())
        return paths


def busy(rows: Sequence[Row]) -> tuple[str, ...]:
    """A warning where one of these rows, of one thread each, did not have a core to itself."""
    share = min(row.cpu_per_wall for row in rows)
    if share > IDLE_SHARE:
        return ()
    return (
        f"The machine was busy: a row had {share:.0%} of a core. Measure again with nothing else running.",
    )


def duration(seconds: float) -> str:
    """Three significant digits with a fitting unit."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return f"{seconds / size:#.3g} {unit}".replace(". ", " ")


def _claims_table(claims: Sequence[Claim]) -> str:
    lines = ["| what | measured | asked | aim | |", "|---|---:|---:|---:|---|"]
    for claim in claims:
        sign = "≥" if claim.sense == "at least" else "≤"
        unit = f" {claim.unit}" if claim.unit else ""
        aim = "" if claim.aim is None else f"{sign} {claim.aim:g}{unit}"
        asked = f"{sign} {claim.asked:g}{unit}"
        lines.append(f"| {claim.name} | {claim.value:.3g}{unit} | {asked} | {aim} | {claim.verdict} |")
    return "\n".join(lines)


def _rows_table(rows: Sequence[Row]) -> str:
    lines = ["| group | row | minimum | median | rounds | CPU / wall |", "|---|---|---:|---:|---:|---:|"]
    lines += [
        f"| {row.group} | {row.name} | {duration(row.minimum_s)} | {duration(row.median_s)} "
        f"| {row.rounds} | {row.cpu_per_wall:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)


def _machine(machine: dict[str, object]) -> list[str]:
    sentences = []
    for key, value in machine.items():
        if isinstance(value, dict):
            value = ", ".join(f"{name} {part}" for name, part in value.items() if part is not None)
        sentences.append(f"{key.replace('_', ' ').capitalize()}: {value}.")
    return sentences
