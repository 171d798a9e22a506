"""Statistics of a level: the average over its runs against the average of their permutations."""

import numpy as np
import pytest

from gossamer.analysis import Axis
from gossamer.analysis.structure import Pixels, StructureSettings
from gossamer.analysis.structure.correspondence import LevelTally, series_of
from gossamer.analysis.structure.maps import KEYS, InputMaps
from gossamer.analysis.structure.statistics import statistics_for

SHAPE = (6, 6)
AXIS = Axis.of("zeta", [1.0])


def maps_of(links, epoch=9):
    return InputMaps(epoch, True, dict.fromkeys(KEYS, np.asarray(links, float)))


def tally(statistics, runs, name, settings):
    found = LevelTally(statistics, settings)
    for number, links in enumerate(runs):
        found.add(f"{name} {number}", maps_of(links))
    return found


def test_p_values_of_levels_are_uniform_when_links_are_random():
    # Independent levels of two runs; one-sided Kolmogorov bound with chance 3e-5, as ties make p larger.
    random, settings = np.random.default_rng(0), StructureSettings(permutations=99)
    statistics = statistics_for(None, SHAPE)
    levels = [
        (level, tally(statistics, random.poisson(5, (2, 36)), f"{level}", settings))
        for level in np.linspace(0, 0.99, 150).tolist()
    ]
    series = series_of(levels, statistics, None, settings, AXIS)[0]
    p = np.sort([level.p for level in series.levels])
    assert np.sqrt(150) * (np.arange(1, 151) / 150 - p).max() < 2.3
    assert not any(level.significant for level in series.levels)
    assert series.contour is None, "the excess is noise"


def test_structure_that_fades_has_a_contour_and_significant_levels_before_it():
    random, settings = np.random.default_rng(1), StructureSettings(permutations=999)
    deviation = random.uniform(0, 1, 36)
    pixels = Pixels(1 - deviation, deviation, deviation**2)
    statistics = statistics_for(pixels, SHAPE)
    levels = []
    for level in (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0):
        strength = 1.0 if level <= 0.6 else 0.0
        rate = 40 * (strength * deviation + (1 - strength) * deviation.mean())
        levels.append((level, tally(statistics, random.poisson(rate, (3, 36)), f"{level}", settings)))
    found = {s.statistic: s for s in series_of(levels, statistics, None, settings, AXIS) if s.side == "grown"}
    assert 0.6 < found["deviation"].contour < 0.9
    assert [level.significant for level in found["deviation"].levels[:4]] == [True] * 4
    # Two-sided: a map that is large where the feature is small corresponds as well.
    assert found["mean"].levels[0].value == pytest.approx(-found["deviation"].levels[0].value)
    assert found["mean"].levels[0].p == found["deviation"].levels[0].p == 1 / 1000
    assert found["label_information"].levels[0].significant


def test_null_of_an_average_is_narrower_than_that_of_one_run():
    random, settings = np.random.default_rng(2), StructureSettings(permutations=999)
    statistics = statistics_for(None, SHAPE)
    runs = random.poisson(20, (9, 36))
    (one, many) = (
        series_of([(0.5, tally(statistics, some, "a", settings))], statistics, None, settings, None)[0]
        for some in (runs[:1], runs)
    )
    # Runs are permuted independently, so the standard deviation falls with the root of their number.
    assert many.levels[0].null_sd == pytest.approx(one.levels[0].null_sd / 3, rel=0.15)
    assert (many.levels[0].runs, many.levels[0].defined) == (9, 9)


def test_runs_with_too_few_links_do_not_count():
    settings = StructureSettings(permutations=99, least_links=30)
    statistics = statistics_for(None, SHAPE)
    few, enough = np.zeros(36), np.arange(36.0)
    few[:5] = 5
    both = series_of([(0, tally(statistics, [few, enough], "b", settings))], statistics, None, settings, None)
    alone = series_of([(0, tally(statistics, [enough], "b", settings))], statistics, None, settings, None)
    assert both[0].levels[0].defined == 1
    assert both[0].levels[0].runs == 2
    assert both[0].levels[0].value == alone[0].levels[0].value
    same = series_of(
        [(0, tally(statistics, [np.full(36, 2.0)], "c", settings))], statistics, None, settings, None
    )
    assert same[0].levels[0].value is None
    assert "constant" in same[0].levels[0].note
