"""``gossamer data``: the named data sets."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from gossamer.cli import console

if TYPE_CHECKING:
    from gossamer.data import Understood

_HELP = """List and fetch data sets, and say how a file of yours is understood.

**Your own data:** `gossamer train dataset=FILE`. Look first: `gossamer data inspect FILE`. All of it:
docs/own-data.md.

**Formats.** Text tables (.csv .tsv .txt .data .dat, also .gz); .npz with arrays x_train, y_train (x_test,
y_test) or x, y; SciPy's sparse .npz with labels in it or in NAME.labels.npy; .mat with X and Y; .libsvm
.svm .svmlight; a folder with train and test in one of these; NAME_train.data with NAME_train.labels; IDX
files. data.input_array and data.label_array name other arrays, data.first_index=0 says that a libsvm file
counts from 0.

**Tables.** data.label_column: name or number, the last by default. data.header=yes|no, data.separator,
data.decimal: found out where they are not said. Columns of words become one feature a word; data.words
lists codes that are words, data.leave_out columns that are not used. Columns are matched by name in test
tables and by predict.

**Missing values.** data.missing=error|mean|drop; data.missing_values lists the cells that stand for one.

**Splits and scaling.** data.test_fraction=0.2, data.validation_fraction=0.2 of the rest (or
data.validation_samples=N), stratified by class; data.scaling=unit|standardise|none, fitted on the training
part.
"""

app = App(name="data", help=_HELP)


@app.command(name="list")
def list_sets(*, json: Annotated[bool, Parameter(negative="", help="print JSON")] = False) -> None:
    """List the named data sets, and which of them are on this machine."""
    from gossamer.data import available

    sets = available(console.data_dir)
    if json:
        console.print_json(
            [{**vars(entry), "folder": _text(entry.folder), "ready": entry.ready} for entry in sets]
        )
        return
    rows = [("name", "samples", "test", "features", "classes", "files", "what")]
    for entry in sets:
        test = "" if entry.test_samples is None else f"{entry.test_samples:,}"
        files = _text(entry.folder) or (
            "none needed" if entry.ready else f"missing: gossamer data fetch {entry.name}"
        )
        counts = (f"{entry.samples:,}", test, f"{entry.n_features:,}", str(entry.n_classes))
        rows.append((entry.name, *counts, files, entry.description))
    console.print_rows(rows, right=(1, 2, 3, 4))


@app.command
def inspect(
    file: Annotated[str, Parameter(help="file or folder of yours, or the name of a set")],
    *words: Annotated[
        str, Parameter(name="KEY=VALUE", help="values of a configuration, such as data.header=no")
    ],
    json: Annotated[bool, Parameter(negative="", help="print JSON")] = False,
) -> None:
    """Say what would be understood as data, without training."""
    from gossamer.cli.progress import Download
    from gossamer.cli.train import configuration
    from gossamer.data import load_dataset, understood

    config = configuration((*words, f"dataset={file}"), None)
    with Download() as download:
        dataset = load_dataset(
            config.data, data_dir=console.data_dir, seed=config.seed_of("data"), progress=download
        )
    found = understood(dataset)
    if json:
        console.print_json(found.to_json())
    show_data(found, details=True, json=json)


def show_data(found: "Understood", *, details: bool = False, json: bool = False) -> None:
    """Print what was understood in one line unless `json` is to come, and on standard error what to check."""
    if not json:
        console.print_pairs({"data": found.sentence, **(found.details if details else {})})
    for note in found.notes:
        console.err().print(f"Note: {note}", markup=False)


@app.command
def fetch(
    name: Annotated[str, Parameter(help="name of the data set")],
    *,
    json: Annotated[bool, Parameter(negative="", help="print JSON")] = False,
) -> None:
    """Download a named data set, unless it is here already."""
    from gossamer.cli.progress import Download
    from gossamer.data import fetch as fetch_set

    with Download() as download:
        files = fetch_set(name, console.data_dir, download)
    if json:
        console.print_json({"name": name, "files": [str(path) for path in files]})
    elif files:
        console.out().print(f"{name} is in {files[0].parent}", markup=False)
    else:
        console.out().print(f"{name} needs no files", markup=False)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
