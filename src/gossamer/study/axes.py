"""An axis of a study: one config field and the levels it takes, made with decimals."""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, model_validator

from gossamer.errors import ConfigError
from gossamer.fields import field as declare
from gossamer.train.canonical import canonical_json
from gossamer.train.overrides import ALIASES

MOST_RUNS = 100_000
"""Runs that a round of a study may have; planning so many takes half a minute."""

_MOST_LEVELS = 10_000
_MOST_DIGITS = 300


def _decimal(value: Any) -> Any:
    # A float stands for the shortest decimal that prints like it: 0.1 is one tenth.
    return Decimal(repr(value)) if isinstance(value, float) else value


def plain(value: Decimal) -> int | float:
    """JSON number of a decimal: an int where it was written without a fraction, else the nearest double."""
    return int(value) if value.as_tuple().exponent == 0 else float(value)


def plain_tree(value: Any) -> Any:
    """A TOML or JSON value with every decimal in it turned into a JSON number."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return {str(key): plain_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_tree(item) for item in value]
    return value


def _of_usual_size(value: Decimal) -> Decimal:
    # Beyond these a decimal has no quotients, and no double beside it.
    if value and abs(value.adjusted()) > _MOST_DIGITS:
        raise ValueError(f"{value} is beyond all measure; expected 0, or a size from 1e-300 to 1e300")
    return value


Number = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_of_usual_size), PlainSerializer(plain)]


class Range(BaseModel):
    """Levels start, start + step, ... up to and including stop; a whole number of steps must lead there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: Number = declare(help="first level", unit="of the field")
    stop: Number = declare(help="last level, included", unit="of the field")
    step: Number = declare(help="distance between levels, without sign", unit="of the field")

    @model_validator(mode="after")
    def _comes_out_even(self) -> "Range":
        self.levels()
        return self

    def levels(self) -> list[int | float]:
        """Levels in order; level i is start + i * step in decimal arithmetic, so 0.1 * 3 is 0.3.

        Raises
        ------
        ConfigError
            If the step is zero, or no whole number of steps leads from start to stop.
        """
        span, step = self.stop - self.start, abs(self.step)
        # Compared before it is divided: a step may be too small for any quotient.
        if step and abs(span) >= step * _MOST_LEVELS:
            raise ConfigError(
                f"The range from {self.start} to {self.stop} has too many levels for steps of {self.step}; "
                f"at most {_MOST_LEVELS}."
            )
        if step == 0 or abs(span) % step != 0:
            raise ConfigError(
                f"The range from {self.start} to {self.stop} is not a whole number of steps of {self.step}; "
                "change one of the three."
            )
        count = int(abs(span) / step)
        signed = step if span >= 0 else -step
        return [plain(self.start + signed * index) for index in range(count + 1)]


def _is_range(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"start", "stop", "step"}


class Axis(BaseModel):
    """One varied field: `zeta`, or a path such as `network.hidden`, with values and ranges in any mixture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = declare(help="alias (zeta, epsilon, ...) or dotted path of a field of the run config")
    values: tuple[Any, ...] = declare(
        help="levels: plain values and tables {start, stop, step}", min_length=1
    )

    @model_validator(mode="before")
    @classmethod
    def _one_range_or_many(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or "values" not in data:
            return data
        values = data["values"]
        items = values if isinstance(values, list | tuple) else [values]
        return {
            **data,
            "values": [Range.model_validate(v) if _is_range(v) else _literal(v) for v in items],
        }

    @property
    def path(self) -> str:
        """Dotted path of the field in the run config."""
        return ALIASES.get(self.field, self.field)

    @property
    def name(self) -> str:
        """Short name for tables: the alias where there is one, else the path."""
        return name_of(self.path)

    def levels(self) -> list[Any]:
        """Levels in the order given, each once.

        Raises
        ------
        ConfigError
            From a range that does not come out even.
        """
        seen: dict[str, Any] = {}
        for value in self.values:
            for level in value.levels() if isinstance(value, Range) else [value]:
                seen.setdefault(canonical_json(level), level)
        return list(seen.values())


def _literal(value: Any) -> Any:
    return value if isinstance(value, Range) else plain_tree(value)


def name_of(path: str) -> str:
    """Alias of a path where there is one, else the path itself."""
    for alias, target in ALIASES.items():
        if path in (alias, target):
            return alias
    return path


def get_path(tree: Mapping[str, Any], path: str) -> Any:
    """Value at a dotted path of nested tables, or None where there is none."""
    node: Any = tree
    for key in path.split("."):
        if not isinstance(node, Mapping) or key not in node:
            return None
        node = node[key]
    return node


def product(axes: tuple[Axis, ...]) -> Iterator[dict[str, Any]]:
    """Levels of all axes together, as {path: value}; the last axis varies fastest.

    Raises
    ------
    ConfigError
        For more than `MOST_RUNS`, before the first is made.
    """
    refuse_too_many(math.prod(len(axis.levels()) for axis in axes))
    if not axes:
        yield {}
        return
    for value in axes[0].levels():
        for rest in product(axes[1:]):
            yield {axes[0].path: value, **rest}


def refuse_too_many(runs: int) -> None:
    """Refuse more runs than `MOST_RUNS` (ConfigError)."""
    if runs > MOST_RUNS:
        raise ConfigError(
            f"This study would have {runs:,} runs in one round, and at most {MOST_RUNS:,} are planned; take "
            "fewer levels or replicates, or divide it into several studies."
        )
