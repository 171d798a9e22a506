"""One law's findings: parameters, contour and quality of fit, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.estimate import GIVEN_TEST_SET, Estimate, estimate_of, on_axis
from gossamer.analysis.laws.batch import Fits, fit_many
from gossamer.analysis.laws.compare import Compared
from gossamer.analysis.laws.fit import Fit, Problem, law_contours, law_half_contours
from gossamer.analysis.laws.profile import profile_intervals
from gossamer.analysis.levels.bootstrap import Draws
from gossamer.analysis.levels.levels import Levels
from gossamer.analysis.settings import Settings

Array = NDArray[np.float64]

_LINE_POINTS = 10


@dataclass(frozen=True)
class LawFindings:
    """A fitted law.

    Parameters
    ----------
    name, formula : str
    units : mapping of str
        Unit of every parameter.
    parameters : mapping of Estimate
        By name; the interval given the test set is by profile likelihood, the one with test images by
        bootstrap.
    contour, half : Estimate
        Levels at which the law lies delta under its plateau, and has lost half of its fall at the hardest
        level.
    chi2 : float
        Weighted sum of squares; about `freedom` for a law that holds where run variance is known.
    freedom : int
    qaicc, weight : float or None
    left_out : float
    same_as : str or None
        See `compare.Compared`.
    flags : tuple of str
        Such as a parameter at its bound.
    line : tuple of two tuples of float
        Levels and accuracies of the fitted curve, for drawing.
    runs : tuple of str
    """

    name: str
    formula: str
    units: Mapping[str, str]
    parameters: Mapping[str, Estimate]
    contour: Estimate
    half: Estimate
    chi2: float
    freedom: int
    qaicc: float | None
    weight: float | None
    left_out: float
    same_as: str | None
    flags: tuple[str, ...]
    line: tuple[tuple[float, ...], tuple[float, ...]]
    runs: tuple[str, ...]


def estimate_law(
    compared: Compared, levels: Levels, draws: Sequence[Draws], settings: Settings
) -> LawFindings:
    """Findings of one compared law.

    Parameters
    ----------
    compared : Compared
        A law, fitted.
    levels : Levels
        The levels it was fitted to.
    draws : sequence of Draws
        May be empty.
    settings : Settings
        Supplies delta and confidence.
    """
    fit, problem = compared.fit, compared.problem
    drawn = {d.method: fit_many(fit.law, problem.z, _widened(d, compared, levels), problem.w) for d in draws}
    units = {"plateau": "accuracy", "a": "accuracy"}
    units.update({parameter.name: parameter.unit for parameter in fit.law.parameters})
    contours = {method: law_contours(problem, fits, settings.delta) for method, fits in drawn.items()}
    halves = {method: law_half_contours(problem, fits) for method, fits in drawn.items()}
    own = fit.as_fits()
    contour = law_contours(problem, own, settings.delta)[0]
    note = "" if np.isfinite(contour) else "This law does not fall by delta within the studied levels."
    last = float(levels.x[-1])
    return LawFindings(
        name=fit.law.name,
        formula=fit.law.formula,
        units=units,
        parameters=_parameters(problem, fit, drawn, levels, settings),
        contour=on_axis(estimate_of(contour, contours, settings.confidence, last, note), levels.axis),
        half=on_axis(
            estimate_of(law_half_contours(problem, own)[0], halves, settings.confidence, last), levels.axis
        ),
        chi2=fit.chi2,
        freedom=problem.freedom,
        qaicc=compared.qaicc,
        weight=compared.weight,
        left_out=compared.left_out,
        same_as=compared.same_as,
        flags=fit.flags,
        line=_line(problem, fit, levels),
        runs=levels.all_runs,
    )


def _widened(draws: Draws, compared: Compared, levels: Levels) -> Array:
    """Draws for a law, with the errors from seeds widened where the law does not fit within them (Birge).

    Draws scatter by freedom / (freedom - 2) more than the variance says, because the variance is drawn too.
    """
    if draws.method != GIVEN_TEST_SET:
        # The error of the test images is the larger part there, and no lack of fit.
        return draws.means
    freedom = float(levels.noise.pooled_freedom.mean())
    drawn = freedom / max(freedom - 2.0, 1.0)
    ratio = max(1.0, compared.fit.chi2 / compared.problem.freedom / drawn)
    return np.asarray(levels.mean + np.sqrt(ratio) * (draws.means - levels.mean))


def _parameters(
    problem: Problem, fit: Fit, drawn: Mapping[str, Fits], levels: Levels, settings: Settings
) -> dict[str, Estimate]:
    profile = profile_intervals(problem, fit, settings.confidence, levels)
    estimates = {}
    for name, value in fit.natural().items():
        draws = {method: _natural(fit, fits, name) for method, fits in drawn.items()}
        made = estimate_of(value, draws, settings.confidence)
        # The likelihood knows no error that all levels share; it moves the plateau and nothing else.
        given = made.given_test_set if name == "plateau" and levels.noise.blocks > 0 else profile[name]
        estimates[name] = Estimate(value, given, made.with_test_images)
    return estimates


def _natural(fit: Fit, fits: Fits, name: str) -> Array:
    """Draws of one parameter in its unit."""
    if name == "plateau":
        return fits.plateau
    if name == "a":
        return fits.fall
    index = [parameter.name for parameter in fit.law.parameters].index(name)
    return fit.law.parameters[index].natural(fits.theta[:, index])


def _line(problem: Problem, fit: Fit, levels: Levels) -> tuple[tuple[float, ...], tuple[float, ...]]:
    places = np.arange(_LINE_POINTS * (levels.x.size - 1) + 1) / _LINE_POINTS
    index = np.arange(levels.x.size)
    x = np.interp(places, index, levels.x)
    accuracy = fit.accuracy(np.interp(places, index, problem.z))
    return tuple(levels.axis.level(x).tolist()), tuple(accuracy.tolist())
