"""What is known of a method: where it comes from, what its defaults rest on, what is verified."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from gossamer.errors import ConfigError
from gossamer.evolve.method import Method
from gossamer.evolve.part import same_place
from gossamer.evolve.plugins import load_plugins

Conserves = Literal["layer", "network", "nothing"]


@dataclass(frozen=True)
class MethodRecord:
    """A named method and what is known of it.

    Attributes
    ----------
    name : str
    summary : str
        One line.
    make : callable
        Makes the `Method`; takes ``start`` and the hyper-parameters that are changed most.
    source : str
        Where the method was published.
    origins : mapping from dotted path of a field below "method" to str
        Where the default of that field comes from.
    verified : str
        What the implementation is held to.
    reconstruction : str
        What was not published, or could not be read, and how it was filled; empty if nothing.
    differs : str
        What is done otherwise than published, and why; empty if nothing.
    conserves : "layer", "network" or "nothing"
        Where updates leave the number of links as it was.
    own_start : bool
        Whether the method is a way to start, so that it brings its own in place of the current one.
    """

    name: str
    summary: str
    make: Callable[..., Method]
    source: str
    origins: Mapping[str, str] = field(default_factory=dict)
    verified: str = ""
    reconstruction: str = ""
    differs: str = ""
    conserves: Conserves = "layer"
    own_start: bool = False


METHODS: dict[str, MethodRecord] = {}
"""Named methods, in the order in which they were made known."""


def register_method(record: MethodRecord) -> MethodRecord:
    """Make a method known by its name; made by a function defined again, it takes the old one's place.

    Raises
    ------
    ConfigError
        If there is another one of that name.
    """
    if not same_place(METHODS.get(record.name, record).make, record.make):
        raise ConfigError(f"There are two methods {record.name!r}; give one of them another name.")
    METHODS[record.name] = record
    return record


def method_record(name: str) -> MethodRecord:
    """What is known of the method of that name, plugins included.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in METHODS:
        load_plugins()
    if name not in METHODS:
        close = get_close_matches(name, METHODS, n=1)
        offer = f" (did you mean {close[0]!r}?)" if close else ""
        raise ConfigError(
            f"There is no method {name!r}{offer}; known names are {', '.join(sorted(METHODS))}."
        )
    return METHODS[name]


def named(name: str, **options: Any) -> Method:
    """The method of that name; options are those of its record's ``make``; errors as `method_record`."""
    return method_record(name).make(**options)
