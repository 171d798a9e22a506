"""What every part of a method is: a small frozen model, its own configuration, found by role and kind."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from gossamer.errors import ConfigError, GossamerError
from gossamer.evolve.hooks import hold_hooks, in_a_line
from gossamer.evolve.plugins import load_plugins


class Need(Enum):
    """What a part reads.

    The columns of its layer are always at hand; what costs a computation is made only for parts that ask.
    """

    WEIGHTS = "weights"
    OPTIMIZER_STATE = "optimizer_state"
    SUPPORT_GRADIENT = "support_gradient"
    DENSE_GRADIENT_TOP_K = "dense_gradient_top_k"
    ACTIVATIONS = "activations"
    VALIDATION_ACCURACY = "validation_accuracy"
    EVER_LINKED = "ever_linked"


SERVED = frozenset(Need)
"""What a run can provide."""


class Part(BaseModel):
    """Base of the parts. A concrete part has a field ``kind`` with its name as literal and default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: ClassVar[str]
    needs: ClassVar[frozenset[Need]] = frozenset()
    kind: str

    @classmethod
    def __pydantic_init_subclass__(cls, **keywords: Any) -> None:
        """Hold the hooks of a part from outside to what they promise."""
        if cls.__module__.partition(".")[0] != "gossamer":
            hold_hooks(cls)

    @property
    def depends_on_total(self) -> bool:
        """Whether anything depends on the length of the training, so that a run cannot be extended."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return any(isinstance(value, Part) and value.depends_on_total for value in values)


PARTS: dict[tuple[str, str], type[Part]] = {}
"""Every known part by (role, kind); roles are "drop", "grow", "when", "fraction", "density",
"redistribute", "latent" and "schedule"."""

P = TypeVar("P", bound=Part)


def register(part: type[P]) -> type[P]:
    """Make a part known under its role and kind (a class decorator).

    A class that is defined again where it was defined, as by a cell of a notebook, takes the old one's place.

    Raises
    ------
    ConfigError
        If another part of that role has the same kind, or role, kind or needs are not those of a part.
    """
    kind = part.model_fields["kind"].default
    if not isinstance(kind, str) or not isinstance(getattr(part, "role", None), str):
        raise ConfigError(
            f"{part.__name__} is no part: it needs a role's base and a field kind with its name."
        )
    if not isinstance(part.needs, frozenset | set) or not all(isinstance(need, Need) for need in part.needs):
        raise ConfigError(
            f"The {part.role} part {kind!r} has needs {part.needs!r}, expected a frozenset of Need members."
        )
    key = (part.role, kind)
    if not same_place(PARTS.get(key, part), part):
        raise ConfigError(f"There are two {key[0]} parts of kind {key[1]!r}; give one of them another kind.")
    PARTS[key] = part
    return part


def same_place(one: Any, other: Any) -> bool:
    """Whether two classes or functions have the same name in the same module."""
    return (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)


def kinds(role: str) -> list[str]:
    """Kinds of the known parts of a role, sorted."""
    return sorted(kind for known_role, kind in PARTS if known_role == role)


def by_kind(role: str) -> BeforeValidator:
    """Validator of a field that takes any registered part of a role, or a table with its ``kind``."""

    def find(value: Any) -> Any:
        if isinstance(value, str) and role != "schedule":
            value = {"kind": value}
        if not isinstance(value, Mapping):
            return value
        kind = value.get("kind")
        if (role, str(kind)) not in PARTS:
            load_plugins()
        part = PARTS.get((role, str(kind)))
        if part is None:
            raise ConfigError(
                f"The {role} part has kind {kind!r}, expected one of {', '.join(kinds(role))}; "
                "a part of your own is loaded with --plugin FILE."
            )
        try:
            return part.model_validate(dict(value))
        except (GossamerError, ValueError):
            raise
        except Exception as error:
            raise ConfigError(f"The {role} part {kind!r} cannot be made: {in_a_line(error)}.") from error

    return BeforeValidator(find)
