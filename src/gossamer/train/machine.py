"""Where and when a run is carried out: measured facts that no result depends on."""

import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from gossamer import _native
from gossamer.errors import ConfigError


def attempt_facts(threads: int, step: int) -> dict[str, Any]:
    """Facts of an attempt at a run that begins now, after `step` steps of earlier attempts."""
    cpu = _native.cpu()
    return {
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "first_step": step,
        "threads": threads,
        "cpu": str(cpu["name"]),
        "instruction_set": str(cpu["instruction_set"]),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "scipy") if name in sys.modules},
    }


def check_environment() -> None:
    """Let the native module read GOSSAMER_ISA and GOSSAMER_THREADS.

    Raises
    ------
    ConfigError
        If one of them has a value that cannot be used here.
    """
    try:
        _native.cpu()
        _native.threads()
    except ValueError as error:
        raise ConfigError(str(error)) from None
