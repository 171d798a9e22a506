"""Damage to bytes, text, JSON and TOML: random, but a function of the generator that is handed in."""

import copy
import json
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOKENS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e-999999",
        "1e999",
        "nan",
        "-inf",
        "true",
        "null",
        "9" * 40,
        "0x10",
        "1_000",
        "1,5",
    ),
    *("\x00", "\x1b[31m", "\ufeff", "\ud7ff", "x" * 3000, "../..", "/dev/full", "é", "?", "NA", "2026-11-27"),
    *("'", '"', ",", ";", "\t", "\r", "\n", "[", "{", "[[", "]]", "="),
)
NUMBERS = (
    *(0, 1, -1, 2, 255, 2**31, 2**32, 2**53 + 1, 2**63, 2**64, -(2**63), 10**400),
    *(0.5, -0.0, 1e308, 1e-320, float("nan"), float("inf")),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, "", "x", "\x00", "\x1b[2J", "../../x", "digits"),
    *([], {}, [[]], {"": None}, [None] * 5, [1, "a", {}]),
    *NUMBERS,
    *map(str, NUMBERS),
)


def damaged_bytes(content: bytes, chance: Random) -> bytes:
    """A few flips, cuts, repeats and insertions at random places."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        place = chance.randrange(len(data) + 1)
        length = chance.choice((1, 1, 2, 4, 8, 64, 1000))
        kind = chance.randrange(6)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place:place] = data[place : place + length]
        elif kind == 3:
            data[place:place] = chance.choice(TOKENS).encode()
        elif kind == 4:
            number = chance.choice((0, 1, 0x7F, 0xFF)).to_bytes(1, "little")
            data[place : place + length] = number * min(length, max(1, len(data) - place))
        elif chance.random() < 0.3:
            del data[place:]
    return bytes(data)


def damaged_text(text: str, chance: Random) -> str:
    """Tokens exchanged, lines repeated, dropped and moved."""
    lines = text.split("\n")
    for _ in range(chance.choice((1, 1, 2, 3, 10))):
        row = chance.randrange(len(lines))
        kind = chance.randrange(6)
        if kind == 0:
            lines.insert(row, lines[chance.randrange(len(lines))])
        elif kind == 1 and len(lines) > 1:
            del lines[row]
        elif kind == 2:
            lines[row] = damaged_bytes(lines[row].encode(), chance).decode(errors="replace")
        else:
            place = chance.randrange(len(lines[row]) + 1)
            length = chance.choice((0, 0, 1, 3, 10))
            lines[row] = lines[row][:place] + chance.choice(TOKENS) + lines[row][place + length :]
    return "\n".join(lines)


def damaged_json(text: str, chance: Random) -> str:
    """One to three values or keys of a JSON document exchanged; now and then the text itself is damaged."""
    if chance.random() < 0.15:
        return damaged_text(text, chance)
    document = json.loads(text)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        document = _exchange(document, chance)
    return json.dumps(document)


def _exchange(document: Any, chance: Random) -> Any:
    if not isinstance(document, dict | list) or not document or chance.random() < 0.05:
        return chance.choice(VALUES)
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = chance.choice(keys)
    if isinstance(document[key], dict | list) and chance.random() < 0.8:
        document[key] = _exchange(document[key], chance)
    elif chance.random() < 0.2:
        del document[key]
    elif chance.random() < 0.1:
        source = chance.choice([k for k in keys if k in document] if isinstance(document, dict) else keys)
        document[key] = copy.deepcopy(document[source])
    elif isinstance(document, dict) and chance.random() < 0.1:
        document[chance.choice(TOKENS)] = document.pop(key)
    else:
        document[key] = chance.choice(VALUES)
    return document


def damaged_array(array: NDArray[Any], chance: Random) -> NDArray[Any]:
    """An array of another shape, type or content."""
    flat = array.reshape(-1)
    kind = chance.randrange(7)
    if kind == 0:
        return flat[: chance.randrange(len(flat) + 1)]
    if kind == 1:
        return np.concatenate([array, array]) if array.ndim else array[None]
    if kind == 2:
        return array.astype(chance.choice((np.float32, np.float64, np.int64, np.uint8, np.int32, np.bool_)))
    if kind == 3:
        return np.zeros((0, *array.shape[1:]), array.dtype)
    if kind == 4 and array.ndim:
        return np.ascontiguousarray(array[::-1])
    changed = array.copy().reshape(-1)
    values = (np.nan, np.inf, -1.0, 1e300) if array.dtype.kind == "f" else (0, 1, -1, 2**31 - 1, 2**63 - 1)
    for _ in range(chance.choice((1, 1, 3)) if len(changed) else 0):
        with np.errstate(all="ignore"):
            place = chance.randrange(len(changed))
            changed[place : place + 1] = np.array(chance.choice(values)).astype(array.dtype)
    return changed.reshape(array.shape)
