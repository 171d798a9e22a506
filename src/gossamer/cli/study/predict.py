"""``gossamer study predict``: what a tenth of a study would have told of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from gossamer.cli import console
from gossamer.cli.study.options import Along, Folder, Json, Reading, Source, find
from gossamer.errors import AnalysisError

if TYPE_CHECKING:
    from gossamer.lab import Study
    from gossamer.report.tables.prediction import Predicted


def predict(
    source: Source,
    *,
    folder: Folder = None,
    axis: Along = None,
    reading: Reading = None,
    share: Annotated[float, Parameter(help="share of the study's cost that is used")] = 0.1,
    confidence: Annotated[float, Parameter(help="of the intervals")] = 0.8,
    seed: Annotated[int, Parameter(help="of the intervals")] = 0,
    out: Annotated[Path | None, Parameter(help="folder that gets prediction.md, .csv and .json")] = None,
    json: Json = False,
) -> None:
    """Predict plateau and contour of a study from the first epochs of its runs, and compare.

    Uses one run a level, each replicate in turn, cut to a share of the cost in links x samples x epochs.
    Beside it stand two naive baselines: the last epoch carried forward and, along zeta, the constants of the
    source paper.
    """
    from gossamer.report.prediction import PredictionReport

    if not 0 < share <= 1 or not 0.5 < confidence < 1:
        raise AnalysisError(
            f"share is {share:g} and confidence {confidence:g}, but they must lie in (0, 1] and (0.5, 1)."
        )
    study = find(source, folder)
    status = study.status()
    curves = tuple(
        _predicted(study, axis, where, reading, share, confidence, seed) for where in study.curves(axis)
    )
    words = f"Study {study.config.name}, {status.done} of {status.planned} runs done"
    report = PredictionReport(curves, words, console.command, seed)
    if json:
        console.print_json(report.as_json())
    else:
        console.out().print(report.as_markdown(), markup=False, end="")
    for path in report.save(out) if out is not None else ():
        console.err().print(f"wrote {path}", markup=False)


def _predicted(
    study: "Study",
    axis: str | None,
    where: dict[str, Any],
    reading: str | None,
    share: float,
    confidence: float,
    seed: int,
) -> "Predicted":
    from gossamer.design import predict as make
    from gossamer.design import prefixes_of
    from gossamer.report.tables.prediction import Predicted

    findings = study.analyse(axis, where=where, reading=reading)
    prefixes, target = prefixes_of(study, findings.axis, where, findings.reading, share)
    delta = findings.settings["delta"]
    found = tuple(
        make(one, target, delta=delta, confidence=confidence, seed=seed, share=share) for one in prefixes
    )
    choice = "".join(f", {name} {value}" for name, value in where.items())
    curve = f"{findings.score.label} {findings.reading} along {findings.axis}{choice}"
    return Predicted(curve, found, tuple(prefixes), findings, target)
