"""Drop rules: which links go, on arrays small enough to see, and against slow definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gossamer.engine.initial import Initial
from gossamer.evolve import Draw, LayerView, Magnitude, PaperThreshold, SignSplit, smallest
from gossamer.evolve.selection import kth_smallest

DRAW = Draw(seed=1, step=2, layer=0)

# Coarse values, so that ties and zeros are common.
WEIGHTS = arrays(np.float32, st.integers(0, 40), elements=st.integers(-6, 6).map(lambda k: k / 4))
FRACTION = st.one_of(st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.floats(0, 1))


def keep(rule, weights, fraction):
    view = LayerView(0, None, {"weight": np.asarray(weights)}, Initial())
    return rule.keep(view, fraction, DRAW)


def paper_keep(v, zeta):
    """The definition with a full sort."""
    if len(v) == 0:
        return np.zeros(0, bool)
    s = np.sort(v)
    p = int(np.argmin(np.abs(s)))
    q = len(s) - int(np.argmin(np.abs(s)[::-1]))
    low = s[int((1 - zeta) * p)]
    high = s[int(min(len(s) - 1, q + zeta * (len(s) - q)))]
    return (v > high) | (v < low)


@given(WEIGHTS, FRACTION)
def test_paper_threshold_is_its_definition(weights, zeta):
    np.testing.assert_array_equal(keep(PaperThreshold(), weights, zeta), paper_keep(weights, zeta))


def test_paper_threshold_at_zero_removes_two_and_at_one_all():
    weights = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    kept = keep(PaperThreshold(), weights, 0.0)
    # The one nearest zero, and the next one above it.
    ascending = np.argsort(weights)
    nearest = int(np.argmin(np.abs(weights[ascending])))
    assert set(np.flatnonzero(~kept)) == set(ascending[nearest : nearest + 2])
    assert not keep(PaperThreshold(), weights, 1.0).any()


def test_paper_threshold_counts_per_sign():
    weights = np.random.default_rng(1).normal(size=26000).astype(np.float32)
    kept = weights[keep(PaperThreshold(), weights, 0.3)]
    s = np.sort(weights)
    p = int(np.argmin(np.abs(s)))
    assert (kept < 0).sum() == int(0.7 * p)
    assert (kept > 0).sum() == len(s) - 1 - int(p + 1 + 0.3 * (len(s) - p - 1))


@given(WEIGHTS, FRACTION)
def test_sign_split_drops_the_rounded_count_of_each_sign_nearest_zero(weights, zeta):
    kept = keep(SignSplit(), weights, zeta)
    for side in (weights < 0, weights >= 0):
        order = sorted(np.flatnonzero(side), key=lambda k: (abs(weights[k]), k))
        assert set(order[: round(zeta * len(order))]) == set(np.flatnonzero(side & ~kept))


@given(WEIGHTS, FRACTION)
def test_magnitude_drops_the_rounded_count_of_the_smallest(weights, zeta):
    kept = keep(Magnitude(), weights, zeta)
    order = sorted(range(len(weights)), key=lambda k: (abs(weights[k]), k))
    assert set(order[: round(zeta * len(order))]) == set(np.flatnonzero(~kept))


def test_sign_split_and_magnitude_differ_when_one_sign_is_larger():
    weights = [1.0, 2.0, 3.0, 4.0, -10.0, -20.0, -30.0, -40.0]
    np.testing.assert_array_equal(np.flatnonzero(~keep(SignSplit(), weights, 0.5)), [0, 1, 4, 5])
    np.testing.assert_array_equal(np.flatnonzero(~keep(Magnitude(), weights, 0.5)), [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("count", "chosen"), [(0, []), (1, [1]), (2, [1, 3]), (3, [0, 1, 3]), (5, [0, 1, 2, 3, 4])]
)
def test_smallest_takes_the_first_of_equals(count, chosen):
    scores = np.array([2.0, 1.0, 2.0, 1.0, 2.0])
    np.testing.assert_array_equal(np.flatnonzero(smallest(scores, count)), chosen)


@pytest.mark.parametrize("kind", ["normal", "coarse", "ascending", "equal", "hidden from the sample"])
def test_kth_smallest_of_a_long_array_is_that_of_the_sorted_one(kind):
    n = 10_000
    values = np.random.default_rng(2).normal(size=n).astype(np.float32)
    values = {
        "normal": values,
        "coarse": np.round(values),
        "ascending": np.sort(values),
        "equal": np.ones(n),
        "hidden from the sample": np.where(np.arange(n) % (n // 1024) == 0, 5.0, values),
    }[kind]
    ordered = np.sort(values)
    for k in (0, 1, 63, 64, 700, 3000, 5000, 9300, 9998, 9999):
        assert kth_smallest(values, k) == ordered[k]
