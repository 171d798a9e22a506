"""Truly sparse neural networks on ordinary CPUs, and what happens to them as they get sparser."""

import importlib
from typing import TYPE_CHECKING, Any

from gossamer import train

if TYPE_CHECKING:
    from gossamer.lab import Study
    from gossamer.train.config import RunConfig
    from gossamer.train.overrides import with_overrides
    from gossamer.train.presets import preset
    from gossamer.train.record import load
    from gossamer.train.run import Run

    __version__: str

__all__ = ["Run", "RunConfig", "Study", "__version__", "load", "preset", "train", "with_overrides"]

# Names are loaded when they are first asked for, so that importing gossamer costs next to nothing.
_HOMES = {
    "Run": "gossamer.train.run",
    "RunConfig": "gossamer.train.config",
    "Study": "gossamer.lab",
    "load": "gossamer.train.record",
    "preset": "gossamer.train.presets",
    "with_overrides": "gossamer.train.overrides",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("gossamer")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
