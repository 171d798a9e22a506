"""Which variable carries the fall? One exponential law over several series of runs, once for each variable.

Series (such as one value of epsilon each) have a plateau of their own; the fall is common to all. A variable
that really carries it, such as persisting links, brings all series to one curve; another one cannot.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.levels.noise import prior_variance
from gossamer.errors import AnalysisError
from gossamer.train.score import ACCURACY, Score

Array = NDArray[np.float64]

_SCALES = 201
_ROUNDS = 4
_SMALLEST = 1e-12


@dataclass(frozen=True)
class Carrier:
    """One variable as the carrier of the fall: accuracy = plateau of the series - a exp(-variable / s).

    Parameters
    ----------
    variable : str
    s : float
        Scale, in the unit of the variable.
    a : float
        Fall where the variable is 0.
    plateaus : mapping of float
        By series.
    chi2 : float
        Weighted sum of squared residuals of the cells; about `freedom` where the law holds.
    freedom : int
    qaicc, weight : float or None
        Criterion and Akaike weight as for laws; None with too few cells.
    left_out : float
        Leave-one-cell-out error, in accuracy.
    runs : tuple of str
    """

    variable: str
    s: float
    a: float
    plateaus: Mapping[str, float]
    chi2: float
    freedom: int
    qaicc: float | None
    weight: float | None
    left_out: float
    runs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Cells:
    """Means over replicates, and the series of each (index `of`)."""

    series: tuple[str, ...]
    of: NDArray[np.intp]
    variables: dict[str, Array]
    mean: Array
    weight: Array


def compare_carriers(
    runs: tuple[str, ...],
    series: tuple[str, ...],
    cell: tuple[str, ...],
    variables: Mapping[str, Array],
    accuracy: Array,
    score: Score = ACCURACY,
) -> tuple[Carrier, ...]:
    """Fit the fall to each variable in turn and compare; best criterion first.

    Parameters
    ----------
    runs : tuple of str, length n
        Names of the runs.
    series : tuple of str, length n
        Series of each run; each has its own plateau.
    cell : tuple of str, length n
        Runs with the same cell are replicates; a cell lies in one series. Variables are averaged over a cell.
    variables : mapping of name to float64 [n]
        Candidates, each larger where training is easier (1 - zeta, persisting links, ...) and at least 0.
    accuracy : float64 [n]
        NaN for a missing run; better when higher.
    score : Score
        What `accuracy` holds.

    Returns
    -------
    tuple of Carrier
        Smallest QAICc first (smallest left-out error where that is undefined).

    Raises
    ------
    AnalysisError
        If a variable is negative, no cell has two runs, or there are no more cells than parameters.
    """
    present = np.flatnonzero(~np.isnan(accuracy))
    for name, values in variables.items():
        if not (values[present] >= 0).all():
            raise AnalysisError(
                f"The variable '{name}' has a value below 0 or none; give what remains, from 0 up."
            )
    cells = _cells(
        [series[k] for k in present],
        [cell[k] for k in present],
        {name: values[present] for name, values in variables.items()},
        accuracy[present],
    )
    K = len(cells.series) + 2
    freedom = cells.mean.size - K
    if freedom < 1:
        raise AnalysisError(
            f"Comparing variables needs more than {K} cells, but there are {cells.mean.size}."
        )
    found = {name: _fit(cells, name, cells.weight, score) for name in variables}
    dispersion = max(1.0, min(chi2 for _, _, chi2 in found.values()) / freedom)
    criteria = {
        name: _qaicc(chi2 / dispersion, cells.mean.size, K + 1) for name, (_, _, chi2) in found.items()
    }
    names = tuple(runs[k] for k in present)
    carriers = [
        Carrier(
            name,
            s,
            float(-linear[-1]),
            dict(zip(cells.series, linear[:-1].tolist(), strict=True)),
            chi2,
            freedom,
            criteria[name],
            _weight(criteria, name),
            _left_out(cells, name, score),
            names,
        )
        for name, (s, linear, chi2) in found.items()
    ]
    return tuple(sorted(carriers, key=lambda c: (c.qaicc is None, c.qaicc or c.left_out)))


def _cells(series: list[str], cell: list[str], variables: dict[str, Array], accuracy: Array) -> _Cells:
    names, of_run = np.unique(series, return_inverse=True)
    _, first, index, count = np.unique(cell, return_index=True, return_inverse=True, return_counts=True)
    of = of_run[first]
    if not np.array_equal(of[index], of_run):
        raise AnalysisError("A cell lies in two series; name cells so that replicates share their series.")
    mean = np.bincount(index, accuracy) / count
    freedom = (count - 1).astype(np.float64)
    if freedom.sum() == 0:
        raise AnalysisError("No cell has two runs, so noise is unknown; add a replicate.")
    own = np.bincount(index, (accuracy - mean[index]) ** 2) / np.maximum(freedom, 1.0)
    highest = np.full(names.size, -np.inf)
    np.maximum.at(highest, of, mean)
    # Runs that all say the same, as collapsed networks do, do not make a cell precise.
    spread = np.where(own > 0, freedom, 0.0)
    if not spread.any():
        raise AnalysisError("Replicates never differ, so noise is unknown; add replicates with other seeds.")
    prior, _ = prior_variance(np.maximum(own, _SMALLEST), spread, mean - highest[of])
    means = {name: np.bincount(index, values) / count for name, values in variables.items()}
    return _Cells(tuple(names.tolist()), of, means, mean, count / prior)


def _fit(cells: _Cells, variable: str, weight: Array, score: Score) -> tuple[float, Array, float]:
    """Best scale, (plateau of every series, minus a), and sum of squares; the scale by ever finer grids."""
    v = cells.variables[variable]
    largest = float(v.max())
    if not largest > 0:
        raise AnalysisError(f"The variable '{variable}' is 0 everywhere; it cannot carry a fall.")
    member = (cells.of == np.arange(len(cells.series))[:, None]).astype(np.float64)
    means = member * weight / np.maximum(member @ weight, 1e-300)[:, None]
    y = cells.mean - (means @ cells.mean)[cells.of]
    low, high = np.log(largest) - 12.0, np.log(largest) + 3.0
    for _ in range(_ROUNDS):
        scales = np.linspace(low, high, _SCALES)
        shapes = np.exp(-v / np.exp(scales)[:, None])
        centred = shapes - (shapes @ means.T)[:, cells.of]
        power = np.maximum((weight * centred**2).sum(axis=1), 1e-300)
        fall = np.clip(-(centred @ (weight * y)) / power, 0.0, score.span)
        chi2 = (weight * (y + fall[:, None] * centred) ** 2).sum(axis=1)
        k = int(np.argmin(chi2))
        step = scales[1] - scales[0]
        low, high = scales[k] - 1.5 * step, scales[k] + 1.5 * step
    plateaus = means @ (cells.mean + fall[k] * shapes[k])
    return float(np.exp(scales[k])), np.append(plateaus, -fall[k]), float(chi2[k])


def _left_out(cells: _Cells, variable: str, score: Score) -> float:
    """Leave-one-cell-out error; a series needs two cells for its plateau, so lone cells are not left out."""
    errors, weights = [], []
    for i in np.flatnonzero(np.bincount(cells.of)[cells.of] > 1).tolist():
        weight = np.where(np.arange(cells.mean.size) == i, 0.0, cells.weight)
        s, linear, _ = _fit(cells, variable, weight, score)
        predicted = linear[cells.of[i]] + linear[-1] * np.exp(-cells.variables[variable][i] / s)
        errors.append(float(predicted - cells.mean[i]))
        weights.append(float(cells.weight[i]))
    return float(np.sqrt(np.average(np.square(errors), weights=weights))) if errors else np.inf


def _qaicc(chi2: float, n: int, K: int) -> float | None:
    return None if n - K - 1 < 1 else chi2 + 2 * K + 2 * K * (K + 1) / (n - K - 1)


def _weight(criteria: Mapping[str, float | None], name: str) -> float | None:
    known = {other: value for other, value in criteria.items() if value is not None}
    if name not in known:
        return None
    likelihood = {other: float(np.exp(-(value - min(known.values())) / 2)) for other, value in known.items()}
    return likelihood[name] / sum(likelihood.values())
