"""Where a report's runs come from: plan, data, machine and time, in sentences."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from gossamer.report.material import Material
from gossamer.report.words import count_text


def provenance(material: Material) -> str:
    """How the runs were made."""
    return " ".join(_sentences(material))


def _sentences(material: Material) -> Iterator[str]:
    config, summary = material.config, material.example[1]
    samples, data = summary["data"]["samples"], summary["data"]
    held = (
        f", {samples['validation']:,} for validation"
        if samples.get("validation")
        else ", none for validation"
    )
    yield (
        f"Data: {data['name']}, {samples['train']:,} samples for training{held}, {samples['test']:,} for "
        f"test, checksum {data['checksum'][:12]}."
    )
    seeds = {
        "independent": "independent for every level and replicate",
        "common": "shared by all levels of a replicate",
    }
    yield f"Seeds: derived from {config.seed}, {seeds[config.seeds]}."
    if config.refinement.policy != "grid":
        yield f"Levels were found by the policy {config.refinement.policy}."
    if not config.reproducible:
        yield "The study has a budget of time, so the set of its runs is not reproducible."
    yield from _machines(material)


def _machines(material: Material) -> Iterator[str]:
    """Machines and time of training, as the runs measured them."""
    seconds, machines = 0.0, Counter[str]()
    for identity in sorted(material.study.store.finished()):
        for attempt in _attempts(material, identity):
            seconds += float(attempt.get("seconds", 0.0))
            machines[f"{attempt.get('cpu', 'unknown CPU')} ({attempt.get('instruction_set', '?')})"] += 1
    if machines:
        names = ", ".join(name for name, _ in sorted(machines.items(), key=lambda item: (-item[1], item[0])))
        yield f"Trained in {_time(seconds)} of one thread on {names}."
    compact = int(material.table["compact"].sum())
    if compact:
        yield f"{count_text(compact, 'run')} came from a compact export, which keeps no networks."


def _attempts(material: Material, identity: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = material.study.store.measured(identity).get("attempts", [])
    return found


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
