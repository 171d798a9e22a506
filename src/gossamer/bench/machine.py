"""What was measured on: processor, caches, instruction set, versions."""

import importlib.metadata
import os
import platform
from pathlib import Path

from gossamer import _native

PACKAGES = ("gossamer", "numpy", "scipy", "torch", "sparselab")


def describe() -> dict[str, object]:
    """Machine and versions as JSON values; a package that is not installed is null."""
    cpu = _native.cpu()
    return {
        "processor": processor_name() or cpu["name"],
        "cores": os.cpu_count(),
        "caches": caches(),
        "instruction_set": cpu["instruction_set"],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def version(package: str) -> str | None:
    """Installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def processor_name() -> str:
    """Model name as Linux tells it, with family and model number: a virtual machine's name may be vague."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    known: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        known.setdefault(key.strip(), value.strip())
    name = known.get("model name", "")
    numbers = [
        f"{word} {known[key]}" for word, key in (("family", "cpu family"), ("model", "model")) if key in known
    ]
    return f"{name} ({', '.join(numbers)})" if name and numbers else name


def caches() -> dict[str, str]:
    """Level and kind -> size of the first core's caches, where Linux tells them."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        found[f"L{level} {kind.lower()}"] = size
    return found
