"""Rules of one's own, held to what their hooks promise: one sentence names the rule and what was expected.

The hooks of parts that are built in are held by tests instead, and not looked at in training.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gossamer.engine.latent import Latent
from gossamer.errors import ConfigError, GossamerError

_MOST_WORDS = 200
_MOST_BATCHES = 1024


class Hook(NamedTuple):
    """Names of a hook's arguments, what it is expected to give, in words, and what tells whether it does."""

    arguments: tuple[str, ...]
    expected: Callable[[Mapping[str, Any]], str]
    holds: Callable[[Any, Mapping[str, Any]], bool]


def hold_hooks(part: type) -> None:
    """Let every hook that a class defines itself be held to what it promises; for parts from outside."""
    hooks = dict(HOOKS)
    if (role := getattr(part, "role", "")) in AT:
        hooks["at"] = AT[role]
    for name, hook in hooks.items():
        own = vars(part).get(name)
        if callable(own):
            setattr(part, name, _held(own, name, hook))
        elif isinstance(own, property) and own.fget is not None:
            setattr(part, name, property(_held(own.fget, name, hook), doc=own.__doc__))


def named(part: Any) -> str:
    """A part in words, as in: The drop part 'mine'."""
    return f"The {getattr(part, 'role', 'unknown')} part {getattr(part, 'kind', '')!r}"


def in_a_line(error: BaseException) -> str:
    """Type and message of an error in one line of some words."""
    text = " ".join(f"{type(error).__name__}, {error}".split())
    return text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]}..."


def _held(function: Callable[..., Any], name: str, hook: Hook) -> Callable[..., Any]:
    @functools.wraps(function)
    def held(self: Any, *values: Any, **keywords: Any) -> Any:
        arguments = dict(zip(hook.arguments, values, strict=False)) | keywords
        try:
            found = function(self, *values, **keywords)
        except (GossamerError, MemoryError):
            raise
        except Exception as error:
            raise ConfigError(
                f"{named(self)} fails in {name}: {in_a_line(error)}; {name} is expected to give "
                f"{hook.expected(arguments)}."
            ) from error
        if not hook.holds(found, arguments):
            raise ConfigError(
                f"{named(self)} gives {_shown(found)} from {name}, expected {hook.expected(arguments)}."
            )
        return found

    return held


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    if isinstance(value, tuple | list):
        inner = ", ".join(_shown(item) for item in value[:3])
        return f"{type(value).__name__} of {len(value)} ({inner}{', ...' if len(value) > 3 else ''})"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return real and math.isfinite(value)


def _are_flags(value: Any, layer: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.bool_ and value.shape == (layer.pattern.nnz,)


def _are_all_flags(value: Any, layers: Sequence[Any]) -> bool:
    whole = isinstance(value, list | tuple) and len(value) == len(layers)
    return whole and all(_are_flags(flags, layer) for flags, layer in zip(value, layers, strict=True))


def _are_scores(value: Any, layer: Any) -> bool:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
        return False
    return value.shape == (layer.pattern.nnz,) and bool((value >= 0).all())


def _is_growth(value: Any, given: Mapping[str, Any]) -> bool:
    if not isinstance(value, tuple | list) or len(value) != 2:
        return False
    positions, weights = value
    if not all(isinstance(part, np.ndarray) and part.shape == (given["count"],) for part in value):
        return False
    layer = given["layer"]
    if positions.dtype != np.uint64 or weights.dtype != layer.weights.dtype or not np.isfinite(weights).all():
        return False
    ascending = bool((positions[1:] > positions[:-1]).all())
    if not ascending or (len(positions) and int(positions[-1]) >= layer.positions):
        return False
    pattern, keep = layer.pattern, given["keep"]
    kept = pattern.link_sources()[keep].astype(np.uint64) * np.uint64(pattern.n_out) + pattern.targets[keep]
    return not np.isin(positions, kept).any()


def _flags_in_words(given: Mapping[str, Any]) -> str:
    layer = given.get("layer")
    count = "a link" if layer is None else f"shape ({layer.pattern.nnz},)"
    return f"bool flags of {count}"


def _all_flags_in_words(given: Mapping[str, Any]) -> str:
    shapes = ", ".join(f"({layer.pattern.nnz},)" for layer in given.get("layers", ()))
    return f"a list with an array of bool flags for each layer, of shapes {shapes}"


def _growth_in_words(given: Mapping[str, Any]) -> str:
    layer, count = given.get("layer"), given.get("count")
    dtype = "the layer's type" if layer is None else str(layer.weights.dtype)
    most = "the positions of the layer" if layer is None else str(layer.positions)
    return (
        f"positions (uint64, ascending, below {most}, none of a kept link) and finite weights ({dtype}), "
        f"{count} of each"
    )


def _always(words: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda given: words


HOOKS: dict[str, Hook] = {
    "keep": Hook(
        ("layer", "fraction", "draw"), _flags_in_words, lambda found, given: _are_flags(found, given["layer"])
    ),
    "keep_all": Hook(
        ("layers", "fraction", "occasion"),
        _all_flags_in_words,
        lambda found, given: _are_all_flags(found, given["layers"]),
    ),
    "keep_all_but": Hook(
        ("layers", "count", "occasion"),
        _all_flags_in_words,
        lambda found, given: _are_all_flags(found, given["layers"]),
    ),
    "scores": Hook(
        ("layer",),
        _always("an array with a number of at least 0 for each link of the layer"),
        lambda found, given: _are_scores(found, given["layer"]),
    ),
    "grow": Hook(("layer", "keep", "count", "draw"), _growth_in_words, _is_growth),
    "wanted": Hook(
        ("layer", "keep"),
        _always("None, or a number of links from 0 to the free positions"),
        lambda found, given: (
            found is None
            or (
                _is_integer(found)
                and 0 <= found <= given["layer"].positions - int(np.count_nonzero(given["keep"]))
            )
        ),
    ),
    "kept_batches": Hook(
        (),
        _always(f"a number of batches from 0 to {_MOST_BATCHES}"),
        lambda found, given: _is_integer(found) and 0 <= found <= _MOST_BATCHES,
    ),
    "share": Hook(
        ("layer", "keep"),
        _always("a finite number of at least 0"),
        lambda found, given: _is_number(found) and found >= 0,
    ),
    "target": Hook(
        ("links", "occasion", "layers"), _always("a number of links"), lambda found, given: _is_integer(found)
    ),
    "shrink": Hook(
        ("layers", "drop", "occasion"),
        lambda given: f"None, or {_all_flags_in_words(given)}",
        lambda found, given: found is None or _are_all_flags(found, given["layers"]),
    ),
    "next": Hook(
        ("done", "clock"),
        _always("None, or a number of steps above those that are done"),
        lambda found, given: found is None or (_is_integer(found) and found > given["done"]),
    ),
    "of_layer": Hook(
        ("pattern",),
        _always("a gossamer.engine.latent.Latent"),
        lambda found, given: isinstance(found, Latent),
    ),
    "settle": Hook(("network", "layer"), _always("nothing"), lambda found, given: found is None),
    "depends_on_total": Hook((), _always("True or False"), lambda found, given: isinstance(found, bool)),
}
"""Hooks by name, but for `at`, which two roles have."""

_FRACTION = Hook(
    ("done", "clock"),
    _always("a fraction in [0, 1]"),
    lambda found, given: _is_number(found) and 0 <= found <= 1,
)
_SCHEDULE = Hook(("moment",), _always("a finite number"), lambda found, given: _is_number(found))
AT = {"fraction": _FRACTION, "schedule": _SCHEDULE}
"""What is expected of `at`, by role."""
