"""``gossamer predict``: classes of new samples from a finished run."""

import csv
import io
import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from gossamer.cli import console

if TYPE_CHECKING:
    from gossamer.train.run import Run

_SUFFIXES = (".csv", ".npz", ".json")
_NAMES = {"classification": "classes", "regression": "values", "multilabel": "labels"}


def predict(
    run: Annotated[Path, Parameter(help="folder of a finished run")],
    samples: Annotated[Path, Parameter(help="samples: .npy, .npz, .csv, .tsv or IDX, before any scaling")],
    *,
    out: Annotated[
        Path | None, Parameter(help="file to write: .csv, .npz or .json; else CSV is printed")
    ] = None,
    probabilities: Annotated[
        bool, Parameter(negative="", help="also give the probability of each class")
    ] = False,
    label_column: Annotated[
        str | None, Parameter(help="column of a table to leave out, by name or number")
    ] = None,
    header: Annotated[
        Literal["auto", "yes", "no"], Parameter(help="whether the first row of a table holds names")
    ] = "auto",
    labels: Annotated[
        bool, Parameter(negative="", help="score the predictions by the labels that the file has")
    ] = False,
    json: Annotated[bool, Parameter(negative="", help="print JSON")] = False,
) -> None:
    """Predict the classes of samples, their values (regression), or which of several labels are on."""
    from gossamer.errors import ConfigError
    from gossamer.files import write_bytes
    from gossamer.train.record import load
    from gossamer.train.samples import read_labels, read_samples

    if out is not None and out.suffix.lower() not in _SUFFIXES:
        raise ConfigError(f"The file {out} has no known ending; expected one of {', '.join(_SUFFIXES)}.")
    trained = load(run)
    config = trained.config.data.model_copy(update={"header": header})
    inputs = trained.inputs(read_samples(samples, trained.schema, config, _column(label_column)))
    columns: dict[str, Any] = {_NAMES[trained.data.task]: trained.predicted(inputs)}
    if probabilities:
        columns["probabilities"] = trained.network.predict_proba(inputs)
    scores = _scores(trained, columns, read_labels(samples, trained, config)) if labels else {}
    suffix = ".json" if json and out is None else (out.suffix.lower() if out else ".csv")
    content = _content(trained, columns, suffix)
    if suffix == ".json":
        content = (json_module.dumps({**json_module.loads(content), "scores": scores}) + "\n").encode()
    for label, text in _told(trained, scores).items():
        console.err().print(
            f"{label} {text} of {len(columns[_NAMES[trained.data.task]]):,} samples", markup=False
        )
    if out is None:
        console.out().file.write(content.decode())
    else:
        write_bytes(out, content)


def _scores(run: "Run", columns: dict[str, Any], truth: Any) -> dict[str, float]:
    """Scores of the run's task by name."""
    from gossamer.errors import DataError

    found = columns[_NAMES[run.data.task]]
    if len(found) != len(truth):
        raise DataError(
            f"The file has {len(found):,} samples and {len(truth):,} labels; give one label a sample."
        )
    if run.task.judge is None:
        return {run.task.score.name: float((found == truth).mean())}
    return run.task.judge(truth, found.reshape(truth.shape))


def _told(run: "Run", scores: dict[str, float]) -> dict[str, str]:
    return {score.label: score.text(scores[score.name]) for score in run.task.scores if score.name in scores}


def _column(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.removeprefix("-").isdecimal() else text


def _content(run: "Run", columns: dict[str, Any], suffix: str) -> bytes:
    """Predictions in the format of a file."""
    if suffix == ".npz":
        import numpy as np

        file = io.BytesIO()
        of_task = {"class_names": run.data.class_names, "target_names": run.data.target_names}
        columns = {name: np.array(names) for name, names in of_task.items() if names} | columns
        np.savez(file, **columns)
        return file.getvalue()
    if run.data.task != "classification":
        return _target_content(run, columns, suffix)
    names = [run.data.class_names[k] for k in columns["classes"]]
    rows = {name: values.tolist() for name, values in columns.items()}
    if suffix == ".json":
        return (json_module.dumps({**rows, "names": names}) + "\n").encode()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    odds = rows.get("probabilities")
    writer.writerow(["sample", "class", "name", *(f"p{k}" for k in range(len(odds[0]) if odds else 0))])
    for number, (label, name) in enumerate(zip(rows["classes"], names, strict=True)):
        writer.writerow([number, label, name, *(odds[number] if odds else ())])
    return text.getvalue().encode()


def _target_content(run: "Run", columns: dict[str, Any], suffix: str) -> bytes:
    """Values, or names of the labels that are on, with a column for each target."""
    import numpy as np

    targets = run.data.target_names
    # The shortest digits that give the same float32, as a person would write them.
    columns = {
        name: np.array(values, str).astype(float) if name == "values" else values
        for name, values in columns.items()
    }
    rows = {name: values.reshape(len(values), -1).tolist() for name, values in columns.items()}
    found = rows[_NAMES[run.data.task]]
    sets = [[name for name, on in zip(targets, row, strict=True) if on] for row in found]
    if suffix == ".json":
        named = {"target_names": targets, **({"names": sets} if run.data.task == "multilabel" else {})}
        return (json_module.dumps({**rows, **named}) + "\n").encode()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    odds = rows.get("probabilities")
    more = [f"p {name}" for name in targets] if odds else []
    if run.data.task == "regression":
        writer.writerow(["sample", *targets])
        writer.writerows([number, *row] for number, row in enumerate(found))
    else:
        writer.writerow(["sample", "labels", *targets, *more])
        for number, (names, row) in enumerate(zip(sets, found, strict=True)):
            writer.writerow([number, ";".join(names), *row, *(odds[number] if odds else ())])
    return text.getvalue().encode()
