"""Does the structure of the input layer correspond with the data? Numbers against a permutation null.

The null hypothesis is that links (and weights) lie on the inputs as if the inputs were exchangeable, as under
growth at random. A run's maps are therefore permuted over the inputs, with permutations of its own. At each
level a statistic is averaged over the runs, and so is each permutation of it, which gives the null of that
average. The p value is (1 + permutations at least as extreme) / (1 + permutations): two-sided for
correlations, whose null is symmetric in sign, and upper-sided for Moran's I and mutual information. p values
are corrected over the levels (Holm) within each series.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis
from gossamer.analysis.contour.contour import structural_contour
from gossamer.analysis.structure.chance import permutations
from gossamer.analysis.structure.correlation import correlation, correlation_null
from gossamer.analysis.structure.holm import holm
from gossamer.analysis.structure.information import mutual_information, mutual_information_null
from gossamer.analysis.structure.maps import QUANTITIES, SIDES, InputMaps, Quantity, Side
from gossamer.analysis.structure.moran import has_grid, moran, moran_null
from gossamer.analysis.structure.pixels import Pixels
from gossamer.analysis.structure.settings import StructureSettings
from gossamer.errors import AnalysisError

Array = NDArray[np.float64]
Orders = NDArray[np.int64]
StatisticName = Literal["deviation", "mean", "moran", "label_information"]

KEYS: tuple[tuple[Side, Quantity], ...] = tuple((side, quantity) for side in SIDES for quantity in QUANTITIES)

# Permuting a map of whole numbers often gives the very value that was found, but for rounding.
_TIE = 1e-12


@dataclass(frozen=True)
class Statistic:
    """One way to compare maps with the data.

    Attributes
    ----------
    label : str, what it is, for people
    two_sided : bool
    of : callable from maps [m, d] to float64 [m], NaN where it is not defined
    null : callable from maps [m, d] and orders [P, d] to float64 [m, P]
    """

    label: str
    two_sided: bool
    of: Callable[[Array], Array]
    null: Callable[[Array, Orders], Array]


@dataclass(frozen=True)
class LevelStatistic:
    """A statistic at one level.

    Attributes
    ----------
    level : float
    epoch : int
        Epoch that the maps are of.
    value : float or None
        Mean over the runs for which it is defined; None if there is none.
    null_mean, null_sd : float or None
        Of the same mean under permutation.
    excess : float or None
        `value` minus `null_mean`.
    p, p_holm : float or None
        Before and after correction over the levels.
    significant : bool or None
        Whether `p_holm` is at most alpha.
    links : float
        Mean links of the map, over all runs of the level.
    runs, defined : int
        Runs, and runs for which the statistic is defined.
    note : str
        Why it is not defined, where it is not.
    """

    level: float
    epoch: int
    value: float | None
    null_mean: float | None
    null_sd: float | None
    excess: float | None
    p: float | None
    p_holm: float | None
    significant: bool | None
    links: float
    runs: int
    defined: int
    note: str = ""


@dataclass(frozen=True)
class Series:
    """A statistic against the level.

    Attributes
    ----------
    statistic : str
        "deviation" and "mean": correlation with the pixels' standard deviation and mean over the training
        samples; "moran": Moran's I; "label_information": mutual information with what the pixels tell about
        the label.
    label : str
    side, quantity : str
        Which map; see `maps.InputMaps`.
    epoch : int or None
        None for the last stored update of each run.
    levels : tuple of LevelStatistic
        Easiest first.
    contour : float or None
        Level at which the excess falls below half of its plateau for good; see `contour.structural_contour`.
        None also where no level is significant: the excess is noise then.
    """

    statistic: StatisticName
    label: str
    side: Side
    quantity: Quantity
    epoch: int | None
    levels: tuple[LevelStatistic, ...]
    contour: float | None


def statistics_for(pixels: Pixels | None, shape: tuple[int, ...] | None) -> dict[StatisticName, Statistic]:
    """Statistics that can be computed: Moran's I needs an image, the others need the training data."""
    found: dict[StatisticName, Statistic] = {}
    if pixels is not None:
        features: dict[StatisticName, tuple[str, Array]] = {
            "deviation": ("correlation with the standard deviation of the input", pixels.deviation),
            "mean": ("correlation with the mean of the input", pixels.mean),
        }
        for name, (label, feature) in features.items():
            found[name] = _correlation_with(label, feature)
    if shape is not None and has_grid(shape):
        found["moran"] = Statistic(
            "Moran's I over the image",
            False,
            lambda maps: moran(maps, shape),
            lambda maps, orders: moran_null(maps, shape, orders),
        )
    if pixels is not None:
        information = pixels.information
        found["label_information"] = Statistic(
            "mutual information with the label information of the input (bits)",
            False,
            lambda maps: mutual_information(maps, information),
            lambda maps, orders: mutual_information_null(maps, information, orders),
        )
    return found


