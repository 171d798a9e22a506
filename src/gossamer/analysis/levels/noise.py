"""Run-to-run noise: the variance of each level, moderated by those of all levels, and draws that respect it.

With three replicates a level's own variance is hardly known. It is moderated as in limma (Smyth 2004, *Linear
models and empirical Bayes methods for assessing differential expression in microarray experiments*): level
variances are draws around a common value (or a line in ln variance against mean accuracy, where the runs show
one) with prior degrees of freedom that say how alike they are, and each level's variance is the average of
both. Levels alike give one pooled variance; levels that differ keep their own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq
from scipy.special import digamma, polygamma

Array = NDArray[np.float64]

ALPHA = 0.05
"""Level of the test for a line in ln variance."""

ALIKE = 0.01
"""Level of the test for replicates that deviate together."""

_LONG_TAIL = 3
_MOST_FREEDOM = 1e4


@dataclass(frozen=True, eq=False)
class Noise:
    """Variance of one run's accuracy at each of L levels, given the test set.

    It has two parts: what is each run's own, and with shared seeds what a replicate has at every level. All
    variances are NaN where no level has two runs.

    Parameters
    ----------
    count : int64 [L]
        Runs per level.
    own : float64 [L]
        Moderated variance of a run's own part.
    own_freedom : float64 [L]
        Its degrees of freedom.
    prior : float64 [L]
        What the levels together say of each variance. Weights of least squares are made of it: weights that
        are noisy make a fit worse than its intervals say.
    luck : float
        Variance between replicates of their mean deviation over the levels; 0 for independent seeds.
    blocks : int
        Replicates behind `luck`; 0 for independent seeds.
    notes : tuple of str
        What to know before trusting it.
    """

    count: NDArray[np.int64]
    own: Array
    own_freedom: Array
    prior: Array
    luck: float = 0.0
    blocks: int = 0
    notes: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether any level has two runs."""
        return not np.isnan(self.own).any()

    @property
    def shared(self) -> float:
        """Variance of the part that a replicate has at every level: `luck` less the mean of own parts."""
        return max(0.0, self.luck - float(self.own.mean()) / self.own.size) if self.blocks else 0.0

    @property
    def variance(self) -> Array:
        """Variance of one run, both parts, float64 [L]."""
        return self.own + self.shared

    @property
    def freedom(self) -> Array:
        """Degrees of freedom of `variance`, float64 [L]; by Satterthwaite where there is a shared part."""
        if self.shared == 0:
            return self.own_freedom
        doubt = self.shared**2 / (self.blocks - 1) + self.own**2 / self.own_freedom
        return np.asarray(self.variance**2 / doubt)


@dataclass(frozen=True, eq=False)
class RunsOfLevels:
    """n runs at L levels, as their noise is estimated from them.

    Parameters
    ----------
    x, mean : float64 [L]
        Hardness and mean accuracy of the levels, in order of hardness.
    deviation : float64 [n]
        Accuracy of each run minus the mean of its level.
    index : int64 [n] in [0, L)
        Level of each run.
    replicate : int64 [n]
        Number of its replicate.
    """

    x: Array
    mean: Array
    deviation: Array
    index: NDArray[np.int64]
    replicate: NDArray[np.int64]


def estimate_noise(runs: RunsOfLevels, *, shared: bool, floor: float) -> Noise:
    """Noise of the levels of some runs.

    Parameters
    ----------
    runs : RunsOfLevels
        Runs and levels.
    shared : bool
        Whether replicate r used the same seed at every level. Where this was not said but replicates deviate
        together (F test), it is taken to be so, with a note.
    floor : float
        Smallest variance that the accuracies can show.
    """
    L = runs.mean.size
    count = np.bincount(runs.index, minlength=L)
    if count.max() < 2:
        unknown = np.full(L, np.nan)
        return Noise(count, unknown, unknown, unknown)
    own, freedom, prior = _moderated(runs, runs.deviation, count, floor)
    notes = _tail_notes(count)
    alike = 1.0 if shared else _alike(runs, runs.deviation / np.sqrt(own[runs.index]))
    if not (shared or alike < ALIKE):
        return Noise(count, own, freedom, prior, notes=notes)
    if not shared:
        notes += (
            f"Runs of the same replicate deviate together over the levels (p = {alike:.2g}), as with shared"
            " seeds, so intervals allow for it; say seeds = 'common' if they are.",
        )
    found = _luck(runs)
    if found is None:
        return Noise(count, own, freedom, prior, notes=notes)
    # Taking out a replicate's mean over L levels takes 1 / L of its own variance too.
    rest = (runs.deviation - found[0]) * np.sqrt(L / (L - 1))
    own, freedom, prior = _moderated(runs, rest, count, floor)
    return Noise(count, own, freedom, prior, float(found[1].var(ddof=1)), found[1].size, notes)


