"""Groups of runs: laws of intervals and tests, on numbers whose truth is known."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from gossamer.analysis.groups import compare_groups, has_numeric_axis
from gossamer.errors import AnalysisError
from gossamer.train.score import ACCURACY


class Rows:
    """A study's table of one axis, as far as groups are read from it."""

    def __init__(self, values, seeds, states=None):
        names = list(values)
        self.score = ACCURACY
        self._scores = np.concatenate([np.asarray(values[name], float) for name in names])
        levels = np.repeat(names, [len(values[name]) for name in names])
        seed = np.concatenate([np.asarray(seeds[name]) for name in names])
        state = np.array(states or ["finished"] * len(levels))
        identity = np.array([f"run-{k}" for k in range(len(levels))])
        self._columns = {"method": levels.astype(object), "seed": seed, "state": state, "identity": identity}
        self.n_runs = len(levels)

    def __contains__(self, name):
        return name in self._columns

    def __getitem__(self, name):
        return self._columns[name]

    def reading(self, name):
        return self._scores


def study_of(seeds="common"):
    config = SimpleNamespace(name="s", analysis={}, seeds=seeds)
    return SimpleNamespace(config=config, axes=lambda: ["method"])


def compare(values, seeds="common"):
    own = {name: np.arange(len(v)) for name, v in values.items()}
    return compare_groups(study_of(seeds), Rows(values, own), "last")


def test_paired_differences_take_out_what_a_seed_does():
    """Seeds differ by ten times what the methods do: unpaired nothing is shown, paired it is."""
    rng = np.random.default_rng(0)
    of_seed = rng.normal(0.8, 0.05, 8)
    values = {"a": of_seed + 0.01 + rng.normal(0, 0.002, 8), "b": of_seed + rng.normal(0, 0.002, 8)}
    paired, apart = compare(values).differences[0], compare(values, "independent").differences[0]
    assert paired.paired
    assert paired.shown
    assert not apart.paired
    assert not apart.shown
    assert paired.mean == pytest.approx(apart.mean)
    expected = stats.ttest_rel(values["a"], values["b"])
    assert paired.p == pytest.approx(expected.pvalue)
    assert (paired.low, paired.high) == pytest.approx(tuple(expected.confidence_interval()))
    welch = stats.ttest_ind(values["a"], values["b"], equal_var=False)
    assert (apart.p, apart.low) == pytest.approx((welch.pvalue, welch.confidence_interval().low))


def test_intervals_hold_the_truth_and_corrected_tests_rarely_err():
    """400 studies of four equal groups: 95 % of the intervals hold 0, 5 % at most show any difference."""
    rng = np.random.default_rng(1)
    held, erred = [], 0
    for _ in range(400):
        of_seed = rng.normal(0.8, 0.03, 5)
        found = compare({name: of_seed + rng.normal(0, 0.01, 5) for name in "abcd"})
        held += [d.low <= 0 <= d.high for d in found.differences]
        erred += any(d.shown for d in found.differences)
    assert 0.93 < np.mean(held) < 0.97
    assert erred / 400 < 0.075


def test_holm_as_by_hand():
    rng = np.random.default_rng(2)
    found = compare(
        {"a": rng.normal(0.9, 0.01, 6), "b": rng.normal(0.88, 0.01, 6), "c": rng.normal(0.8, 0.01, 6)}
    )
    p = sorted(d.p for d in found.differences)
    expected = [min(1, 3 * p[0]), min(1, max(3 * p[0], 2 * p[1])), min(1, max(3 * p[0], 2 * p[1], p[2]))]
    assert sorted(d.p_holm for d in found.differences) == pytest.approx(expected)


def test_groups_stand_by_their_means_whatever_the_order_of_rows():
    values = {"a": [0.5, 0.6], "b": [0.9, 0.8], "c": [0.7, 0.7]}
    one = compare(values)
    other = compare(dict(reversed(values.items())))
    assert [g.label for g in one.groups] == [g.label for g in other.groups] == ["b", "c", "a"]
    assert one.sentence == other.sentence
    assert one.sentence.startswith("b has the best mean test accuracy (last epoch), 0.8500")


def test_one_run_a_group_and_missing_runs_are_said():
    found = compare_groups(
        study_of(), Rows({"a": [0.9, np.nan], "b": [0.8, 0.7]}, {"a": [0, 1], "b": [0, 1]}), "last"
    )
    assert found.groups[0].low is None
    assert found.differences[0].p is None
    assert "no interval: too few runs" in found.sentence
    assert any("a: 1 of 2 runs have a score" in note for note in found.notes)
    with pytest.raises(AnalysisError, match="no runs yet"):
        compare_groups(study_of(), SimpleNamespace(n_runs=0), None)


def test_words_are_no_numeric_axis():
    assert not has_numeric_axis(study_of(), Rows({"a": [1.0], "b": [2.0]}, {"a": [0], "b": [0]}))


def test_differences_that_are_all_alike_prove_nothing():
    found = compare({"a": [0.9, 0.8, 0.7], "b": [0.89, 0.79, 0.69]}).differences[0]
    assert (found.low, found.p, found.shown) == (None, None, False)
