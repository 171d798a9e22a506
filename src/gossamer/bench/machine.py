"""What was measured on: processor, caches, instruction set, versions."""

import importlib.metadata
import platform
from pathlib import Path

from gossamer import _native
from gossamer.train.build import available_cores

PACKAGES = ("gossamer", "numpy", "scipy", "torch", "sparselab")


def describe() -> dict[str, object]:
    """Machine and versions as JSON values; a package that is not installed is null."""
    cpu = _native.cpu()
    return {
        "processor": cpu["name"],
        "cores": available_cores(),
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
