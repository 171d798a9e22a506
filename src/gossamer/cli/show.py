"""``gossamer show``: a finished run on one screen: layers, epochs, classes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from gossamer.cli import console
from gossamer.units import percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gossamer.train.classes import ByClass
    from gossamer.train.run import Run

_BARS = " ▁▂▃▄▅▆▇█"
_PLOT_WIDTH, _PLOT_ROWS = 60, 6
_DEGREE_BINS = 12
_MOST_CLASSES = 20
_MOST_PAIRS = 6


def show(
    run: Annotated[Path, Parameter(help="folder of a finished run")],
    *,
    reading: Annotated[
        Literal["last", "selected", "best_on_test"], Parameter(help="epoch whose predictions are counted")
    ] = "last",
    json: Annotated[bool, Parameter(negative="", help="print JSON")] = False,
) -> None:
    """Show a finished run: what it is, its layers, its epochs, and what it gets right of each class."""
    from gossamer.errors import ConfigError, DataError
    from gossamer.train.record import load
    from gossamer.train.tell import lines_of

    found = load(run)
    counted, missing = None, ""
    if found.data.task == "classification" and reading in found.predictions:
        from gossamer.train.classes import by_class

        try:
            counted = by_class(found, reading, console.data_dir)
        except (ConfigError, DataError) as error:
            missing = str(error)
    if json:
        console.print_json(_json(found, counted, missing))
        return
    console.print_pairs(lines_of(found))
    _show_layers(found)
    _show_epochs(found)
    if counted is not None:
        _show_classes(counted)
    if missing:
        console.err().print(f"Note: without accuracies by class: {missing}", markup=False)


def _json(run: "Run", counted: "ByClass | None", missing: str) -> dict[str, Any]:
    from gossamer.train.summary import summary_of

    classes = None
    if counted is not None:
        accuracy = [None if value != value else value for value in counted.accuracy.tolist()]
        classes = {
            "reading": counted.reading,
            "names": list(counted.names),
            "samples": counted.samples.tolist(),
            "accuracy": accuracy,
            "confusion": counted.confusion.tolist(),
        }
    columns = {**run.history.to_arrays()}
    evaluated = columns["train_evaluated"].tolist()
    history = {name: values.tolist() for name, values in columns.items()}
    for name in run.history.train:
        # What was not evaluated is no number.
        pairs = zip(history[f"train_{name}"], evaluated, strict=True)
        history[f"train_{name}"] = [value if known else None for value, known in pairs]
    return {
        "folder": str(run.folder),
        **summary_of(run),
        "accounting": run.measured.get("accounting"),
        "history": history,
        "classes": classes,
        "classes_missing": missing or None,
    }


def _show_layers(run: "Run") -> None:
    """Links of each layer, and how many links its neurons have, as small histograms."""
    from gossamer.topology import in_degrees, out_degrees

    rows = [["layer", "links", "density", "links into a neuron", "links out of a neuron"]]
    for pattern in run.network.patterns:
        density = pattern.nnz / (pattern.n_in * pattern.n_out)
        rows.append(
            [
                f"{pattern.n_in:,} to {pattern.n_out:,}",
                f"{pattern.nnz:,}",
                percent(density),
                _histogram(in_degrees(pattern)),
                _histogram(out_degrees(pattern)),
            ]
        )
    console.out().print()
    console.print_rows(rows, right=(1, 2))


def _histogram(degrees: "NDArray[np.integer[Any]]") -> str:
    """Neurons by their number of links, from the least to the most."""
    import numpy as np

    low, high = int(degrees.min()), int(degrees.max())
    bins = min(_DEGREE_BINS, high - low + 1)
    counts, _ = np.histogram(degrees, bins=bins, range=(low - 0.5, high + 0.5))
    levels = np.ceil(counts / counts.max() * (len(_BARS) - 1)).astype(int)
    return f"{low:>4} {''.join(_BARS[level] for level in levels)} {high}"


def _show_epochs(run: "Run") -> None:
    """Score on validation (or test) samples and loss over the epochs."""
    history, score = run.history, run.task.score
    if len(history) < 2:
        return
    part = "test" if history.validation is None else "validation"
    for name, label, show in (
        (score.name, f"{part} {score.label}", score.text),
        ("loss", f"{part} loss", None),
    ):
        values = getattr(history, f"{part}_{name}")
        console.out().print()
        for line in _plot(values, label, show or (lambda value: f"{value:.4g}")):
            console.out().print(line, markup=False, highlight=False)


def _plot(values: "NDArray[np.float64]", label: str, text: Any) -> list[str]:
    """A column for each epoch or stretch of epochs; heights between the ends of the values."""
    import numpy as np

    width = min(_PLOT_WIDTH, len(values))
    means = np.array([part.mean() for part in np.array_split(values, width)])
    low, high = float(means.min()), float(means.max())
    steps = len(_BARS) - 1
    heights = np.full(width, _PLOT_ROWS * steps // 2)
    if high > low:
        heights = np.rint((means - low) / (high - low) * (_PLOT_ROWS * steps - 1)).astype(int) + 1
    ends = {0: text(high), _PLOT_ROWS - 1: text(low)}
    margin = max(map(len, ends.values()))
    lines = [label]
    for row in range(_PLOT_ROWS):
        base = (_PLOT_ROWS - 1 - row) * steps
        bars = "".join(_BARS[int(np.clip(height - base, 0, steps))] for height in heights)
        lines.append(f"{ends.get(row, ''):>{margin}} {bars}")
    first, last = "1", f"{len(values)} epochs"
    lines.append(f"{'':>{margin}} {first}{last:>{max(len(last) + 1, width - len(first))}}")
    return lines


def _show_classes(counted: "ByClass") -> None:
    """Accuracy of each class, and what is taken for what."""
    console.out().print()
    rows = [["class", "test samples", "right"]]
    accuracy = counted.accuracy.tolist()
    order = list(range(len(accuracy)))
    if len(accuracy) > _MOST_CLASSES:
        order = sorted(order, key=lambda k: (accuracy[k] != accuracy[k], accuracy[k]))[:_MOST_CLASSES]
    for k in order:
        right = "none there" if accuracy[k] != accuracy[k] else percent(accuracy[k])
        rows.append([counted.names[k], f"{counted.samples[k]:,}", right])
    console.print_rows(rows, right=(1, 2))
    if len(accuracy) > _MOST_CLASSES:
        console.out().print(f"the {_MOST_CLASSES} worst of {len(accuracy)} classes", markup=False)
    if len(accuracy) <= _MOST_CLASSES:
        _show_confusion(counted)
    pairs = [f"{count} of {a} taken for {b}" for a, b, count in counted.confused[:_MOST_PAIRS]]
    if pairs:
        console.out().print()
        console.out().print("most often confused: " + ", ".join(pairs), markup=False)


def _show_confusion(counted: "ByClass") -> None:
    """The confusion matrix: a row for each class, a column for what it was said to be."""
    console.out().print()
    width = max(len(str(counted.confusion.max())), 3)
    heads = [name[:width] for name in counted.names]
    rows = [["said to be", *heads]]
    for name, line in zip(counted.names, counted.confusion.tolist(), strict=True):
        rows.append([name, *(str(count) if count else "·" for count in line)])
    console.print_rows(rows, right=range(1, len(heads) + 1))
