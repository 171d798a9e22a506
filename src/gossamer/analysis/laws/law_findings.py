"""One law's findings: parameters, contour and quality of fit, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gossamer.analysis.estimate import GIVEN_TEST_SET, Estimate, estimate_of, on_axis
from gossamer.analysis.laws.compare import Compared
from gossamer.analysis.laws.fit import Fit, Fits, Problem, fit_many
from gossamer.analysis.levels.bootstrap import Draws, generator
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
        By name, with bootstrap intervals.
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
    means = {d.method: _widened(d, compared, levels) for d in draws} or _from_residuals(
        compared, levels, settings
    )
    drawn = {method: fit_many(fit.law, problem.z, y, problem.w, problem.score) for method, y in means.items()}
    units = {"plateau": levels.score.label, "a": levels.score.label}
    units.update({parameter.name: parameter.unit for parameter in fit.law.parameters})
    parameters = {}
    for name, value in fit.natural().items():
        of_draws = {method: _natural(problem, fits, name) for method, fits in drawn.items()}
        parameters[name] = estimate_of(value, of_draws, settings.confidence)
    own = fit.as_fits()
    contours = {method: law_contours(problem, fits, settings.delta) for method, fits in drawn.items()}
    halves = {method: law_half_contours(problem, fits) for method, fits in drawn.items()}
    contour = float(law_contours(problem, own, settings.delta)[0])
    half = float(law_half_contours(problem, own)[0])
    return LawFindings(
        name=fit.law.name,
        formula=fit.law.formula,
        units=units,
        parameters=parameters,
        contour=_position(contour, contours, "by delta", levels, settings),
        half=_position(half, halves, "by half of what it falls by at the hardest level", levels, settings),
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


def _position(
    value: float, draws: Mapping[str, Array], fall: str, levels: Levels, settings: Settings
) -> Estimate:
    """A contour of a law in units of the axis, within the studied levels."""
    note = ""
    if not np.isfinite(value):
        where = "does not fall" if value > 0 else "has already fallen"
        when = "within the studied levels" if value > 0 else "before the easiest level"
        note = f"This law {where} {fall} {when}."
    ends = float(levels.x[0]), float(levels.x[-1])
    return on_axis(estimate_of(value, draws, settings.confidence, ends, note), levels.axis)


def _widened(draws: Draws, compared: Compared, levels: Levels) -> Array:
    """Draws for a law, with the errors from seeds widened where the law does not fit within them (Birge).

    Draws scatter by freedom / (freedom - 2) more than the variance says, because the variance is drawn too.
    """
    if draws.method != GIVEN_TEST_SET:
        # The error of the test images is the larger part there, and no lack of fit.
        return draws.means
    freedom = max(float(np.median(levels.noise.own_freedom)), 3.0)
    ratio = max(1.0, compared.fit.chi2 / compared.problem.freedom * (freedom - 2.0) / freedom)
    return np.asarray(levels.mean + np.sqrt(ratio) * (draws.means - levels.mean))


def _from_residuals(compared: Compared, levels: Levels, settings: Settings) -> dict[str, Array]:
    """Without replicates: level means drawn with the scatter of the residuals, itself drawn."""
    problem, random = compared.problem, generator(settings.seed, 4)
    if compared.fit.chi2 <= 0:
        return {}
    freedom = problem.freedom
    variance = compared.fit.chi2 / random.chisquare(freedom, size=(settings.draws, 1)) / problem.w
    errors = random.standard_normal((settings.draws, problem.y.size)) * np.sqrt(variance)
    return {GIVEN_TEST_SET: np.clip(problem.y + errors, levels.score.low, levels.score.high)}


def law_contours(problem: Problem, fits: Fits, delta: float) -> Array:
    """Hardness at which each fitted law lies delta under its plateau, float64 [B].

    It is inf beyond the levels, and -inf before them.
    """
    height = delta / np.maximum(fits.fall, 1e-300)
    reached = np.where(height < 1.0, height, 1.0)
    z = problem.law.inverse(reached, fits.theta)
    x = problem.hardness(z)
    deepest = fits.fall * problem.law.shape(problem.z[-1:], fits.theta)[:, 0]
    return np.where(deepest < delta, np.inf, x)


def law_half_contours(problem: Problem, fits: Fits) -> Array:
    """Hardness at which each fitted law has lost half of its fall at the hardest level, float64 [B]."""
    height = np.maximum(problem.law.shape(problem.z[-1:], fits.theta)[:, 0] / 2, 1e-300)
    return problem.hardness(problem.law.inverse(height, fits.theta))


def _natural(problem: Problem, fits: Fits, name: str) -> Array:
    """Draws of one parameter in its unit; infinite at a bound of the search, which is no bound of the law."""
    if name == "plateau":
        return fits.plateau
    if name == "a":
        return fits.fall
    parameters = problem.law.parameters
    index = [parameter.name for parameter in parameters].index(name)
    drawn, (low, high) = fits.theta[:, index], (end[index] for end in problem.law.bounds(problem.z))
    margin = 1e-6 * (high - low)
    found = parameters[index].natural(drawn)
    found = np.where(drawn >= high - margin, np.inf, found)
    return np.where(drawn <= low + margin, -np.inf, found)


def _line(problem: Problem, fit: Fit, levels: Levels) -> tuple[tuple[float, ...], tuple[float, ...]]:
    places = np.arange(_LINE_POINTS * (levels.x.size - 1) + 1) / _LINE_POINTS
    index = np.arange(levels.x.size)
    x = np.interp(places, index, levels.x)
    accuracy = fit.accuracy(np.interp(places, index, problem.z))
    return tuple(levels.axis.level(x).tolist()), tuple(accuracy.tolist())
