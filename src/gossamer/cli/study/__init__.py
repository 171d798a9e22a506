"""``gossamer study``: many runs along axes, from one command."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from gossamer.cli import console
from gossamer.cli.study import text
from gossamer.cli.study.coverage import coverage
from gossamer.cli.study.options import Along, Folder, Json, Reading, Source, find
from gossamer.cli.study.predict import predict

if TYPE_CHECKING:
    from gossamer.lab import Study
    from gossamer.study import Summary

app = App(name="study", help="Run studies: many runs along axes, and what they show.")

app.command(coverage)
app.command(predict)

_FAILED, _INTERRUPTED = 1, 130


@app.command
def run(
    source: Source,
    *words: Annotated[
        str, Parameter(name="KEY=VALUE", help="changes: epochs=50, replicates=2, zeta=0.3,0.9")
    ],
    folder: Folder = None,
    workers: Annotated[int | None, Parameter(help="runs at a time; by default one a core")] = None,
    only_failed: Annotated[bool, Parameter(negative="", help="try only what failed before")] = False,
    dry_run: Annotated[bool, Parameter(negative="", help="only tell which runs the first round has")] = False,
    report: Annotated[
        bool, Parameter(negative="--no-report", help="write the report of a complete study")
    ] = True,
    json: Json = False,
) -> int:
    """Train what a study misses, and tell what it shows.

    The same command goes on where it was stopped, by Ctrl-C or in any other way; a finished run is never
    trained again.
    """
    from gossamer.errors import ConfigError

    if workers is not None and workers < 1:
        raise ConfigError(f"workers is {workers}, expected at least 1.")
    study = _changed(find(source, folder, recorded=False), words)
    if dry_run:
        text.show_preview(study, json)
        return 0
    summary = study.run(workers=workers, console=console.err(), only_failed=only_failed)
    if json:
        console.print_json({"folder": str(study.folder), **vars(summary)})
    else:
        _show_end(study, summary, report)
    if summary.state == "interrupted":
        return _INTERRUPTED
    return _FAILED if summary.failed else 0


@app.command
def init(
    name: Annotated[str, Parameter(help="name of the study; the file is NAME.toml")],
    *,
    base: Annotated[str | None, Parameter(help="preset of a run, or of a study, to start from")] = "digits",
) -> None:
    """Write a study's TOML with every table and key, each with what it means; change it and run it."""
    from gossamer.cli.settings import study_toml
    from gossamer.errors import ConfigError
    from gossamer.study import StudyConfig, study_preset, study_presets

    if base in study_presets():
        config = study_preset(base).model_copy(update={"name": name})
    else:
        config = StudyConfig(name=name, base=base)
    path = Path(f"{name}.toml")
    text_of = study_toml(StudyConfig.from_mapping(config.as_json()))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text_of)
    except OSError as error:
        raise ConfigError(
            f"The file {path} cannot be written: {error.strerror}; give another name."
        ) from error
    console.out().print(f"{path} is written; change it, then run\n  gossamer study run {path}", markup=False)


@app.command
def config(source: Source, *, folder: Folder = None) -> None:
    """Print a study's TOML in full: every key, what it means, and what holds where it is not set."""
    from gossamer.cli.settings import study_toml

    console.out().print(study_toml(find(source, folder).config), markup=False, end="")


@app.command
def status(source: Source, *, folder: Folder = None, json: Json = False) -> None:
    """Tell what is done, running, waiting and failed."""
    found = find(source, folder).status()
    if json:
        console.print_json(found.as_json())
    else:
        text.show_status(found)


@app.command
def table(
    source: Source,
    *,
    folder: Folder = None,
    csv: Annotated[bool, Parameter(negative="", help="print CSV, all columns")] = False,
    json: Json = False,
) -> None:
    """Print one row a run."""
    found = find(source, folder).table()
    if json:
        console.print_json(found.rows())
    elif csv:
        console.out().print(found.to_csv(), markup=False, end="")
    else:
        text.show_table(found)


@app.command
def analyse(
    source: Source,
    *,
    folder: Folder = None,
    axis: Along = None,
    reading: Reading = None,
    json: Json = False,
) -> None:
    """Tell plateau, contour and law of every curve of a study."""
    study = find(source, folder)
    groups = study.compare(reading) if axis is None else None
    if groups is not None:
        console.print_json([groups.to_json()]) if json else text.show_groups(groups)
        return
    findings = text.findings_of(study, axis, reading)
    if json:
        console.print_json([{"where": where, **found.to_json()} for where, found in findings])
        return
    for where, found in findings:
        text.show_findings(where, found)
    if not findings:
        console.err().print("No run of this study is finished yet; run it first.", markup=False)


