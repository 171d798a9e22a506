"""From runs to findings: what is computed, what is undefined, and what a store gives."""

from dataclasses import replace

import numpy as np
import pytest

from gossamer.analysis import Axis
from gossamer.analysis.structure import (
    MEASURES,
    RunRecord,
    StructureSettings,
    input_maps,
    maps_at,
    measure,
    pixels_of,
    read_record,
    store_structure,
    structure_findings,
)
from gossamer.analysis.structure.classes import class_accuracies, wilson
from gossamer.data import load_dataset
from gossamer.errors import AnalysisError
from gossamer.study.store import Store
from gossamer.study.store.manifest import Manifest
from gossamer.train.config import RunConfig
from gossamer.train.network_arrays import network_to_arrays
from gossamer.train.overrides import with_overrides
from gossamer.train.session import train
from gossamer.train.structure import snapshots_to_arrays
from gossamer.train.summary import summary_of

QUICK = StructureSettings(
    permutations=99, degree_draws=0, path_samples=200, distance_sources=4, null_networks=1
)
LEVELS = (0.0, 0.5, 1.0)


def config(zeta, seed):
    values = {
        "data.name": "digits",
        "data.train_samples": 300,
        "network.hidden": [20, 15],
        "method.start.epsilon": 5.0,
        "method.fraction.zeta": zeta,
        "training.epochs": 4,
        "training.snapshot_epochs": [2, 4],
        "seed": seed,
    }
    return with_overrides(RunConfig(), values)


def record_of(run, *, level=0.0, replicate=0, labels=None):
    """What a store would give of a run in memory."""
    predictions = {}
    for name, classes in run.predictions.items():
        predictions |= classes.to_arrays(name)
    return RunRecord(
        name=run.identity,
        level=level,
        replicate=replicate,
        config=run.config,
        summary=summary_of(run),
        structure=snapshots_to_arrays(run.snapshots, run.network.sizes[0]),
        history=run.history.to_arrays(),
        predictions=predictions,
        network=network_to_arrays(run.network, state=False),
        labels=labels,
    )


@pytest.fixture(scope="module")
def dataset():
    first = config(0.5, 0)
    return load_dataset(first.data, seed=first.seed_of("data"))


@pytest.fixture(scope="module")
def records(dataset):
    return [
        record_of(
            train(config(zeta, 10 * k + replicate), dataset),
            level=zeta,
            replicate=replicate,
            labels=dataset.test.labels,
        )
        for k, zeta in enumerate(LEVELS)
        for replicate in range(2)
    ]


@pytest.fixture(scope="module")
def findings(records, dataset):
    axis = Axis.of("zeta", LEVELS)
    settings = replace(QUICK, epochs=(2,))
    return structure_findings(records, pixels=pixels_of(dataset), axis=axis, settings=settings)


def test_maps_are_those_of_the_drop_and_of_the_network(records):
    record = records[2]
    assert [maps.epoch for maps in record.maps] == [0, 2, 3, 4]
    last = maps_at(record.maps)
    assert last.epoch == 3, "the last update, not the last snapshot"
    survivors, links = last["survivor", "links"].sum(), last["grown", "links"].sum()
    assert survivors == pytest.approx(0.5 * links, abs=1)
    end = maps_at(record.maps, 4)
    pattern, weights = record.patterns[0], record.network["layer0.weight"]
    assert np.array_equal(end["grown", "links"], np.diff(pattern.source_offsets))
    for quantity, of in (("sum", weights), ("abs_sum", np.abs(weights))):
        expected = np.bincount(pattern.link_sources(), of, minlength=64)
        assert np.allclose(end["grown", quantity], expected, rtol=1e-5, atol=1e-5)
    assert maps_at(record.maps, 1) is None


def test_without_updates_the_maps_are_the_last_ones():
    arrays = {"epochs": np.array([0, 5]), "updated": np.zeros(2, np.int8)}
    sides = [f"{side}_{q}" for side in ("survivor", "grown") for q in ("links", "sum", "abs_sum")]
    assert maps_at(input_maps(arrays | dict.fromkeys(sides, np.ones((2, 3))))).epoch == 5
    with pytest.raises(AnalysisError, match="grown_sum"):
        input_maps(arrays | dict.fromkeys([s for s in sides if s != "grown_sum"], np.ones((2, 3))))


def test_every_statistic_of_every_map_at_every_level(findings):
    assert len(findings.series) == 2 * 4 * 6
    for series in findings.series:
        assert [level.level for level in series.levels] == list(LEVELS)
        for level in series.levels:
            assert level.runs == 2
            if level.value is not None:
                assert level.p <= level.p_holm
                assert level.note == ""
    assert {series.epoch for series in findings.series} == {None, 2}
    assert findings.find("moran", "grown", "links", 2).statistic == "moran"
    assert findings.find("moran", "grown", "links", 7) is None


def test_too_few_survivors_are_undefined_and_not_zero(findings):
    series = findings.find("deviation", "survivor", "links")
    last = series.levels[-1]
    assert last.level == 1.0
    assert (last.value, last.p, last.p_holm, last.significant, last.defined) == (None,) * 4 + (0,)
    assert last.links == 0
    assert "too few" in last.note
    assert findings.find("deviation", "grown", "links").levels[-1].value is not None


