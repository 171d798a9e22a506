"""Strings out of an array of Python objects, as numpy saves it, without running what the file says.

NumPy writes such an array as a pickle, and a pickle is a program. Here only the few operations that a list of
strings needs are let through, and the three names in it stand for an empty box each: nothing of NumPy and
nothing else is called.
"""

import io
import pickle
import pickletools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import DataError

MAX_TEXT = 200
"""Characters of a string: NumPy gives every string of an array the room of the longest one."""

_OPERATIONS = frozenset(
    (
        *("PROTO", "FRAME", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE", "REDUCE", "BUILD"),
        *("GLOBAL", "STACK_GLOBAL", "SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINBYTES", "BINBYTES"),
        *("MEMOIZE", "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "BININT", "BININT1", "BININT2"),
        *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "APPEND", "APPENDS"),
    )
)
_NAMES = frozenset(
    (
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
    )
)
_DAMAGE = (AttributeError, EOFError, IndexError, KeyError, TypeError, ValueError, pickle.UnpicklingError)


def strings_of(content: bytes, shape: tuple[int, ...], what: str) -> NDArray[np.str_]:
    """The strings of an array of objects.

    Parameters
    ----------
    content : bytes
        What follows the header of the .npy file.
    shape : tuple of int
        From the header.
    what : str
        How an error names the array.

    Raises
    ------
    DataError
        If anything in it is no string, or the content is damaged.
    """
    refused = DataError(
        f"{what} holds something else than plain numbers or strings; Python objects are not read."
    )
    try:
        operations = list(pickletools.genops(content))
        # A memo far beyond the number of operations would only ask for memory.
        most = max(
            (argument or 0 for operation, argument, _ in operations if "PUT" in operation.name), default=0
        )
        if most > len(operations) or any(operation.name not in _OPERATIONS for operation, *_ in operations):
            raise refused
        values = getattr(_Strings(io.BytesIO(content)).load(), "state", ())
        found = values[4] if isinstance(values, tuple) and len(values) == 5 else None
    except _DAMAGE as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{what} is damaged ({error or type(error).__name__}).") from error
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise refused
    if any(len(text) > MAX_TEXT for text in found) or len(found) != int(np.prod(shape)):
        raise DataError(
            f"{what} holds {len(found)} strings for its shape {shape}, or one of more than {MAX_TEXT} "
            "characters."
        )
    return np.array(found, dtype=str).reshape(shape)


class _Box:
    """Keeps what is put into it."""

    state: Any = None

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Strings(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _NAMES:
            raise pickle.UnpicklingError("it names things outside of numpy")
        return _Box
