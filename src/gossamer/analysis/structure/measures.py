"""Everything about the structure of one run at its end that does not need other runs."""

from collections.abc import Mapping, Sequence

import numpy as np

from gossamer.analysis.structure.chance import Stage, generator_of
from gossamer.analysis.structure.network import log10_expected_paths, log10_paths, lost_neurons, small_world
from gossamer.analysis.structure.records import RunRecord
from gossamer.analysis.structure.settings import StructureSettings
from gossamer.analysis.structure.turnover import Moves, mean_age

MEASURES = {
    "effective_sparsity": "sparsity that counts links on a path only",
    "log10_paths": "log10 of the paths",
    "log10_paths_excess": "log10 of the paths over those expected at random",
    "dead": "neurons that no link enters (fraction of all)",
    "unread": "neurons that no link leaves (fraction of all)",
    "unreachable": "neurons on no path (fraction of all)",
    "turnover": "links dropped at an update (fraction)",
    "lifetime": "mean life of a link (epochs)",
    "age": "mean age of the links (epochs)",
    "from_start": "links of the start never dropped (fraction)",
    "explored": "positions that ever held a link, R_s (expected fraction)",
    "small_world": "small-worldness sigma (ratio)",
}
"""Measures that are followed over the levels, with what they are and their unit."""


def measure(record: RunRecord, settings: StructureSettings) -> dict[str, float | None]:
    """Each of `MEASURES` of one run, None where it cannot be had; O(links + epochs).

    Turnover, lifetime, age and links of the start are means over the layers that evolve, each counted by its
    links. A run without its networks (compact) has no paths, ages and small-worldness.
    """
    moves = {layer: Moves.of(record.history, layer, record.updates) for layer in record.evolving}
    links = [record.links[layer] for layer in moves]
    return {
        **dict.fromkeys(MEASURES),
        "effective_sparsity": float(record.summary["paths"]["end"]["effective_sparsity"]),
        "turnover": _mean([of.turnover for of in moves.values()], links),
        "lifetime": _mean([of.lifetime for of in moves.values()], links),
        "explored": _explored(record, moves),
        **_of_network(record, settings),
    }


def _of_network(record: RunRecord, settings: StructureSettings) -> dict[str, float | None]:
    patterns = record.patterns
    if patterns is None:
        return {}
    paths, expected = log10_paths(patterns), log10_expected_paths(patterns)
    births = {layer: record.births(layer) for layer in record.evolving}
    known = {
        layer: b for layer, b in births.items() if b is not None and len(b) and record.start_links[layer]
    }
    links = [record.links[layer] for layer in known]
    per_epoch = record.clock.steps_per_epoch
    steps = int(record.summary["epochs"]) * per_epoch
    random = generator_of(settings.seed, record.name, Stage.SMALL_WORLD)
    return {
        "log10_paths": paths,
        "log10_paths_excess": None if paths is None or expected is None else paths - expected,
        **lost_neurons(patterns),
        "age": _mean([mean_age(b, steps, per_epoch) for b in known.values()], links),
        "from_start": _mean(
            [int(np.count_nonzero(b == 0)) / record.start_links[layer] for layer, b in known.items()], links
        ),
        "small_world": small_world(
            patterns, settings.path_samples, settings.distance_sources, settings.null_networks, random
        )
        if settings.path_samples
        else None,
    }


def _mean(values: Sequence[float | None], links: Sequence[int]) -> float | None:
    """Mean over layers, each counted by its links; None where a layer has none or there is no layer."""
    found = [value for value in values if value is not None]
    if len(found) < len(values) or not sum(links):
        return None
    return float(np.average(found, weights=links))


def _explored(record: RunRecord, moves: Mapping[int, Moves]) -> float | None:
    """R_s of all layers together, layers that do not evolve included."""
    ever = [float(n) for n in record.start_links]
    for layer, of in moves.items():
        positions = record.positions[layer]
        share = of.explored(positions, record.start_links[layer], uniform=record.grows_uniformly)
        if share is None:
            return None
        ever[layer] = share * positions
    return sum(ever) / sum(record.positions)
