"""Canonical JSON (RFC 8785): one text, and so one hash, for one value."""

from typing import Any

import rfc8785

from gossamer.errors import InternalError


def canonical_json(value: Any) -> str:
    """Text of a JSON value after RFC 8785: sorted keys, no spaces, numbers as ECMAScript prints them.

    Parameters
    ----------
    value : None, bool, int within 2**53 - 1, finite float, str
        Or a list, a tuple or a string-keyed dict of these.

    Raises
    ------
    InternalError
        If a value has no canonical form: NaN, infinities, larger integers, other types, lone surrogates.
    """
    try:
        return rfc8785.dumps(value).decode()
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise InternalError(f"A value has no canonical JSON form: {error}.") from error