def _moderated(
    runs: RunsOfLevels, deviation: Array, count: NDArray[np.int64], floor: float
) -> tuple[Array, Array, Array]:
    """Moderated variance of every level, its degrees of freedom, and the prior it was moderated with."""
    freedom = np.maximum(count - 1, 0).astype(np.float64)
    sample = np.bincount(runs.index, deviation**2, minlength=count.size) / np.maximum(freedom, 1.0)
    sample = np.maximum(sample, floor)
    prior, prior_freedom = prior_variance(sample, freedom, runs.mean)
    prior = np.maximum(prior, floor)
    total = prior_freedom + freedom
    own = (prior_freedom * prior + freedom * sample) / total
    tail = _tail(count)
    if tail.size >= _LONG_TAIL:
        own[tail] = np.maximum(own[tail], _roughness(runs, tail))
        total[tail] = tail.size / 2
    if freedom[-1] > 0:
        # Noise may jump at the hard end, where nothing persists, and all neighbours lie on the quiet side.
        own[-1], total[-1] = sample[-1], freedom[-1]
    elif count.size > 2:
        # Of a single run there, only how far it lies from where the two before it lead.
        share = (runs.x[-1] - runs.x[-2]) / (runs.x[-2] - runs.x[-3])
        off = runs.mean[-1] - runs.mean[-2] - share * (runs.mean[-2] - runs.mean[-3])
        own[-1], total[-1] = max(float(own[-1]), off**2), 1.0
    return own, total, prior


def prior_variance(sample: Array, freedom: Array, mean: Array) -> tuple[Array, float]:
    """What sample variances have in common: a value at every level [L], and its degrees of freedom.

    Means and variances of ln s^2 are matched to those of scaled F variables (Smyth 2004, section 6.2). The
    prior is never worth more than all the runs that it was made of.

    Parameters
    ----------
    sample, freedom : float64 [L]
        Sample variances, above 0, and their degrees of freedom, 0 where there is none.
    mean : float64 [L]
        Mean accuracy, along which variances may change.
    """
    seen = freedom > 0
    half = freedom[seen] / 2
    height = np.log(sample[seen]) - digamma(half) + np.log(half)
    expected = polygamma(1, half)
    design = np.ones((seen.sum(), 1))
    line = np.column_stack((design, mean[seen]))
    if seen.sum() > 3 and np.ptp(mean[seen]) > 0 and _slope_p(line, height, 1.0 / expected) < ALPHA:
        design = line
    weight = np.sqrt(1.0 / expected)
    found = np.linalg.lstsq(design * weight[:, None], height * weight, rcond=None)[0]
    places = np.column_stack((np.ones(mean.size), np.clip(mean, mean[seen].min(), mean[seen].max())))
    fitted = places[:, : design.shape[1]] @ found
    rest = seen.sum() - design.shape[1]
    residual = height - design @ found
    surplus = float((residual**2).sum() / rest - expected.mean()) if rest else 0.0
    most = float(freedom.sum())
    worth = min(_trigamma_inverse(surplus), most)
    prior = np.exp(fitted + digamma(worth / 2) - np.log(worth / 2))
    if worth == most:
        # Levels are alike: the pooled variance is the better mean.
        prior = np.exp(fitted) * float((sample * freedom / np.exp(fitted)).sum() / most)
    return prior, worth


