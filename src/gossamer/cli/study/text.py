"""What ``gossamer study`` prints, in words and rows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gossamer.cli import console
from gossamer.train.readings import READINGS
from gossamer.units import duration

if TYPE_CHECKING:
    from gossamer.analysis import Findings, View
    from gossamer.analysis.estimate import Estimate
    from gossamer.analysis.groups import Difference, GroupFindings
    from gossamer.lab import Study
    from gossamer.study import Status, Summary, Table
    from gossamer.train.score import Score


def show_preview(study: "Study", json: bool) -> None:
    """Print how many runs the first round has, and what they cost."""
    runs = study.preview()
    cost = sum(run.cost for run in runs)
    levels = len({str(dict(run.cell.level)) for run in runs})
    if json:
        console.print_json({"folder": str(study.folder), "levels": levels, "runs": len(runs), "cost": cost})
        return
    console.print_pairs(
        {
            "study": study.config.name,
            "question": study.config.question,
            "folder": str(study.folder),
            "first round": f"{len(runs)} runs at {levels} levels",
            "cost": f"{cost:.3g} links x samples x epochs",
        }
    )


def counts(status: "Status") -> str:
    """One line such as ``12 of 50 done, 2 running, 36 waiting``."""
    if not status.planned:
        return "not started"
    parts = [f"{status.done} of {status.planned} done"]
    parts += [f"{len(status.running)} running"] if status.running else []
    waiting = status.waiting - len(status.running)
    parts += [f"{waiting} waiting"] if waiting else []
    parts += [f"{status.diverged} diverged"] if status.diverged else []
    parts += [f"{status.failed} failed"] if status.failed else []
    parts += [f"{status.damaged} damaged (run the study again)"] if status.damaged else []
    return ", ".join(parts)


def show_status(status: "Status") -> None:
    """Print the state of a study."""
    pairs = {
        "study": status.name,
        "question": status.question,
        "folder": status.folder,
        "runs": counts(status),
    }
    if status.compact:
        pairs["compact"] = f"{status.compact} imported"
    pairs["driver"] = status.driver or "none"
    if status.design:
        pairs["design"] = status.design
    if not status.reproducible:
        pairs["note"] = "not reproducible: its budget is a time"
    console.print_pairs(pairs)
    for run in status.running:
        told = f", {run.text}" if run.text else ""
        console.out().print(f"  {run.label}: epoch {run.epoch} of {run.epochs}{told}", markup=False)
    for label, error in status.failures:
        console.out().print(f"  {label} failed: {error}", markup=False)


def show_table(table: "Table") -> None:
    """Print the columns of a table that say most."""
    names = [
        name for name in table if name == "block" or list(table).index(name) < list(table).index("block")
    ]
    if len(set(table["block"].tolist())) < 2:
        names.remove("block")
    scores = {f"{score.name}_{name}": score for score in table.task.scores for name in READINGS}
    titles = {name: _title(table.score, name) for name in scores}
    names += ["replicate", "state", *scores, "nnz"]
    rows = [[_cell(scores.get(name), table[name][k]) for name in names] for k in range(table.n_runs)]
    console.print_rows([[titles.get(name, name) for name in names], *rows], right=range(len(names)))


def _title(score: "Score", name: str) -> str:
    """Heading of a score's column: the reading alone for accuracy, which every table of classes has."""
    return name.removeprefix(f"{score.name}_") if score.name == "accuracy" else name


def _cell(score: "Score | None", value: Any) -> str:
    if isinstance(value, np.floating):
        if np.isnan(value):
            return ""
        return score.text(float(value)) if score else f"{value:g}"
    return str(value)


def show_summary(study: "Study", summary: "Summary") -> None:
    """Print how a command ended, and what failed."""
    status = study.status()
    ended = {
        "complete": "complete",
        "interrupted": "stopped; the runs in training are saved",
        "out_of_time": "stopped by its budget of time",
    }
    pairs = {
        "study": f"{study.config.name}: {ended[summary.state]}",
        "folder": str(study.folder),
        "runs": counts(status),
        "time": f"{duration(summary.seconds)} for {summary.trained} runs",
    }
    if status.design:
        pairs["design"] = status.design
    console.print_pairs(pairs)
    for label, error in status.failures:
        console.err().print(f"{label} failed: {error}", markup=False)


def findings_of(
    study: "Study", axis: str | None, reading: str | None
) -> list[tuple[dict[str, Any], "Findings"]]:
    """Findings of every curve of a study that has finished runs; curves without any are left out."""
    table = study.table()
    done = np.isfinite(table.reading("last"))
    curves = study.curves(axis)
    kept = [where for where in curves if (_rows(table, where) & done).any()]
    return [(where, study.analyse(axis, where=where, reading=reading)) for where in kept]


