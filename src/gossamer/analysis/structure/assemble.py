"""From the runs of a study to the findings about their structure; every run is looked at once."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis
from gossamer.analysis.levels.sample import Reading, Sample
from gossamer.analysis.structure.chance import Stage, generator_of
from gossamer.analysis.structure.classes import class_accuracies, class_recalls
from gossamer.analysis.structure.correspondence import LevelTally, Statistic, series_of, statistics_for
from gossamer.analysis.structure.correspondence import StatisticName as Name
from gossamer.analysis.structure.degrees import Degrees, End, describe_degrees
from gossamer.analysis.structure.findings import LevelStructure, Spread, StructureFindings
from gossamer.analysis.structure.maps import maps_at
from gossamer.analysis.structure.measures import MEASURES, RunStructure, measure
from gossamer.analysis.structure.pixels import Pixels, pixels_of
from gossamer.analysis.structure.records import RunRecord, read_record
from gossamer.analysis.structure.settings import StructureSettings
from gossamer.data import load_dataset
from gossamer.errors import AnalysisError, GossamerError
from gossamer.study.store import Store
from gossamer.topology import in_degrees, out_degrees

_Ends = dict[tuple[int, End], list[NDArray[np.int64]]]


@dataclass
class _Level:
    """What is kept of the runs of one level."""

    tallies: dict[int | None, LevelTally]
    runs: list[RunStructure] = field(default_factory=list)
    degrees: _Ends = field(default_factory=dict)
    recalls: list[NDArray[np.float64]] = field(default_factory=list)
    labels: NDArray[Any] | None = None


class _Collector:
    """Takes runs in any order and keeps of each only what the findings need."""

    def __init__(self, pixels: Pixels | None, reading: Reading | None, settings: StructureSettings) -> None:
        self._pixels, self._reading, self._settings = pixels, reading, settings
        self._levels: dict[float, _Level] = {}
        self._statistics: dict[Name, Statistic] | None = None
        self._data: tuple[str, int, tuple[int, ...] | None, tuple[str, ...]] | None = None
        self._left_out: list[str] = []
        self._notes: dict[str, None] = {}

    def add(self, record: RunRecord) -> None:
        """Look at one run."""
        if record.summary["state"] == "diverged":
            self._left_out.append(record.name)
            return
        level = self._level(record)
        level.runs.append(measure(record, self._settings))
        for epoch, tally in level.tallies.items():
            maps = maps_at(record.maps, epoch)
            if maps is not None:
                tally.add(record.name, maps)
            else:
                self._note(f"Epoch {epoch} is not stored of every run.")
        self._add_degrees(level, record)
        self._add_recalls(level, record)

    def findings(self, axis: Axis | None) -> StructureFindings:
        """The findings from all runs so far."""
        if self._data is None:
            raise AnalysisError("There is no finished run to look at; run the study first.")
        order = sorted(self._levels, key=lambda level: float(axis.hardness(level)) if axis else level)
        levels = {level: self._levels[level] for level in order}
        runs = [run for level in levels.values() for run in sorted(level.runs, key=lambda r: r.replicate)]
        return StructureFindings(
            axis=axis.name if axis else None,
            reading=self._reading,
            settings=dataclasses.asdict(self._settings),
            image_shape=self._data[2],
            series=tuple(self._series(levels, axis)),
            levels=tuple(self._level_structure(level, kept) for level, kept in levels.items()),
            runs=tuple(runs),
            labels={name: label for name, (label, _) in MEASURES.items()},
            left_out=tuple(self._left_out),
            notes=tuple(self._notes),
        )

    def _level(self, record: RunRecord) -> _Level:
        data = record.summary["data"]
        facts = (
            data["checksum"],
            len(record.maps[0]["grown", "links"]),
            record.image_shape,
            record.class_names,
        )
        if self._data is None or self._statistics is None:
            self._data, self._statistics = facts, statistics_for(self._pixels, record.image_shape)
            self._check_pixels(facts[1])
        if self._data[0] != facts[0]:
            raise AnalysisError("The runs were trained on different data; look at those of one data set.")
        if record.level not in self._levels:
            epochs = (None, *self._settings.epochs)
            tallies = {epoch: LevelTally(self._statistics, self._settings) for epoch in epochs}
            self._levels[record.level] = _Level(tallies)
        return self._levels[record.level]

    def _check_pixels(self, inputs: int) -> None:
        if self._pixels is None:
            self._note("The training data are not here, so nothing is compared with them.")
        elif len(self._pixels.mean) != inputs:
            raise AnalysisError(
                f"The data have {len(self._pixels.mean)} features, but the networks have {inputs} inputs."
            )

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

    def _add_recalls(self, level: _Level, record: RunRecord) -> None:
        if record.labels is None:
            self._note("The labels of the test images are not stored, so classes are not told apart.")
            return
        if self._reading is None:
            has_selected = "test_selected" in record.predictions
            self._reading = "selected" if has_selected else "best_on_test"
        predictions = record.predictions.get(f"test_{self._reading}")
        if predictions is None:
            self._note(f"Not every run has predictions of the reading {self._reading!r}.")
            return
        level.labels = record.labels
        level.recalls.append(class_recalls(predictions, record.labels, len(record.class_names)))

    def _series(self, levels: Mapping[float, _Level], axis: Axis | None) -> Iterator[Any]:
        for epoch in (None, *self._settings.epochs):
            tallies = [(level, kept.tallies[epoch]) for level, kept in levels.items()]
            stored = [(level, tally) for level, tally in tallies if tally.runs]
            yield from series_of(stored, self._statistics or {}, epoch, self._settings, axis)

    def _level_structure(self, level: float, kept: _Level) -> LevelStructure:
        classes = self._data[3] if self._data else ()
        return LevelStructure(
            level=level,
            runs=tuple(run.name for run in kept.runs),
            measures={name: _spread([of(run) for run in kept.runs]) for name, (_, of) in MEASURES.items()},
            degrees=self._degrees(level, kept),
            classes=() if kept.labels is None else class_accuracies(kept.recalls, kept.labels, classes),
        )

    def _degrees(self, level: float, kept: _Level) -> tuple[Degrees, ...]:
        settings = self._settings
        return tuple(
            describe_degrees(
                layer,
                end,
                degrees,
                kept.runs[0].sizes[layer + (end == "sources")],
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
    progress: Callable[[int], None] | None = None,
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
    progress : callable, optional
        Called with the number of runs looked at.

    Raises
    ------
    AnalysisError
        If there is no run, or the runs were trained on different data.
    """
    collector = _Collector(pixels, reading, settings or StructureSettings())
    for count, record in enumerate(records, 1):
        collector.add(record)
        if progress is not None:
            progress(count)
    return collector.findings(axis)