def _correlation_with(label: str, feature: Array) -> Statistic:
    return Statistic(
        label,
        True,
        lambda maps: correlation(maps, feature),
        lambda maps, orders: correlation_null(maps, feature, orders),
    )


class LevelTally:
    """Sums over the runs of one level: statistics of their maps, and the permutations of these.

    Parameters
    ----------
    statistics : mapping
    settings : StructureSettings
    """

    def __init__(self, statistics: dict[StatisticName, Statistic], settings: StructureSettings) -> None:
        self._statistics, self._settings = statistics, settings
        shape = (len(statistics), len(KEYS))
        self.value, self.defined = np.zeros(shape), np.zeros(shape, np.int64)
        self.null = np.zeros((*shape, settings.permutations))
        self.links, self.runs, self.epoch = np.zeros(len(KEYS)), 0, 0

    def add(self, name: str, maps: InputMaps) -> None:
        """Count the maps of the run called `name`."""
        settings = self._settings
        values = np.stack([maps[key] for key in KEYS])
        links = np.array([maps.link_count(side) for side, _ in KEYS])
        self.links += links
        self.runs, self.epoch = self.runs + 1, maps.epoch
        found = np.array([s.of(values) for s in self._statistics.values()]).reshape(self.value.shape)
        use = np.isfinite(found) & (links >= settings.least_links)
        self.value[use] += found[use]
        self.defined += use
        first = 0
        for orders in permutations(settings.seed, name, settings.permutations, values.shape[1]):
            block = slice(first, first + len(orders))
            for row, statistic in enumerate(self._statistics.values()):
                if use[row].any():
                    self.null[row, use[row], block] += statistic.null(values[use[row]], orders)
            first += len(orders)


def series_of(
    tallies: Sequence[tuple[float, LevelTally]],
    statistics: dict[StatisticName, Statistic],
    epoch: int | None,
    settings: StructureSettings,
    axis: Axis | None,
) -> list[Series]:
    """Every statistic of every map against the level.

    Parameters
    ----------
    tallies : sequence of (level, LevelTally), easiest first
    statistics : mapping
    epoch : int or None
    settings : StructureSettings
    axis : Axis or None
        Without it there are no contours.
    """
    found = []
    for row, (name, statistic) in enumerate(statistics.items()):
        for column, (side, quantity) in enumerate(KEYS):
            levels = [_level(level, tally, row, column, statistic, settings) for level, tally in tallies]
            corrected = _corrected(levels, settings.alpha)
            found.append(
                Series(name, statistic.label, side, quantity, epoch, corrected, _contour(corrected, axis))
            )
    return found


def _level(
    level: float, tally: LevelTally, row: int, column: int, statistic: Statistic, settings: StructureSettings
) -> LevelStatistic:
    links, count = float(tally.links[column]) / tally.runs, int(tally.defined[row, column])
    if not count:
        few = links < settings.least_links
        note = f"{links:g} links are too few" if few else "the map, or what it is compared with, is constant"
        return LevelStatistic(level, tally.epoch, *(None,) * 7, links, tally.runs, 0, note)
    value, null = float(tally.value[row, column]) / count, tally.null[row, column] / count
    reached = np.abs(null) >= abs(value) - _TIE if statistic.two_sided else null >= value - _TIE
    mean = float(null.mean())
    return LevelStatistic(
        level=level,
        epoch=tally.epoch,
        value=value,
        null_mean=mean,
        null_sd=float(null.std(ddof=1)),
        excess=value - mean,
        p=(1 + int(np.count_nonzero(reached))) / (1 + null.size),
        p_holm=None,
        significant=None,
        links=links,
        runs=tally.runs,
        defined=count,
    )


def _corrected(levels: Sequence[LevelStatistic], alpha: float) -> tuple[LevelStatistic, ...]:
    adjusted = holm([level.p for level in levels])
    return tuple(
        replace(level, p_holm=p, significant=None if p is None else p <= alpha)
        for level, p in zip(levels, adjusted, strict=True)
    )


def _contour(levels: Sequence[LevelStatistic], axis: Axis | None) -> float | None:
    if axis is None or not any(level.significant for level in levels):
        return None
    x = axis.hardness(np.array([level.level for level in levels]))
    excess = np.array([np.nan if level.excess is None else level.excess for level in levels])
    weights = np.array([max(level.defined, 1) for level in levels], np.float64)
    try:
        found = structural_contour(x, excess, weights)
    except AnalysisError:
        return None
    return None if found is None else float(axis.level(found))
