"""Does the structure of the input layer correspond with the data? Numbers against a permutation null.

The null hypothesis is that links (and weights) lie on the inputs as if the inputs were exchangeable, as under
growth at random. A run's maps are therefore permuted over the inputs, with permutations of its own. At each
level a statistic is averaged over the runs, and so is each permutation of it, which gives the null of that
average. The p value is (1 + permutations at least as extreme) / (1 + permutations): two-sided for
correlations, whose null is symmetric in sign, and upper-sided for Moran's I and mutual information. p values
are corrected over the levels (Holm) within each series. A large one shows nothing: it is no evidence that
there is no correspondence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.axis import Axis
from gossamer.analysis.contour.contour import structural_contour
from gossamer.analysis.structure.chance import Stage, generator_of
from gossamer.analysis.structure.maps import KEYS, InputMaps, Quantity, Side
from gossamer.analysis.structure.settings import StructureSettings
from gossamer.analysis.structure.statistics import Rows, Statistic, StatisticName, permutations
from gossamer.errors import AnalysisError

# Permuting a map of whole numbers often gives the very value that was found, but for rounding.
_TIE = 1e-12


@dataclass(frozen=True)
class LevelStatistic:
    """A statistic at one level.

    Attributes
    ----------
    level : float
    value : float or None
        Mean over the runs for which it is defined; None if there is none.
    null_mean, null_sd : float or None
        Of the same mean under permutation.
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
    value: float | None
    null_mean: float | None
    null_sd: float | None
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
    side, quantity : str
        Which map; see `maps.InputMaps`.
    epoch : int or None
        None for the last stored update of each run.
    levels : tuple of LevelStatistic
        Easiest first.
    contour : float or None
        Level at which the excess over the null falls below half of its plateau for good; see
        `contour.structural_contour`. None also where no level is significant: the excess is noise then.
    """

    statistic: StatisticName
    side: Side
    quantity: Quantity
    epoch: int | None
    levels: tuple[LevelStatistic, ...]
    contour: float | None


class LevelTally:
    """Sums over the runs of one level: statistics of their maps, and the permutations of these.

    Parameters
    ----------
    statistics : mapping
    settings : StructureSettings
    """

    def __init__(self, statistics: Mapping[StatisticName, Statistic], settings: StructureSettings) -> None:
        self._statistics, self._settings = statistics, settings
        shape = (len(statistics), len(KEYS))
        self.value, self.defined = np.zeros(shape), np.zeros(shape, np.int64)
        self.null = np.zeros((*shape, settings.permutations))
        self.links, self.runs = np.zeros(len(KEYS)), 0

    def add(self, name: str, maps: InputMaps) -> None:
        """Count the maps of the run called `name`."""
        values = np.stack([maps[key] for key in KEYS])
        links = np.array([maps[side, "links"].sum() for side, _ in KEYS])
        self.links += links
        self.runs += 1
        # Statistics of the same rows share them, and so their permutations.
        rows = {make: make(values) for make in {s.rows: None for s in self._statistics.values()}}
        found = np.array([s.of(rows[s.rows]) for s in self._statistics.values()]).reshape(self.value.shape)
        use = np.isfinite(found) & (links >= self._settings.least_links)
        self.value[use] += found[use]
        self.defined += use
        for make, made in rows.items():
            sharing = [k for k, s in enumerate(self._statistics.values()) if s.rows is make]
            self._permute(name, made, sharing, use)

    def _permute(self, name: str, rows: Rows, sharing: Sequence[int], use: NDArray[np.bool_]) -> None:
        settings, statistics = self._settings, list(self._statistics.values())
        random, first = generator_of(settings.seed, name, Stage.PERMUTATION), 0
        for orders in permutations(random, settings.permutations, rows.shape[1]):
            block = slice(first, first + len(orders))
            for of_pairs in {statistics[k].of_pairs for k in sharing}:
                order = orders if of_pairs else np.argsort(orders, axis=1)
                alike = [k for k in sharing if statistics[k].of_pairs == of_pairs]
                for column in np.flatnonzero(use[alike].any(axis=0)).tolist():
                    permuted = rows[column][order]
                    for k in alike:
                        if use[k, column]:
                            self.null[k, column, block] += statistics[k].of(permuted)
            first += len(orders)


def series_of(
    tallies: Sequence[tuple[float, LevelTally]],
    statistics: Mapping[StatisticName, Statistic],
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
            levels = [
                _level(level, tally, (row, column), statistic.two_sided, settings) for level, tally in tallies
            ]
            adjusted = holm([level.p for level in levels])
            corrected = tuple(
                replace(level, p_holm=p, significant=None if p is None else p <= settings.alpha)
                for level, p in zip(levels, adjusted, strict=True)
            )
            found.append(Series(name, side, quantity, epoch, corrected, _contour(corrected, axis)))
    return found


def _level(
    level: float, tally: LevelTally, place: tuple[int, int], two_sided: bool, settings: StructureSettings
) -> LevelStatistic:
    links, count = float(tally.links[place[1]]) / tally.runs, int(tally.defined[place])
    if not count:
        few = links < settings.least_links
        note = f"{links:g} links are too few" if few else "the map, or what it is compared with, is constant"
        return LevelStatistic(level, *(None,) * 6, links, tally.runs, 0, note)
    value, null = float(tally.value[place]) / count, tally.null[place] / count
    reached = np.abs(null) >= abs(value) - _TIE if two_sided else null >= value - _TIE
    return LevelStatistic(
        level=level,
        value=value,
        null_mean=float(null.mean()),
        null_sd=float(null.std(ddof=1)),
        p=(1 + int(np.count_nonzero(reached))) / (1 + null.size),
        p_holm=None,
        significant=None,
        links=links,
        runs=tally.runs,
        defined=count,
    )


def _contour(levels: Sequence[LevelStatistic], axis: Axis | None) -> float | None:
    if axis is None or not any(level.significant for level in levels):
        return None
    excess = [
        np.nan if level.value is None or level.null_mean is None else level.value - level.null_mean
        for level in levels
    ]
    weights = np.array([max(level.defined, 1) for level in levels], np.float64)
    try:
        found = structural_contour(
            axis.hardness([level.level for level in levels]), np.array(excess), weights
        )
    except AnalysisError:
        return None
    return None if found is None else float(axis.level(found))


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Adjusted p values, in the order given; a test that could not be made (None) is none of the family.

    Rejecting where the adjusted value is at most alpha keeps the chance of any false rejection in the family
    at most alpha, however the tests depend on each other (Holm 1979, *A simple sequentially rejective
    multiple test procedure*). SciPy has false discovery rates only.
    """
    made = [k for k, p in enumerate(p_values) if p is not None]
    p = np.array([p_values[k] for k in made], dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)) if len(p) else p
    adjusted: list[float | None] = [None] * len(p_values)
    for place, value in zip(order.tolist(), steps.tolist(), strict=True):
        adjusted[made[place]] = min(1.0, value)
    return tuple(adjusted)
