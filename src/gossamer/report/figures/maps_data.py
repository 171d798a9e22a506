"""Data of the heat maps: links and weight sums by input neuron, over levels and epochs.

A map is one cell of a column, a tuple of integers: sums over the runs of a level for links, hundredths of the
mean over the runs for weights. The drawing unfolds the one map that it shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.structure import InputMaps, input_maps
from gossamer.errors import AnalysisError
from gossamer.report.figure import FigureData
from gossamer.report.figures.parts import few_epochs
from gossamer.report.material import Curve, Material

SIDES = {"survivor": "survivors of the drop (as in the paper)", "grown": "after growth"}
QUANTITIES = {"links": "links", "sum": "sum of weights", "abs_sum": "sum of |weights|"}
WEIGHT_UNIT = 0.01

_MOST_EPOCHS = 7


@dataclass(frozen=True, eq=False)
class LevelMaps:
    """Maps of the runs of one level, by epoch.

    Parameters
    ----------
    level : float
    runs : tuple of str
    replicates : tuple of int
    by_epoch : mapping of int to tuple of InputMaps, one a run
    """

    level: float
    runs: tuple[str, ...]
    replicates: tuple[int, ...]
    by_epoch: Mapping[int, tuple[InputMaps, ...]]


def image_shape(material: Material, curve: Curve) -> tuple[int, int]:
    """Height and width of the inputs of a curve's runs.

    Raises
    ------
    AnalysisError
        If the inputs are not images.
    """
    summary = material.study.store.summary(_finished(material, curve)[0][1])
    shape = summary["data"].get("image_shape")
    if not shape or len(shape) not in (2, 3):
        raise AnalysisError("The inputs are not images, so there are no heat maps of them.")
    return int(shape[0]), int(shape[1])


def level_maps(material: Material, curve: Curve) -> list[LevelMaps]:
    """Maps of every level of a curve, easiest first, at the epochs that all its runs have.

    Raises
    ------
    AnalysisError
        If no run has maps.
    """
    shape = image_shape(material, curve)
    stored: dict[float, list[tuple[str, int, dict[int, InputMaps]]]] = {}
    for k, identity in _finished(material, curve):
        maps = input_maps(material.study.store.arrays(identity, "structure"))
        level, replicate = float(material.table[material.axis][k]), int(material.table["replicate"][k])
        folded = {found.epoch: _folded(found, shape) for found in maps}
        stored.setdefault(level, []).append((identity, replicate, folded))
    epochs = few_epochs(
        _common_epochs([maps for runs in stored.values() for _, _, maps in runs]), _MOST_EPOCHS
    )
    order = sorted(stored, key=lambda level: float(curve.axis.hardness(level)))
    return [_level_maps(level, stored[level], epochs) for level in order]


def _common_epochs(runs: Sequence[Mapping[int, InputMaps]]) -> list[int]:
    """Epochs with a map of every run: the start and updates; others only where no epoch has an update.

    Raises
    ------
    AnalysisError
        If there is no such epoch.
    """
    common = sorted(set.intersection(*(set(maps) for maps in runs)))
    if not common:
        raise AnalysisError("The runs have no stored epoch in common, so there are no heat maps.")
    updated = [epoch for epoch in common if all(maps[epoch].updated for maps in runs)]
    return [epoch for epoch in common if epoch == 0 or epoch in updated] if updated else common


def _level_maps(
    level: float, runs: Sequence[tuple[str, int, dict[int, InputMaps]]], epochs: Sequence[int]
) -> LevelMaps:
    ordered = sorted(runs, key=lambda run: run[1])
    return LevelMaps(
        level=level,
        runs=tuple(run for run, _, _ in ordered),
        replicates=tuple(replicate for _, replicate, _ in ordered),
        by_epoch={epoch: tuple(maps[epoch] for _, _, maps in ordered) for epoch in epochs},
    )


def _finished(material: Material, curve: Curve) -> list[tuple[int, str]]:
    """Rows and identities of the runs of a curve whose structure means something."""
    rows = [k for k in curve.rows.tolist() if material.table["state"][k] == "finished"]
    if not rows:
        raise AnalysisError("No run is finished, so there are no heat maps.")
    return [(k, material.table["identity"][k].item()) for k in rows]


def _folded(maps: InputMaps, shape: tuple[int, int]) -> InputMaps:
    """Maps with the channels of an image added up."""
    pixels = shape[0] * shape[1]
    folded = {key: values.reshape(pixels, -1).sum(axis=1) for key, values in maps.maps.items()}
    return InputMaps(maps.epoch, maps.updated, folded)


def map_data(levels: Sequence[LevelMaps]) -> FigureData:
    """One row a level and epoch; maps added up over the runs."""
    rows = [
        {
            "level_index": i,
            "epoch_index": j,
            "level": found.level,
            "epoch": epoch,
            "runs": len(found.runs),
            "run_ids": " ".join(run[:10] for run in found.runs),
            **dict(_summed(maps)),
        }
        for i, found in enumerate(levels)
        for j, (epoch, maps) in enumerate(found.by_epoch.items())
    ]
    units = {f"{side}_links": "links, added over the runs" for side in SIDES}
    units |= {f"{side}_{q}": "hundredths, mean over the runs" for side in SIDES for q in ("sum", "abs_sum")}
    return FigureData.of(rows, units=units, runs=[run for found in levels for run in found.runs])


def _summed(maps: Sequence[InputMaps]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for side in SIDES:
        for quantity in QUANTITIES:
            values = sum((found.maps[side, quantity] for found in maps), np.zeros(1))  # type: ignore[index]
            scale = 1.0 if quantity == "links" else 1.0 / (len(maps) * WEIGHT_UNIT)
            yield f"{side}_{quantity}", integers(values * scale)


def integers(values: NDArray[np.float64]) -> tuple[int, ...]:
    """Values rounded to whole numbers."""
    return tuple(np.rint(values).astype(np.int64).tolist())


def largest(data: FigureData) -> dict[str, Any]:
    """Largest size of the shown values of every map: nested lists [level][epoch] by column of maps."""
    shape = tuple(int(data.numbers(name).max()) + 1 for name in ("level_index", "epoch_index"))
    found: dict[str, Any] = {}
    for side in SIDES:
        for quantity in QUANTITIES:
            tops = np.abs(data.numbers(f"{side}_{quantity}")).max(axis=1)
            shown = tops / data.numbers("runs") if quantity == "links" else tops * WEIGHT_UNIT
            found[f"{side}_{quantity}"] = shown.round(4).reshape(shape).tolist()
    return found
