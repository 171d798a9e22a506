"""The door for measured facts of a stored run: what does not fit the model is not believed."""

import json
from pathlib import Path
from typing import Any

from pydantic import FiniteFloat, ValidationError

from gossamer.files import Stored


class _Flop(Stored):
    training: int
    inference: int
    dense_training: int


class _Bytes(Stored):
    network: int


class _Sparsity(Stored):
    sparsity: float
    effective_sparsity: float


class _Ends(Stored):
    start: _Sparsity
    end: _Sparsity


class _Accounting(Stored):
    flop: _Flop
    seconds: dict[str, FiniteFloat]
    bytes: _Bytes
    sparsity: _Ends
    exploration: float | None
    regrown: float | None
    dead_neurons: int


class _Attempt(Stored):
    seconds: float = 0.0


class _Measured(Stored):
    attempts: tuple[_Attempt, ...] | list[_Attempt] = ()
    epoch_seconds: dict[str, list[FiniteFloat] | FiniteFloat] | None = None
    accounting: _Accounting | None = None


def read_measured(path: Path) -> dict[str, Any]:
    """Facts of a ``measured.json``; empty where the file is missing, damaged or of another shape.

    No result depends on them, so a run whose measured facts are lost is read all the same.
    """
    try:
        found = json.loads(path.read_bytes())
        _Measured.model_validate(found)
    except (OSError, ValueError, RecursionError, ValidationError):
        return {}
    return dict(found)