def test_levels_have_every_measure_and_are_reproducible(findings, records, dataset):
    for level in findings.levels:
        assert set(level.measures) == set(MEASURES)
        assert len(level.runs) == 2
        assert len(level.classes) == 10
        assert {(d.layer, d.end) for d in level.degrees} >= {(0, "sources"), (0, "targets")}
    static, half, all_new = (level.measures for level in findings.levels)
    assert static["from_start"].mean == 1
    assert half["turnover"].mean == pytest.approx(0.5, abs=0.02)
    assert (all_new["turnover"].mean, all_new["from_start"].mean) == (1, 0)
    assert all_new["age"].mean == 1
    assert static["explored"].mean < half["explored"].mean < all_new["explored"].mean
    settings = replace(QUICK, epochs=(2,))
    again = structure_findings(
        records[::-1], pixels=pixels_of(dataset), axis=Axis.of("zeta", LEVELS), settings=settings
    )
    for first, second in zip(again.levels, findings.levels, strict=True):
        assert first.runs == second.runs
        assert first.measures == second.measures
        assert first.degrees == second.degrees
    for first, second in zip(again.series, findings.series, strict=True):
        for a, b in zip(first.levels, second.levels, strict=True):
            # Sums over the runs may round differently in another order, the p values are ranks.
            assert (a.p, a.note) == (b.p, b.note)


def test_explored_and_links_of_the_start_follow_from_the_moves(records):
    # Half of the links go at each of three updates; some of the start's are protected.
    assert 0.08 <= measure(records[2], QUICK)["from_start"] <= 0.5
    static = measure(records[0], QUICK)
    assert static["explored"] == pytest.approx(sum(records[0].start_links) / sum(records[0].positions))


def test_updates_are_counted_by_epoch(records):
    assert records[2].updates.tolist() == [1, 1, 1, 0]
    changed = with_overrides(records[2].config, {"method.when": {"kind": "every_steps", "every": 5}})
    record = replace(records[2], config=changed)
    steps = record.clock.steps_per_epoch
    assert record.updates.sum() == 4 * steps // 5 - (4 * steps % 5 == 0)


def test_without_data_only_the_image_is_left(records):
    found = structure_findings(records[:2], settings=QUICK)
    assert {series.statistic for series in found.series} == {"moran"}
    assert any("training data" in note for note in found.notes)
    assert all(series.contour is None for series in found.series)


def test_diverged_runs_and_foreign_data_are_told(records):
    record = records[0]
    lost = replace(record, summary={**record.summary, "state": "diverged"})
    assert structure_findings([lost, records[1]], settings=QUICK).left_out == (record.name,)
    with pytest.raises(AnalysisError, match="no finished run"):
        structure_findings([lost], settings=QUICK)
    other = {**record.summary, "data": {**record.summary["data"], "checksum": "0"}}
    foreign = replace(record, summary=other)
    with pytest.raises(AnalysisError, match="different data"):
        structure_findings([records[1], foreign], settings=QUICK)


def test_store_gives_the_same_findings_and_compact_runs_give_less(tmp_path, dataset):
    store, chosen = Store(tmp_path), []
    for replicate in range(2):
        run = train(config(0.5, replicate), dataset)
        folder = store.scratch / run.identity
        train(config(0.5, replicate), dataset, folder=folder)
        Manifest.of_folder(folder, run.identity, "finished").write(folder)
        store.runs.mkdir(parents=True, exist_ok=True)
        store.publish(run.identity)
        chosen.append((run.identity, 0.5, replicate))
    found = store_structure(store, chosen, settings=QUICK)
    in_memory = [
        record_of(train(config(0.5, replicate), dataset), level=0.5, replicate=replicate)
        for replicate in range(2)
    ]
    expected = structure_findings(in_memory, pixels=pixels_of(dataset), settings=QUICK)
    assert found == expected
    assert found.levels[0].classes == (), "no labels are stored here"
    record = read_record(store, *chosen[0])
    compact = replace(record, network=None)
    less = structure_findings([compact], settings=QUICK)
    assert less.levels[0].degrees == ()
    assert less.levels[0].measures["age"].mean is None
    assert less.levels[0].measures["explored"].mean is not None
    assert any("compact" in note for note in less.notes)


def test_pixels_are_in_source_units(dataset):
    pixels = pixels_of(dataset)
    assert 4 < pixels.mean.max() < 16, "digits have 17 grey levels"
    standard = with_overrides(config(0.5, 0), {"data.scaling": "standardise"})
    scaled = pixels_of(load_dataset(standard.data, seed=standard.seed_of("data")))
    assert np.allclose(scaled.mean, pixels.mean, atol=1e-4)
    assert np.allclose(scaled.deviation, pixels.deviation, atol=1e-4)
    assert np.allclose(scaled.information, pixels.information, atol=0.05)


def test_class_accuracy_by_hand():
    labels = np.array([0, 0, 1, 1, 1], np.uint8)
    first, second = np.array([0, 1, 1, 1, 0], np.uint8), np.array([0, 0, 1, 0, 0], np.uint8)
    found = class_accuracies((first, second), labels, ("a", "b", "c"))
    assert (found[0].value, found[0].images) == (0.75, 2)
    assert found[0].deviation == pytest.approx(np.sqrt(0.125))
    assert (found[2].value, found[2].images) == (None, 0)


def test_score_interval_of_a_textbook():
    # 10 of 20 (Agresti and Coull 1998): 0.299 to 0.701; none of 10: 0 to 0.278.
    assert wilson(0.5, 20) == pytest.approx((0.299, 0.701), abs=1e-3)
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.278), abs=1e-3)


def test_settings_refuse_what_makes_no_sense():
    for values in ({"permutations": 10}, {"alpha": 0.7}, {"least_links": 0}, {"null_networks": 0}):
        with pytest.raises(AnalysisError, match=next(iter(values))):
            StructureSettings(**values)
