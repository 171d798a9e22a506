"""The machine that a run is carried out on: facts that no result depends on, and its free memory."""

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gossamer import _native
from gossamer.errors import ConfigError

_CGROUP = Path("/sys/fs/cgroup")


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


def available_memory() -> int | None:
    """Bytes that this process can still have; None where the system does not tell.

    The least of what is free, what the control group leaves, and what the limit of the process leaves.
    """
    found = (_free(), _left_in_group(), _left_in_process())
    return min((value for value in found if value is not None), default=None)


def _free() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    kilobytes = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return next((1024 * int(number) for number in kilobytes), None)


def _left_in_group() -> int | None:
    names = (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    )
    for names_of_version in names:
        try:
            limit, used = ((_CGROUP / name).read_text().strip() for name in names_of_version)
        except OSError:
            continue
        return max(0, int(limit) - int(used)) if limit.isdecimal() else None
    return None


def _left_in_process() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return limit
    return max(0, limit - pages * os.sysconf("SC_PAGE_SIZE"))