def store_structure(
    store: Store,
    runs: Iterable[tuple[str, float, int]],
    *,
    axis: Axis | None = None,
    reading: Reading | None = None,
    settings: StructureSettings | None = None,
    data_dir: Path | None = None,
    progress: Callable[[int], None] | None = None,
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
    axis, reading, settings, progress
        See `structure_findings`.
    """
    chosen = list(runs)
    pixels = _pixels_for(read_record(store, *chosen[0]), data_dir) if chosen else None
    records = (read_record(store, *run) for run in chosen)
    return structure_findings(
        records, pixels=pixels, axis=axis, reading=reading, settings=settings, progress=progress
    )


def sample_structure(
    store: Store,
    sample: Sample,
    *,
    settings: StructureSettings | None = None,
    data_dir: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> StructureFindings:
    """`store_structure` of the runs of a sample, along its axis and with its reading of accuracy.

    Parameters
    ----------
    store : Store
        The store that the sample was read from.
    sample : Sample
    settings, data_dir, progress
        See `store_structure`.
    """
    rows = np.flatnonzero(sample.present).tolist()
    runs = [(sample.runs[k], float(sample.level[k]), int(sample.replicate[k])) for k in rows]
    return store_structure(
        store,
        runs,
        axis=sample.axis,
        reading=sample.reading,
        settings=settings,
        data_dir=data_dir,
        progress=progress,
    )


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
