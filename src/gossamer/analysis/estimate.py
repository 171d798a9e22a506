"""A number with its interval, and a number that could not be had with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis

GIVEN_TEST_SET = "bootstrap"
WITH_TEST_IMAGES = "bootstrap with test images"


@dataclass(frozen=True)
class Interval:
    """Two ends of an interval; None is an end that the runs leave open.

    Parameters
    ----------
    low, high : float or None
        Ends in the unit of the estimate, low < high. On an axis None means beyond the studied levels.
    confidence : float in (0, 1)
    method : str
        How it was computed: "t", `GIVEN_TEST_SET` or `WITH_TEST_IMAGES`.
    """

    low: float | None
    high: float | None
    confidence: float
    method: str

    def contains(self, value: float) -> bool:
        """Whether `value` lies inside, ends included."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def surrounds(self, value: float) -> bool:
        """Whether `value` lies inside, ends excluded."""
        return (self.low is None or value > self.low) and (self.high is None or value < self.high)

    @property
    def width(self) -> float:
        """High minus low; infinite if an end is open."""
        return np.inf if self.low is None or self.high is None else self.high - self.low


@dataclass(frozen=True)
class Estimate:
    """A value, its intervals, and what to know about it.

    Parameters
    ----------
    value : float or None
        None where the runs do not determine it; `note` then says why.
    given_test_set : Interval or None
        Uncertainty from seeds alone: what other seeds would give on the same test images.
    with_test_images : Interval or None
        Uncertainty from seeds and from the choice of test images; needs stored predictions.
    note : str
        Empty, or one sentence.
    """

    value: float | None
    given_test_set: Interval | None = None
    with_test_images: Interval | None = None
    note: str = ""

    @property
    def widest(self) -> Interval | None:
        """The interval that covers most sources of error among those computed."""
        return self.with_test_images or self.given_test_set


def percentile_interval(draws: NDArray[np.float64], confidence: float, method: str) -> Interval:
    """Equal-tailed percentile interval of draws, shape [n]; infinite draws make an open end.

    The quantiles are order statistics (no interpolation), so that an infinite draw never meets a finite one.
    """
    tail = (1.0 - confidence) / 2.0
    ends = np.quantile(draws, [tail, 1.0 - tail], method="inverted_cdf").tolist()
    low, high = (end if np.isfinite(end) else None for end in ends)
    return Interval(low, high, confidence, method)


def estimate_of(
    value: float,
    draws: Mapping[str, NDArray[np.float64]],
    confidence: float,
    within: tuple[float, float] = (-np.inf, np.inf),
    note: str = "",
) -> Estimate:
    """Estimate with percentile intervals, each of which holds the value.

    Parameters
    ----------
    value : float
        Infinite where the runs do not determine it.
    draws : mapping of method to float64 [n]
        May have `GIVEN_TEST_SET` and `WITH_TEST_IMAGES`. Infinite draws lie beyond the domain.
    confidence : float
        See `percentile_interval`.
    within : two floats
        The domain, such as the studied levels: an interval that lies beyond one of its ends starts there.
    note : str
        One sentence, or nothing.
    """
    made = {
        method: _holding(value, d, percentile_interval(d, confidence, method), within)
        for method, d in draws.items()
    }
    # Ends that coincide are no interval: all draws lie at a bound.
    apart = {name: interval for name, interval in made.items() if interval.width > 0}
    if len(apart) < len(made) and not note:
        note = "All draws agree, as at a bound, so there is no interval."
    return Estimate(
        float(value) if np.isfinite(value) else None,
        apart.get(GIVEN_TEST_SET),
        apart.get(WITH_TEST_IMAGES),
        note,
    )


def _holding(
    value: float, draws: NDArray[np.float64], interval: Interval, within: tuple[float, float]
) -> Interval:
    """The interval, at least so wide that it holds its value."""
    low, high = interval.low, interval.high
    if low is None and draws.min() > -np.inf:
        low = within[1]  # nearly all draws lie beyond the hard end
    if high is None and draws.max() < np.inf:
        high = within[0]
    if np.isfinite(value):
        low = None if low is None else min(low, value)
        high = None if high is None else max(high, value)
    return Interval(low, high, interval.confidence, interval.method)


def on_axis(estimate: Estimate, axis: Axis) -> Estimate:
    """The estimate of a hardness, in units of the axis; ends swap where smaller levels are harder."""

    def level(hardness: float | None) -> float | None:
        # 12 digits: a level and back must be the same level.
        return None if hardness is None else float(f"{float(axis.level(hardness)):.12g}")

    def turned(interval: Interval | None) -> Interval | None:
        if interval is None:
            return None
        ends = level(interval.low), level(interval.high)
        low, high = ends if axis.harder == "larger" else ends[::-1]
        return Interval(low, high, interval.confidence, interval.method)

    given, images = turned(estimate.given_test_set), turned(estimate.with_test_images)
    return Estimate(level(estimate.value), given, images, estimate.note)
