"""``gossamer info``: what this installation is and what it runs on."""

import platform
from typing import Annotated, Any

from cyclopts import Parameter

import gossamer
from gossamer.cli import console


def info(*, json: Annotated[bool, Parameter(negative="", help="print JSON")] = False) -> None:
    """Show version, CPU, instruction set and threads."""
    facts = _facts()
    if json:
        console.print_json(facts)
        return
    sets = facts["instruction_sets"]
    console.print_pairs(
        {
            "gossamer": facts["version"],
            "Python": facts["python"],
            "system": facts["system"],
            "CPU": facts["cpu"],
            "instruction set": f"{facts['instruction_set']} (of {', '.join(sets)}; choose by GOSSAMER_ISA)",
            "arithmetic": facts["arithmetic"],
            "threads": f"{facts['threads']} of {facts['cores']} cores (choose by GOSSAMER_THREADS)",
            "numerics": str(facts["numerics"]),
        }
    )


def _facts() -> dict[str, Any]:
    from gossamer import _native
    from gossamer.train.build import available_cores
    from gossamer.train.identity import NUMERICS

    cpu = _native.cpu()
    return {
        "version": gossamer.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": cpu["name"],
        "instruction_set": cpu["instruction_set"],
        "instruction_sets": list(cpu["instruction_sets"]),
        "arithmetic": "fma" if cpu["fma"] else "baseline",
        "threads": _native.threads(),
        "cores": available_cores(),
        "numerics": NUMERICS,
    }