def _rows(table: "Table", where: Mapping[str, Any]) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    chosen = np.ones(table.n_runs, dtype=np.bool_)
    for name, value in where.items():
        chosen &= table[name] == value
    return chosen


def show_groups(found: "GroupFindings") -> None:
    """Print means of groups, their differences, and what is shown of them."""
    score = found.score
    console.out().print(f"\n{found.sentence}\n", markup=False)
    rows = [["group", f"test {score.label} ({found.reading})", "95 % interval", "runs"]]
    for group in found.groups:
        mean = "" if group.mean is None else score.text(group.mean)
        ends = (
            ""
            if group.low is None or group.high is None
            else (f"{score.text(group.low)} to {score.text(group.high)}")
        )
        rows.append([group.label, mean, ends, f"{len(group.values)} of {group.asked}"])
    console.print_rows(rows, right=(1,))
    if found.differences:
        console.out().print()
        rows = [["difference", score.difference_unit, "95 % interval", "corrected p", "shown", "by"]]
        rows += [_difference_cells(score, each) for each in found.differences]
        console.print_rows(rows, right=(1, 3))
    for note in found.notes:
        console.out().print(f"note: {note}", markup=False)


def _difference_cells(score: "Score", found: "Difference") -> list[str]:
    lacks = found.low is None or found.high is None
    digits = score.digits
    return [
        f"{found.one} - {found.other}",
        f"{score.scale * found.mean:+.{digits}f}",
        ""
        if lacks
        else f"{score.scale * (found.low or 0):+.{digits}f} to {score.scale * (found.high or 0):+.{digits}f}",
        "" if found.p_holm is None else f"{found.p_holm:.2g}",
        "yes" if found.shown else "no",
        f"{found.count} pairs of seeds" if found.paired else f"{found.count} runs",
    ]


def show_findings(where: Mapping[str, Any], findings: "Findings") -> None:
    """Print levels, contour and laws of one curve, with and without the runs that diverged."""
    choice = "".join(f", {name} {value}" for name, value in where.items())
    label = findings.score.label
    console.out().print(f"\n{label} `{findings.reading}` along {findings.axis}{choice}", markup=False)
    _show_view(findings, findings.everything)
    if findings.diverged:
        note = f"note: {len(findings.diverged)} runs diverged and count with their last finite {label}"
        console.out().print(note, markup=False)
    if findings.without_diverged is not None:
        console.out().print("without the runs that diverged:", markup=False)
        _show_view(findings, findings.without_diverged)
    for note in findings.notes:
        console.out().print(f"note: {note}", markup=False)


def _show_view(findings: "Findings", view: "View") -> None:
    _show_levels(findings.axis, view)
    if view.curve is not None:
        score, curve = findings.score, view.curve
        delta = f"{score.scale * findings.settings['delta']:g}{' point' if score.points else ''}"
        safe = curve.safe.note or "none" if curve.safe.level is None else f"{curve.safe.level:g}"
        console.print_pairs(
            {
                "plateau": _estimate(curve.plateau),
                f"falls {delta} below it at {findings.axis}": _estimate(curve.contour),
                f"half of the fall at {findings.axis}": _estimate(curve.half),
                f"last {findings.axis} shown to be safe": safe,
            }
        )
    for law in view.paper:
        if law.esc_from == "contour":
            x = findings.axis if findings.axis == "zeta" else f"hardness of {findings.axis}, at most 1"
            line = f"{findings.score.label} = {law.plateau:.4f} - {law.a:.4f} exp({law.b:.4g} (x - 1))"
            console.out().print(f"law of the paper's equation (2): {line}, x = {x}", markup=False)
    if view.best_law_sentence:
        console.out().print(view.best_law_sentence, markup=False)
    for note in view.remarks:
        console.out().print(f"note: {note}", markup=False)


def _show_levels(axis: str, view: "View") -> None:
    rows = [[axis, "mean", "95 % interval", "runs"]]
    for level in view.levels:
        interval = level.mean.given_test_set
        ends = "" if interval is None else f"{_number(interval.low)} to {_number(interval.high)}"
        rows.append([f"{level.level:g}", f"{level.mean.value:.4f}", ends, f"{level.count} of {level.asked}"])
    console.print_rows(rows, right=range(4))


def _estimate(estimate: "Estimate") -> str:
    if estimate.value is None:
        return estimate.note or "not found"
    interval = estimate.with_test_images or estimate.given_test_set
    if interval is None:
        return _number(estimate.value)
    ends = f"{100 * interval.confidence:g} % interval {_number(interval.low)} to {_number(interval.high)}"
    return f"{_number(estimate.value)} ({ends})"


def _number(value: float | None) -> str:
    return "beyond the levels" if value is None else f"{value:.4f}"
