"""Comparison of laws: quasi-likelihood criterion and leave-one-level-out error."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gossamer.analysis.laws.fit import Fit, Problem, fit, fit_many, problem
from gossamer.analysis.laws.shapes import Law
from gossamer.analysis.levels.levels import Levels
from gossamer.errors import AnalysisError

_SAME_CURVE = 1e-3
"""Accuracies closer than this are one curve; counted links scatter by a little more than nothing."""


@dataclass(frozen=True, eq=False)
class Compared:
    """One law among its rivals.

    Parameters
    ----------
    fit : Fit
    problem : Problem
    qaicc : float or None
        Small-sample quasi Akaike criterion; only differences between laws mean anything. None where there are
        too few levels, or for a law with a corner, to which it does not apply.
    weight : float or None
        Akaike weight among the different laws that have a criterion.
    left_out : float
        Leave-one-level-out error: root of the weighted mean squared error of predicting each level from the
        others, in accuracy.
    same_as : str or None
        Name of an earlier law in another variable that gives the same curve on this axis: no data of this
        study can tell the two apart.
    """

    fit: Fit
    problem: Problem
    qaicc: float | None
    weight: float | None
    left_out: float
    same_as: str | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """All laws that could be fitted, and why others could not.

    Parameters
    ----------
    laws : tuple of Compared
        In order of `left_out`, which is defined for every law, also those with a corner; a law that gives the
        same curve as an earlier one comes at the end.
    overdispersion : float
        Variance inflation of the richest law, at least 1 where run variance is known: chi2 / freedom.
    skipped : mapping of str to str
        Law to sentence.
    """

    laws: tuple[Compared, ...]
    overdispersion: float
    skipped: Mapping[str, str]

    @property
    def best(self) -> Compared:
        """The law that predicts best: the smallest leave-one-level-out error.

        That is the only measure that is defined for every law: information criteria do not hold for one with
        a corner, and need more levels. It says what the words say; how well a law describes the levels that
        it was fitted to is another question, which `qaicc` answers.
        """
        return self.laws[0]

    @property
    def sentence(self) -> str:
        """Which law predicts best, by how much, and whether the criterion prefers another."""
        best, *others = (law for law in self.laws if law.same_as is None)
        score = best.problem.score
        name, error = _words(best), score.change(best.left_out)
        following = f" (next: {_words(others[0])}, {score.scale * others[0].left_out:.2g})" if others else ""
        said = f"The {name} law predicts left-out levels best, to {error}{following}."
        twins = [_words(law) for law in self.laws if law.same_as == best.fit.law.name]
        if twins:
            said += f" On this axis the {' and the '.join(twins)} law is the same curve."
        weighed = [law for law in self.laws if law.weight is not None]
        preferred = max(weighed, key=lambda law: law.weight or 0.0, default=best)
        if preferred is not best:
            said += f" As a description of all levels QAICc prefers the {_words(preferred)} law."
        return said


def _words(law: Compared) -> str:
    return law.fit.law.name.replace("_", " ")


def compare(laws: tuple[Law, ...], levels: Levels) -> Comparison:
    """Fit every law to the same level means with the same variances and compare them.

    QAICc = chi2 / c + 2 K + 2 K (K + 1) / (n - K - 1) with n levels, K parameters (c counts as one) and c the
    overdispersion of the law with the smallest chi2 / freedom (Burnham and Anderson 2002, section 2.5).

    Raises
    ------
    AnalysisError
        If no law can be fitted.
    """
    problems: dict[str, Problem] = {}
    skipped: dict[str, str] = {}
    for law in laws:
        try:
            problems[law.name] = problem(law, levels)
        except AnalysisError as error:
            skipped[law.name] = str(error)
    if not problems:
        raise AnalysisError(next(iter(skipped.values()), "No law was asked for; name at least one."))
    fits = {name: fit(p) for name, p in problems.items()}
    ratios = [fits[name].chi2 / p.freedom for name, p in problems.items()]
    overdispersion = max(1.0, min(ratios)) if levels.noise.known else min(ratios)
    criteria = {name: _qaicc(p, fits[name], overdispersion) for name, p in problems.items()}
    twins = {name: _twin(fits, name, problems) for name in problems}
    weights = _akaike_weights({name: value for name, value in criteria.items() if twins[name] is None})
    compared = [
        Compared(fits[name], p, criteria[name], weights.get(name), left_out_error(p), twins[name])
        for name, p in problems.items()
    ]
    compared.sort(key=lambda c: (c.same_as is not None, c.left_out))
    return Comparison(tuple(compared), overdispersion, skipped)


def _qaicc(p: Problem, found: Fit, overdispersion: float) -> float | None:
    n, K = p.x.size, p.n_parameters + 1
    if found.law.change_point or n - K - 1 < 1 or overdispersion <= 0:
        return None
    return found.chi2 / overdispersion + 2 * K + 2 * K * (K + 1) / (n - K - 1)


def _akaike_weights(criteria: Mapping[str, float | None]) -> dict[str, float]:
    """Akaike weights of the laws that have a criterion; they add to 1."""
    values = {name: value for name, value in criteria.items() if value is not None}
    least = min(values.values(), default=0.0)
    likelihood = {name: float(np.exp(-(value - least) / 2)) for name, value in values.items()}
    total = sum(likelihood.values())
    return {name: value / total for name, value in likelihood.items()}


def left_out_error(p: Problem) -> float:
    """Leave-one-level-out error of a law, in accuracy, weighted like the fit.

    The first and the last level are left out as well: predicting them is extrapolation, which a law must
    bear.
    """
    L = p.y.size
    weights = np.where(np.eye(L, dtype=np.bool_), 0.0, p.w)
    fits = fit_many(p.law, p.z, np.broadcast_to(p.y, (L, L)), weights, p.score)
    predicted = fits.plateau - fits.fall * np.diagonal(p.law.shape(p.z, fits.theta))
    return float(np.sqrt(np.average((predicted - p.y) ** 2, weights=p.w)))


def _twin(fits: Mapping[str, Fit], name: str, problems: Mapping[str, Problem]) -> str | None:
    """An earlier law of another variable with as many parameters and the same fit to a tenth of a point."""
    own, p = fits[name].accuracy(problems[name].z), problems[name]
    for other, found in fits.items():
        if other == name:
            return None
        rival = problems[other]
        alike = p.law.variable != rival.law.variable and p.n_parameters == rival.n_parameters
        if alike and np.abs(found.accuracy(rival.z) - own).max() < _SAME_CURVE:
            return other
    return None