@app.command
def report(
    source: Source,
    *,
    folder: Folder = None,
    out: Annotated[
        Path | None, Parameter(help="folder of the report; by default report/ in the study's folder")
    ] = None,
    json: Json = False,
) -> None:
    """Write what a study shows: one page that opens offline, figures and tables."""
    with console.doing("writing the report: figures, tables, page"):
        done = find(source, folder).report(out)
    if json:
        console.print_json(
            {"page": str(done.page), "answer": done.answer, "files": [str(path) for path in done.files]}
        )
    else:
        console.out().print(done.answer, markup=False)
        console.print_pairs({"page": str(done.page), "files": f"{len(done.files)} in {done.folder}"})


@app.command
def digest(source: Source, *, folder: Folder = None, json: Json = False) -> None:
    """Print one hash over the results of the finished runs of the plan; runs outside it are listed."""
    found = find(source, folder).digest()
    if json:
        console.print_json(vars(found))
    else:
        compact = f", {found.compact} of them compact" if found.compact else ""
        console.out().print(f"{found.value}  {found.runs} runs{compact}")
        for identity in found.outside:
            console.out().print(f"outside the plan: {identity}")


@app.command
def export(
    source: Source,
    target: Annotated[Path, Parameter(help="folder to write to; what is there already stays")],
    *,
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Write a study and its finished runs in a compact form."""
    done = find(source, folder).export(target)
    _show_transfer("exported to", target, done, json)


@app.command(name="import")
def import_runs(
    source: Source,
    origin: Annotated[Path, Parameter(help="folder that `study export` wrote")],
    *,
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Take over finished runs from a compact form, so that they are not trained again."""
    study = find(source, folder)
    done = study.import_from(origin)
    _show_transfer("imported into", study.folder, done, json)


@app.command(name="list")
def list_studies(*, json: Json = False) -> None:
    """List the presets, and the studies below studies/."""
    from gossamer.lab import Study
    from gossamer.study import find_studies, study_preset, study_presets

    presets = [{"name": name, "question": study_preset(name).question} for name in study_presets()]
    statuses = [Study.load(folder).status() for folder in find_studies()]
    if json:
        console.print_json({"presets": presets, "studies": [found.as_json() for found in statuses]})
        return
    console.print_rows([("preset", "question"), *((p["name"], p["question"]) for p in presets)])
    if statuses:
        rows = [(found.folder, text.counts(found)) for found in statuses]
        console.out().print()
        console.print_rows([("study", "runs"), *rows])


def _changed(study: "Study", words: tuple[str, ...]) -> "Study":
    from gossamer.errors import ConfigError
    from gossamer.lab import Study
    from gossamer.study import with_values
    from gossamer.train.config_file import parse_value

    if not words:
        return study
    if wrong := [word for word in words if "=" not in word]:
        raise ConfigError(f"{wrong[0]!r} changes nothing; write KEY=VALUE, such as epochs=50.")
    pairs = (word.partition("=") for word in words)
    values: dict[str, Any] = {key.strip(): parse_value(value.strip()) for key, _, value in pairs}
    return Study(with_values(study.config, values), study.folder)


def _show_end(study: "Study", summary: "Summary", report: bool) -> None:
    from gossamer.errors import AnalysisError

    text.show_summary(study, summary)
    if summary.state == "interrupted":
        console.err().print(f"The same command goes on from there:\n  {console.command}", markup=False)
        return
    try:
        with console.doing("analysing the runs"):
            groups = study.compare()
            curves = [] if groups is not None else text.findings_of(study, None, None)
        if groups is not None:
            text.show_groups(groups)
        for where, found in curves:
            text.show_findings(where, found)
        if report and summary.state == "complete":
            with console.doing("writing the report: figures, tables, page"):
                done = study.report()
            answer = "" if groups is not None else f"{done.answer}\n"
            console.out().print(f"\n{answer}report  {done.page}", markup=False)
    except AnalysisError as error:
        # The runs are there; that they make no curve is no failure of the study.
        console.out().print(f"note: {error}", markup=False)


def _show_transfer(what: str, place: Path, done: Any, json: bool) -> None:
    if json:
        console.print_json({"folder": str(place), **vars(done)})
    else:
        there = f"; {done.present} were there already" if done.present else ""
        console.out().print(f"{done.copied} runs {what} {place}{there}", markup=False)
