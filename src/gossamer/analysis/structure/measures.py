"""Everything about the structure of one run that does not need other runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gossamer.analysis.structure.age import Ages, link_ages
from gossamer.analysis.structure.chance import Stage, generator_of
from gossamer.analysis.structure.exploration import Exploration, exploration
from gossamer.analysis.structure.paths import PathCounts, count_paths
from gossamer.analysis.structure.reach import LayerReach, reach
from gossamer.analysis.structure.records import RunRecord
from gossamer.analysis.structure.settings import StructureSettings
from gossamer.analysis.structure.small_world import SmallWorld, small_world
from gossamer.analysis.structure.turnover import Moves, Turnover, kept_at_random, moves_of, turnover


@dataclass(frozen=True)
class RunStructure:
    """Structure of one run at its end.

    Attributes
    ----------
    name : str
    level : float
    replicate : int
    epochs : int
    sizes : tuple of int
        Neurons of each layer.
    links, positions : tuple of int
        Of each layer of links.
    sparsity, effective_sparsity : float
        Of all layers together; the latter counts only links on a path from an input to an output.
    turnover, exploration, ages : tuples, one entry for each layer that evolves
        `ages` is empty where the network is not stored.
    explored : float or None
        R_s of all layers together, layers that do not evolve included; see `exploration`.
    paths : PathCounts or None
        None, like `small_world`, where the network is not stored.
    reach : tuple of LayerReach, one entry for each layer of neurons
    small_world : SmallWorld or None
    """

    name: str
    level: float
    replicate: int
    epochs: int
    sizes: tuple[int, ...]
    links: tuple[int, ...]
    positions: tuple[int, ...]
    sparsity: float
    effective_sparsity: float
    turnover: tuple[Turnover, ...]
    exploration: tuple[Exploration, ...]
    ages: tuple[Ages, ...]
    explored: float | None
    paths: PathCounts | None
    reach: tuple[LayerReach, ...]
    small_world: SmallWorld | None


def measure(record: RunRecord, settings: StructureSettings) -> RunStructure:
    """Measure one run; O(links + epochs)."""
    layers, patterns = record.summary["layers"], record.patterns
    positions = [layer["n_in"] * layer["n_out"] for layer in layers]
    moves = {layer: moves_of(record.history, layer, record.updates) for layer in record.evolving}
    explored = [
        exploration(layer, positions[layer], record.start_links[layer], of, uniform=record.grows_uniformly)
        for layer, of in moves.items()
    ]
    end = record.summary["paths"]["end"]
    return RunStructure(
        name=record.name,
        level=record.level,
        replicate=record.replicate,
        epochs=int(record.summary["epochs"]),
        sizes=(layers[0]["n_in"], *(layer["n_out"] for layer in layers)),
        links=tuple(layer["nnz"] for layer in layers),
        positions=tuple(positions),
        sparsity=end["sparsity"],
        effective_sparsity=end["effective_sparsity"],
        turnover=tuple(turnover(layer, of) for layer, of in moves.items()),
        exploration=tuple(explored),
        ages=_ages(record, moves),
        explored=_explored(record, positions, explored),
        paths=None if patterns is None else count_paths(patterns),
        reach=() if patterns is None else reach(patterns),
        small_world=_small_world(record, settings),
    )


def _ages(record: RunRecord, moves: Mapping[int, Moves]) -> tuple[Ages, ...]:
    found = []
    for layer, of in moves.items():
        births = record.births(layer)
        if births is None:
            continue
        ages = link_ages(
            layer,
            births,
            steps=int(record.summary["epochs"]) * record.clock.steps_per_epoch,
            steps_per_epoch=record.clock.steps_per_epoch,
            start_links=record.start_links[layer],
            kept_at_random=kept_at_random(of),
        )
        if ages is not None:
            found.append(ages)
    return tuple(found)


def _explored(record: RunRecord, positions: list[int], evolving: list[Exploration]) -> float | None:
    ever = [float(n) for n in record.start_links]
    for layer in evolving:
        if layer.value is None:
            return None
        ever[layer.layer] = layer.value * positions[layer.layer]
    return sum(ever) / sum(positions)


def _small_world(record: RunRecord, settings: StructureSettings) -> SmallWorld | None:
    if record.patterns is None or not settings.path_samples:
        return None
    return small_world(
        record.patterns,
        settings.path_samples,
        settings.distance_sources,
        settings.null_networks,
        generator_of(settings.seed, record.name, Stage.SMALL_WORLD),
    )


def _share_of_neurons(attribute: str) -> Callable[[RunStructure], float | None]:
    def share(run: RunStructure) -> float | None:
        counts = [getattr(layer, attribute) for layer in run.reach]
        return sum(counts) / sum(layer.neurons for layer in run.reach) if counts else None

    return share


def _mean_over_links(attribute: str, of: str) -> Callable[[RunStructure], float | None]:
    """Mean of an attribute over the layers that evolve, each counted by its links."""

    def mean(run: RunStructure) -> float | None:
        found = [(getattr(item, attribute), run.links[item.layer]) for item in getattr(run, of)]
        if not found or any(value is None for value, _ in found) or not sum(links for _, links in found):
            return None
        return float(np.average([value for value, _ in found], weights=[links for _, links in found]))

    return mean


def _more_paths(run: RunStructure) -> float | None:
    if run.paths is None or run.paths.log10_paths is None or run.paths.log10_expected is None:
        return None
    return run.paths.log10_paths - run.paths.log10_expected


MEASURES: dict[str, tuple[str, Callable[[RunStructure], float | None]]] = {
    "effective_sparsity": (
        "sparsity that counts links on a path only",
        lambda run: run.effective_sparsity,
    ),
    "log10_paths": ("log10 of the paths", lambda run: run.paths.log10_paths if run.paths else None),
    "log10_paths_excess": ("log10 of the paths over those expected at random", _more_paths),
    "dead": ("neurons that no link enters (fraction of all)", _share_of_neurons("dead")),
    "unread": ("neurons that no link leaves (fraction of all)", _share_of_neurons("unread")),
    "unreachable": ("neurons on no path (fraction of all)", _share_of_neurons("unreachable")),
    "turnover": ("links dropped at an update (fraction)", _mean_over_links("dropped", "turnover")),
    "lifetime": ("mean life of a link (epochs)", _mean_over_links("lifetime", "turnover")),
    "age": ("mean age of the links (epochs)", _mean_over_links("mean", "ages")),
    "from_start": ("links of the start never dropped (fraction)", _mean_over_links("from_start", "ages")),
    "explored": ("positions that ever held a link, R_s (expected fraction)", lambda run: run.explored),
    "small_world": (
        "small-worldness sigma (ratio)",
        lambda run: run.small_world.sigma if run.small_world else None,
    ),
}
"""Measures that are followed over the levels: for each a label with its unit, and how to read it of a run."""
