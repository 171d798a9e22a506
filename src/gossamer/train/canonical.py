"""Canonical JSON (RFC 8785): one text, and so one hash, for one value."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from gossamer.errors import InternalError

_SAFE_INTEGER = 2**53


def canonical_json(value: Any) -> str:
    """Text of a JSON value after RFC 8785: sorted keys, no spaces, numbers as ECMAScript prints them.

    Parameters
    ----------
    value : None, bool, int in [-2**53, 2**53], finite float, str
        Or a sequence or a string-keyed mapping of these.

    Raises
    ------
    InternalError
        If a value has no canonical form: NaN, infinities, larger integers, other types, lone surrogates.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_string(k)}:{canonical_json(value[k])}" for k in _sorted_keys(value)) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "[" + ",".join(canonical_json(item) for item in value) + "]"
    raise InternalError(f"A value of type {type(value).__name__} has no canonical JSON form.")


def _sorted_keys(value: Mapping[Any, Any]) -> list[str]:
    for key in value:
        if not isinstance(key, str):
            raise InternalError(f"The key {key!r} of a JSON object is not a string.")
    return sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))


def _string(value: str) -> str:
    # json.dumps escapes just what RFC 8785 asks for: quote, backslash and the control characters, these with
    # their short form where one exists and as lower-case \u00xx elsewhere.
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InternalError(
            f"The text {value!r} is not valid Unicode and has no canonical JSON form."
        ) from error
    return json.dumps(value, ensure_ascii=False)


def _number(value: int | float) -> str:
    if isinstance(value, int):
        if abs(value) > _SAFE_INTEGER:
            raise InternalError(f"The integer {value} is beyond 2**53 and has no canonical JSON form.")
        return str(int(value))
    if not math.isfinite(value):
        raise InternalError(f"The number {value} has no JSON form.")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    return sign + _positive(abs(float(value)))


def _positive(value: float) -> str:
    """Number::toString of ECMAScript: Python's shortest digits, laid out by the rules of that standard."""
    mantissa, exponent = f"{value!r}e0".split("e")[:2]
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    power = f"e{point - 1:+d}"
    return digits[0] + ("." + digits[1:] if count > 1 else "") + power
