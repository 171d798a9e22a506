"""From a sample to its findings: every stage of the analysis once, in order."""

import numpy as np
from threadpoolctl import threadpool_limits

from gossamer.analysis.contour.curve import CurveFindings, estimate_curve
from gossamer.analysis.estimate import WITH_TEST_IMAGES, Estimate, percentile_interval
from gossamer.analysis.findings import Findings, LevelFindings, View
from gossamer.analysis.laws.compare import Comparison, compare
from gossamer.analysis.laws.law_findings import estimate_law
from gossamer.analysis.laws.paper_law import AXIS, PaperLaw, first_esc, fit_given_esc, fit_with_contour
from gossamer.analysis.laws.shapes import law_named
from gossamer.analysis.levels.bootstrap import Draws, draw_given_test_set, draw_with_test_images
from gossamer.analysis.levels.levels import Levels, summarise
from gossamer.analysis.levels.sample import Sample
from gossamer.analysis.settings import Settings
from gossamer.errors import AnalysisError
from gossamer.train.score import ACCURACY


def one_thread() -> threadpool_limits:
    """Context in which BLAS uses one thread: the matrices are small, and threads would only wait."""
    return threadpool_limits(limits=1, user_api="blas")


def analyse(sample: Sample, settings: Settings | None = None) -> Findings:
    """Levels, plateau, contours, laws and the paper's equations, with intervals.

    What the runs do not determine is None with a sentence in `notes`; it does not stop the rest.

    Parameters
    ----------
    sample : Sample
        All runs of the study along one axis.
    settings : Settings or None
        None for the defaults.

    Raises
    ------
    AnalysisError
        If no level has half of its replicates.
    """
    settings = settings or Settings()
    with one_thread():
        return _analyse(sample, settings)


def _analyse(sample: Sample, settings: Settings) -> Findings:
    diverged = sample.diverged_runs & sample.present
    without, notes = None, []
    if diverged.any():
        try:
            without = view(sample.without_diverged(), settings)
        except AnalysisError as error:
            notes.append(f"Without diverged runs: {error}")
    return Findings(
        axis=sample.axis.name,
        reading=sample.reading,
        seeds=sample.seeds,
        test_size=sample.test_size,
        settings=settings.model_dump(exclude={"axis", "reading", "harder"}),
        everything=view(sample, settings),
        without_diverged=without,
        diverged=_names(sample, diverged),
        missing=_names(sample, ~sample.present),
        notes=tuple(notes),
        score=sample.score,
    )


def view(sample: Sample, settings: Settings) -> View:
    """Findings from the runs of one sample, diverged or not."""
    levels = summarise(sample)
    notes = list(levels.noise.notes)
    draws = bootstrap(sample, levels, settings, notes)
    comparison = _comparison(levels, settings, notes)
    laws = [estimate_law(c, levels, draws, settings) for c in comparison.laws] if comparison else []
    return View(
        levels=_level_findings(levels, draws, settings),
        unfitted=levels.unfitted,
        curve=_curve(levels, draws, settings, notes),
        laws=tuple(laws),
        best_law=comparison.best.fit.law.name if comparison else None,
        best_law_sentence=comparison.sentence if comparison else "",
        overdispersion=comparison.overdispersion if comparison else None,
        paper=_paper(levels, settings, notes),
        notes=tuple(dict.fromkeys(notes)),
        runs=levels.all_runs,
    )


def bootstrap(sample: Sample, levels: Levels, settings: Settings, notes: list[str]) -> list[Draws]:
    """Draws of both kinds, as far as the sample allows; sentences on what it does not allow go to `notes`."""
    draws = []
    try:
        draws.append(draw_given_test_set(levels, settings.draws, settings.seed))
        draws.append(draw_with_test_images(sample, levels, settings.draws, settings.seed))
    except AnalysisError as error:
        notes.append(str(error))
    return draws


def _comparison(levels: Levels, settings: Settings, notes: list[str]) -> Comparison | None:
    try:
        comparison = compare(tuple(law_named(name) for name in settings.laws), levels)
    except AnalysisError as error:
        notes.append(str(error))
        return None
    notes.extend(comparison.skipped.values())
    return comparison


def _curve(levels: Levels, draws: list[Draws], settings: Settings, notes: list[str]) -> CurveFindings | None:
    try:
        return estimate_curve(levels, draws, settings)
    except AnalysisError as error:
        notes.append(str(error))
        return None


def _paper(levels: Levels, settings: Settings, notes: list[str]) -> tuple[PaperLaw, ...]:
    """The paper's fit; ESC = 0.96 is a level of zeta, so on other axes only the contour serves as ESC.

    It is a law of accuracy, so other scores have none.
    """
    found: list[PaperLaw] = []
    if levels.score != ACCURACY:
        return ()
    try:
        if levels.axis.name == AXIS:
            found.append(fit_given_esc(levels.x, levels.mean, settings.esc, settings.delta))
        start = settings.esc if levels.axis.name == AXIS else first_esc(levels.axis.name, levels.x)
        found.append(fit_with_contour(levels.x, levels.mean, settings.delta, start))
    except AnalysisError as error:
        notes.append(f"The paper's equation (2): {error}")
    return tuple(found)


def _level_findings(levels: Levels, draws: list[Draws], settings: Settings) -> tuple[LevelFindings, ...]:
    within = levels.intervals(settings.confidence)
    images = next((d for d in draws if d.method == WITH_TEST_IMAGES), None)
    rows = []
    for i in range(levels.x.size):
        wide = (
            None
            if images is None
            else percentile_interval(images.means[:, i], settings.confidence, images.method)
        )
        mean = Estimate(float(levels.mean[i]), within[i] if within else None, wide)
        rows.append(
            LevelFindings(
                level=float(levels.level[i]),
                mean=mean,
                sd=float(levels.sd[i]) if levels.count[i] > 1 else None,
                pooled_sd=float(np.sqrt(levels.noise.variance[i])) if levels.noise.known else None,
                count=int(levels.count[i]),
                asked=int(levels.asked[i]),
                links=None if levels.links is None else float(levels.links[i]),
                runs=levels.runs[i],
            )
        )
    return tuple(rows)


def _names(sample: Sample, chosen: np.ndarray) -> tuple[str, ...]:
    return tuple(sample.runs[k] for k in np.flatnonzero(chosen).tolist())
