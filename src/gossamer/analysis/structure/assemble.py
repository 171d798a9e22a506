"""From the runs of a study to the findings about their structure; every run is looked at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis
from gossamer.analysis.levels.sample import Reading
from gossamer.analysis.structure.chance import Stage, generator_of
from gossamer.analysis.structure.classes import class_accuracies
from gossamer.analysis.structure.correspondence import LevelTally, Series, series_of
from gossamer.analysis.structure.degrees import Degrees, End, describe_degrees
from gossamer.analysis.structure.findings import LevelStructure, Spread, StructureFindings
from gossamer.analysis.structure.maps import maps_at
from gossamer.analysis.structure.measures import MEASURES, measure
from gossamer.analysis.structure.pixels import Pixels, pixels_of
from gossamer.analysis.structure.records import RunRecord, read_record
from gossamer.analysis.structure.settings import StructureSettings
from gossamer.analysis.structure.statistics import Statistic, StatisticName, statistics_for
from gossamer.data import load_dataset
from gossamer.errors import AnalysisError, GossamerError
from gossamer.study.store import Store
from gossamer.topology import in_degrees, out_degrees


@dataclass
class _Level:
    """What is kept of the runs of one level."""

    tallies: dict[int | None, LevelTally]
    runs: dict[tuple[int, str], dict[str, float | None]] = field(default_factory=dict)
    degrees: dict[tuple[int, End], list[NDArray[np.int64]]] = field(default_factory=dict)
    predictions: list[NDArray[Any]] = field(default_factory=list)


class _Collector:
    """Takes runs in any order and keeps of each only what the findings need."""

    def __init__(
        self, first: RunRecord, pixels: Pixels | None, reading: Reading | None, settings: StructureSettings
    ) -> None:
        self._first, self._settings = first, settings
        # Without validation samples no epoch is selected.
        self._reading: Reading = reading or (
            "selected" if "test_selected" in first.predictions else "best_on_test"
        )
        self._statistics: dict[StatisticName, Statistic] = statistics_for(pixels, first.image_shape)
        self._levels: dict[float, _Level] = {}
        self._left_out: list[str] = []
        self._notes: dict[str, None] = {}
        inputs = len(first.maps[0]["grown", "links"])
        if pixels is None:
            self._note("The training data are not here, so nothing is compared with them.")
        elif len(pixels.mean) != inputs:
            raise AnalysisError(
                f"The data have {len(pixels.mean)} features, but the networks have {inputs} inputs."
            )

    def add(self, record: RunRecord) -> None:
        """Look at one run."""
        if record.summary["data"]["checksum"] != self._first.summary["data"]["checksum"]:
            raise AnalysisError("The runs were trained on different data; look at those of one data set.")
        if record.summary["state"] == "diverged":
            self._left_out.append(record.name)
            return
        level = self._levels.setdefault(record.level, self._new_level())
        level.runs[record.replicate, record.name] = measure(record, self._settings)
        for epoch, tally in level.tallies.items():
            maps = maps_at(record.maps, epoch)
            if maps is not None:
                tally.add(record.name, maps)
            else:
                self._note(f"Epoch {epoch} is not stored of every run.")
        self._add_degrees(level, record)
        self._add_predictions(level, record)

    def findings(self, axis: Axis | None) -> StructureFindings:
        """The findings from all runs so far."""
        if not self._levels:
            raise AnalysisError("There is no finished run to look at; run the study first.")
        order = sorted(self._levels, key=lambda level: float(axis.hardness(level)) if axis else level)
        levels = {level: self._levels[level] for level in order}
        return StructureFindings(
            reading=self._reading if self._first.labels is not None else None,
            settings=self._settings,
            series=tuple(self._series(levels, axis)),
            levels=tuple(self._level_structure(level, kept) for level, kept in levels.items()),
            left_out=tuple(self._left_out),
            notes=tuple(self._notes),
        )

    def _new_level(self) -> _Level:
        epochs = (None, *self._settings.epochs)
        return _Level({epoch: LevelTally(self._statistics, self._settings) for epoch in epochs})

    def _note(self, note: str) -> None:
        self._notes[note] = None

    def _add_degrees(self, level: _Level, record: RunRecord) -> None:
        if record.patterns is None:
            self._note("Runs that were imported in compact form have no network: no degrees, paths or ages.")
            return
        for layer, pattern in enumerate(record.patterns):
            if pattern.nnz < pattern.n_in * pattern.n_out:
                level.degrees.setdefault((layer, "sources"), []).append(out_degrees(pattern))
                level.degrees.setdefault((layer, "targets"), []).append(in_degrees(pattern))

    def _add_predictions(self, level: _Level, record: RunRecord) -> None:
        if record.config.data.task != "classification":
            return
        predictions = record.predictions.get(f"test_{self._reading}")
        if record.labels is None:
            self._note("The labels of the test images are not stored, so classes are not told apart.")
        elif predictions is None:
            self._note(f"Not every run has predictions of the reading {self._reading!r}.")
        else:
            level.predictions.append(predictions)

    def _series(self, levels: Mapping[float, _Level], axis: Axis | None) -> Iterator[Series]:
        for epoch in (None, *self._settings.epochs):
            tallies = [(level, kept.tallies[epoch]) for level, kept in levels.items()]
            stored = [(level, tally) for level, tally in tallies if tally.runs]
            yield from series_of(stored, self._statistics, epoch, self._settings, axis)

    def _level_structure(self, level: float, kept: _Level) -> LevelStructure:
        runs = [kept.runs[key] for key in sorted(kept.runs)]
        labels = self._first.labels
        return LevelStructure(
            level=level,
            runs=tuple(name for _, name in sorted(kept.runs)),
            measures={name: _spread([run[name] for run in runs]) for name in MEASURES},
            degrees=self._degrees(level, kept),
            classes=class_accuracies(kept.predictions, labels, self._first.class_names)
            if labels is not None and kept.predictions
            else (),
        )

    def _degrees(self, level: float, kept: _Level) -> tuple[Degrees, ...]:
        settings, layers = self._settings, self._first.summary["layers"]
        return tuple(
            describe_degrees(
                layer,
                end,
                degrees,
                layers[layer]["n_out" if end == "sources" else "n_in"],
                settings.degree_draws,
                generator_of(settings.seed, f"{level!r} {layer} {end}", Stage.GOODNESS_OF_FIT),
            )
            for (layer, end), degrees in kept.degrees.items()
        )


def structure_findings(
    records: Iterable[RunRecord],
    *,
    pixels: Pixels | None = None,
    axis: Axis | None = None,
    reading: Reading | None = None,
    settings: StructureSettings | None = None,
) -> StructureFindings:
    """Structure of the networks of a study against its level.

    Parameters
    ----------
    records : iterable of RunRecord
        Runs of one curve of the study, each looked at once; a generator keeps one at a time in memory.
    pixels : Pixels, optional
        Facts about the inputs from the training data; without them only Moran's I is computed of the maps.
    axis : Axis, optional
        Orders the levels and gives structural contours; without it levels ascend.
    reading : str, optional
        Epoch of the predictions; "selected" where there is one, else "best_on_test".
    settings : StructureSettings, optional

    Raises
    ------
    AnalysisError
        If there is no run, or the runs were trained on different data.
    """
    collector: _Collector | None = None
    for record in records:
        collector = collector or _Collector(record, pixels, reading, settings or StructureSettings())
        collector.add(record)
    if collector is None:
        raise AnalysisError("There is no finished run to look at; run the study first.")
    return collector.findings(axis)


def store_structure(
    store: Store,
    runs: Iterable[tuple[str, float, int]],
    *,
    axis: Axis | None = None,
    reading: Reading | None = None,
    settings: StructureSettings | None = None,
    data_dir: Path | None = None,
) -> StructureFindings:
    """`structure_findings` of runs in a study's store.

    Parameters
    ----------
    store : Store
        Only read.
    runs : iterable of (identity, level, replicate)
        Finished runs of one curve.
    data_dir : Path, optional
        Folder with data sets. Nothing is downloaded: data that are not here are not compared with.
    axis, reading, settings
        See `structure_findings`.
    """
    chosen = list(runs)
    pixels = _pixels_for(read_record(store, *chosen[0]), data_dir) if chosen else None
    records = (read_record(store, *run) for run in chosen)
    return structure_findings(records, pixels=pixels, axis=axis, reading=reading, settings=settings)


def _pixels_for(record: RunRecord, data_dir: Path | None) -> Pixels | None:
    """Facts about the data of a run; None where they are not here or are not the same any more."""
    seed = record.config.seed_of("data")
    try:
        dataset = load_dataset(record.config.data, data_dir=data_dir, seed=seed, download=False)
    except GossamerError:
        return None
    return pixels_of(dataset) if dataset.checksum == record.summary["data"]["checksum"] else None


def _spread(values: list[float | None]) -> Spread:
    found = np.array([value for value in values if value is not None], dtype=np.float64)
    if not found.size:
        return Spread(None, None, 0)
    return Spread(float(found.mean()), float(found.std(ddof=1)) if found.size > 1 else None, found.size)