def _slope_p(line: Array, height: Array, weight: Array) -> float:
    """Two-sided p value of the slope of a weighted straight line."""
    root = np.sqrt(weight)
    design, target = line * root[:, None], height * root
    found = np.linalg.lstsq(design, target, rcond=None)[0]
    freedom = height.size - 2
    spread = float(((target - design @ found) ** 2).sum()) / freedom
    error = np.sqrt(spread * np.linalg.inv(design.T @ design)[1, 1])
    return float(2 * stats.t.sf(abs(found[1]) / error, freedom)) if error > 0 else 1.0


def _trigamma_inverse(surplus: float) -> float:
    """Degrees of freedom d of a prior whose ln variance has this variance, trigamma(d / 2) = surplus."""

    def excess(d: float) -> float:
        return float(polygamma(1, d / 2)) - surplus

    if excess(_MOST_FREEDOM) >= 0:
        return _MOST_FREEDOM
    return float(brentq(excess, 1e-3, _MOST_FREEDOM)) if excess(1e-3) > 0 else 1e-3


def _tail(count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Levels beyond the hardest one that has two runs."""
    return np.arange(int(np.flatnonzero(count > 1)[-1]) + 1, count.size)


def _tail_notes(count: NDArray[np.int64]) -> tuple[str, ...]:
    tail = _tail(count).size
    if not tail:
        return ()
    whose = "The hardest level has one run" if tail == 1 else f"The {tail} hardest levels have one run each"
    return (f"{whose}, so noise there is only guessed; repeat it for intervals that can be trusted.",)


def _roughness(runs: RunsOfLevels, tail: NDArray[np.int64]) -> float:
    """Variance from how far means lie off the line through their neighbours (Gasser, Sroka and
    Jennen-Steinmetz 1986); the curvature of the fall adds to it, so it is rather too large.
    """
    middle = np.minimum(tail, runs.x.size - 2)
    x, y = (np.stack([array[middle + k] for k in (-1, 0, 1)]) for array in (runs.x, runs.mean))
    share = (x[1] - x[0]) / (x[2] - x[0])
    off = y[1] - (1 - share) * y[0] - share * y[2]
    return float((off**2 / (1.0 + share**2 + (1 - share) ** 2)).mean())


def _alike(runs: RunsOfLevels, deviation: Array) -> float:
    """P value of the F test for replicates that deviate together, from standardised deviations."""
    _, number, size = np.unique(runs.replicate, return_inverse=True, return_counts=True)
    between = size.size - 1
    rest = deviation.size - runs.mean.size - between
    if between < 1 or rest < 1:
        return 1.0
    means = np.bincount(number, deviation) / size
    explained = float((size * means**2).sum())
    left = float((deviation**2).sum()) - explained
    return float(stats.f.sf(explained / between / (left / rest), between, rest)) if left > 0 else 1.0


def _luck(runs: RunsOfLevels) -> tuple[Array, Array] | None:
    """Mean deviation of each run's replicate [n], and of each replicate.

    Replicates that are at under half of the levels are left out; None if under two remain.
    """
    _, number, size = np.unique(runs.replicate, return_inverse=True, return_counts=True)
    means = np.bincount(number, runs.deviation) / size
    seen = size >= max(2, runs.mean.size / 2)
    if seen.sum() < 2:
        return None
    return np.where(seen, means, 0.0)[number], means[seen]


def draw_noise(noise: Noise, draws: int, random: np.random.Generator) -> Array:
    """Errors of the level means, float64 [draws, L].

    Each draw first draws the variances from what the runs say about them (scaled inverse chi-square), then
    Gaussian errors with them: fixed variances would give intervals that are too short.

    The noise must be `known`.
    """
    L = noise.own.size
    ratio = random.chisquare(noise.own_freedom, size=(draws, L)) / noise.own_freedom
    errors = random.standard_normal((draws, L)) * np.sqrt(noise.own / ratio / noise.count)
    if noise.blocks:
        chi = random.chisquare(noise.blocks - 1, size=draws) / (noise.blocks - 1)
        shared = np.maximum(noise.luck / chi - noise.own.mean() / L, 0.0)
        errors += (random.standard_normal(draws) * np.sqrt(shared / noise.blocks))[:, None]
    return errors
