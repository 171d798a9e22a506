"""One way to declare a config field: default, range, unit, help, its part in a run's identity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field


def field(
    default: Any = ...,
    *,
    help: str,
    unit: str = "",
    execution: bool = False,
    absent: Any = None,
    **limits: Any,
) -> Any:
    """Declare a field of a pydantic config model.

    Parameters
    ----------
    default : any
        Default value; ``...`` makes the field required. A callable default goes into `limits` as
        ``default_factory``.
    help : str
        One line for the command line, the docs and the JSON schema.
    unit : str
        Unit or kind of the number ("epochs", "fraction", "links"); empty for names and switches.
    execution : bool
        True for fields that cannot change a result (threads, paths, cadences); they are left out of a run's
        identity.
    absent : any
        For fields added after the first release: the value that equals "before this field existed", wrapped
        in a one-element tuple. At that value the field is left out of the identity: older runs keep theirs.
    limits
        ``ge``, ``gt``, ``le``, ``lt``, ``min_length`` ... as in `pydantic.Field`.
    """
    extra: dict[str, Any] = {"unit": unit, "role": "execution" if execution else "identity"}
    if absent is not None:
        extra["absent"] = list(absent)
    if "default_factory" in limits:
        return Field(description=help, json_schema_extra=extra, **limits)
    return Field(default, description=help, json_schema_extra=extra, **limits)


@dataclass(frozen=True)
class FieldFacts:
    """What is known of one field of a config model.

    Attributes
    ----------
    path : str
        Dotted names that lead to the field.
    value : Any
        Its value in the model that was asked about; a default there is the field's default.
    takes : str
        What it takes: the words to choose from, else the type.
    limits : str
        Range of a number, empty where it has none.
    unit, help : str
    execution : bool
        True where the field cannot change a result.
    """

    path: str
    value: Any
    takes: str
    limits: str
    unit: str
    help: str
    execution: bool

    @property
    def sentence(self) -> str:
        """Help, what the field takes, its range and unit, in one line."""
        facts = [self.takes, self.limits, f"unit: {self.unit}" if self.unit else ""]
        return f"{self.help} ({'; '.join(fact for fact in facts if fact)})"


def facts_of(model: BaseModel, path: str = "") -> Iterator[FieldFacts]:
    """Facts of all fields of a model, those of the models in it among them, in order.

    A field that holds a model comes before the fields of that model.
    """
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        yield FieldFacts(
            path + name,
            value,
            _takes(info.annotation),
            _limits(info.metadata),
            str(extra.get("unit", "")),
            info.description or "",
            extra.get("role") == "execution",
        )
        if isinstance(value, BaseModel):
            yield from facts_of(value, f"{path}{name}.")


_NAMES = {
    int: "integer",
    float: "number",
    str: "text",
    bool: "true or false",
    NoneType: "none",
    dict: "table",
}


def _takes(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _takes(arguments[0])
    if origin is Literal:
        return ", ".join(map(str, arguments))
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(_takes, arguments)))
    if origin in (tuple, list):
        return f"list of {_takes(arguments[0])}"
    return _NAMES.get(origin or annotation, "table")


def _limits(metadata: Sequence[Any]) -> str:
    """The range that the limits of a field leave, in words."""
    signs = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    bounds = {
        sign: getattr(limit, name)
        for limit in metadata
        for name, sign in signs.items()
        if hasattr(limit, name)
    }
    return ", ".join(
        f"{sign} {bound:g}" if bound < 2**53 else f"{sign} {bound}" for sign, bound in bounds.items()
    )
