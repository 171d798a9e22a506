"""Trains SET and static 20 times each at the paper's configuration, and holds them to the published runs.

    python benchmarks/fidelity/run.py [--workers 2] [--folder studies/fidelity]

Fashion-MNIST is found as by every gossamer command (GOSSAMER_DATA, or the cache). Stop it whenever you like:
started again it goes on. Writes `runs.csv` (one row a run) and `fidelity.md` (the table) beside this file.

The bands come from five published runs of the code that van Engers 2021 built on (SET, epsilon 13, zeta 0.3,
5,000 training and 1,000 test images, 400 epochs).
"""

import argparse
import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy import stats

from gossamer.bench.machine import describe
from gossamer.data import fetch
from gossamer.data.idx import read_idx
from gossamer.lab import Study

HERE = Path(__file__).parent
EPOCHS = 400
Row = dict[str, float | int | str]


@dataclass(frozen=True)
class Pixels:
    """What the pixels do over the first 10,000 training images of the original file."""

    deviation: NDArray[np.float64]
    dead: NDArray[np.bool_]

    @classmethod
    def of(cls, images: NDArray[np.uint8]) -> "Pixels":
        """Standard deviation of each pixel; dead are those above 0 in less than 2 % of the images."""
        flat = images[:10_000].reshape(10_000, -1)
        return cls(flat.std(axis=0), (flat > 0).mean(axis=0) < 0.02)


@dataclass(frozen=True)
class Quantity:
    """A number of each SET run whose mean over seeds is to lie in a band."""

    name: str
    column: str
    low: float
    high: float


QUANTITIES = (
    Quantity("best test accuracy of all epochs", "best", 0.856, 0.864),
    Quantity("test accuracy, mean of the last 20 epochs", "last_20", 0.8374, 0.8454),
    Quantity("test accuracy after epoch 1", "epoch_1", 0.14, 0.25),
    Quantity("test accuracy after epoch 10", "epoch_10", 0.76, 0.81),
    Quantity("training accuracy without dropout after epoch 400", "train", 0.977, 0.988),
    Quantity("survivor links per pixel, last update: sum / links of the layer", "sum", 0.693, 0.707),
    Quantity("survivor links per pixel, start: standard deviation", "sd_start", 4.3, 4.8),
    Quantity("survivor links per pixel, last update: standard deviation", "sd_last", 6.2, 7.0),
    Quantity("the same: correlation with the pixels' standard deviation", "correlation", 0.24, 0.34),
    Quantity("the same: mean over the 28 dead pixels", "dead", 9.0, 11.0),
)


def accuracies(history: dict[str, NDArray]) -> Row:
    """The accuracies of a run that are compared."""
    test = history["test_accuracy"]
    if len(test) != EPOCHS or not history["train_evaluated"][-1]:
        raise SystemExit(f"A run has {len(test)} epochs, expected {EPOCHS} with a final training accuracy.")
    return {
        "best": test.max(),
        "best_epoch": int(test.argmax()) + 1,
        "last_20": test[-20:].mean(),
        "epoch_1": test[0],
        "epoch_10": test[9],
        "train": history["train_accuracy"][-1],
    }


def survivors(structure: dict[str, NDArray], links: float, pixels: Pixels) -> Row:
    """Links per input pixel that the drop leaves: at the start (not carried out there) and at the end."""
    start = structure["survivor_links"][structure["epochs"] == 0][0]
    updates = np.flatnonzero(structure["updated"])
    last = structure["survivor_links"][updates[-1]]
    return {
        "last_update": int(structure["epochs"][updates[-1]]),
        "sum": last.sum() / links,
        "sd_start": start.std(),
        "sd_last": last.std(),
        "correlation": np.corrcoef(last, pixels.deviation)[0, 1],
        "dead": last[pixels.dead].mean(),
    }


def measure(study: Study, pixels: Pixels) -> list[Row]:
    """One row a run; the two methods are the blocks of the study."""
    rows: list[Row] = []
    for run in study.table().rows():
        if run["state"] != "finished":
            raise SystemExit(f"Run {run['identity'][:12]} is {run['state']}; start this command again.")
        row: Row = {"method": run["block"], "replicate": run["replicate"], "seed": run["seed"]}
        row |= {"identity": run["identity"], "links": int(run["nnz"])}
        row |= accuracies(study.store.arrays(run["identity"], "history"))
        if run["block"] == "set":
            row |= survivors(study.store.arrays(run["identity"], "structure"), run["nnz_0"], pixels)
        rows.append(row)
    return rows


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the mean by Student's t."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return values.mean() - half, values.mean() + half


def difference(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float, float]:
    """Difference of two means and its 95 % interval (Welch: independent seeds, variances of their own)."""
    result = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    return a.mean() - b.mean(), result.low, result.high


def table(rows: list[Row]) -> list[str]:
    """Lines of the Markdown table."""

    def column(method: str, name: str) -> NDArray[np.float64]:
        return np.array([row[name] for row in rows if row["method"] == method], np.float64)

    lines = ["| quantity | asked | measured | 95 % interval | SD of seeds | |", "|---|---|---:|---|---:|---|"]
    for quantity in QUANTITIES:
        values = column("set", quantity.column)
        low, high = interval(values)
        verdict = "pass" if quantity.low <= values.mean() <= quantity.high else "FAIL"
        lines.append(
            f"| {quantity.name} | {quantity.low:g} to {quantity.high:g} | {values.mean():.4f} "
            f"| {low:.4f} to {high:.4f} | {values.std(ddof=1):.4f} | {verdict} |"
        )
    mean, low, high = difference(column("set", "best"), column("static", "best"))
    lines.append(
        f"| best test accuracy, SET minus static | interval above 0 | {mean:.4f} | {low:.4f} to {high:.4f} | "
        f"| {'pass' if low > 0 else 'FAIL'} |"
    )
    return lines


def page(rows: list[Row], pixels: Pixels) -> str:
    """The whole Markdown page."""
    counts = {name: sum(row["method"] == name for row in rows) for name in ("set", "static")}
    machine = describe()
    parts = [
        "# Agreement with the published runs",
        "Made by `python benchmarks/fidelity/run.py`; each run is a row of `runs.csv`.",
        "\n".join(table(rows)),
        f"Preset `paper` with {EPOCHS} epochs, zeta 0.3: {counts['set']} runs of SET, {counts['static']} "
        "static, every run with seeds of its own. Means are over seeds; the band is for the mean. Survivors "
        "are the links per input pixel that the drop of an update leaves, before growth, as the published "
        "files count them; at the start the drop is only simulated. The last update follows epoch "
        f"{EPOCHS - 1}. Standard deviations and correlation are over the 784 pixels. Pixel statistics are "
        f"of the first 10,000 training images of the original file: {int(pixels.dead.sum())} pixels are "
        "above 0 in less than 2 % of them.",
        f"Machine: {machine['processor']}, {machine['instruction_set']}.",
    ]
    return "\n\n".join(parts) + "\n"


def write_csv(rows: list[Row], path: Path) -> None:
    """Numbers in full, one row a run."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    parser.add_argument(
        "--folder", type=Path, default=Path("studies/fidelity"), help="where the runs are kept"
    )
    parser.add_argument("--results", type=Path, default=HERE, help="folder that gets the table")
    options = parser.parse_args(arguments)
    images = read_idx(next(path for path in fetch("fashion-mnist") if path.name.startswith("train-images")))
    pixels = Pixels.of(images)
    study = Study.load(HERE / "study.toml", folder=options.folder)
    study.run(workers=options.workers, console=Console(stderr=True))
    rows = measure(study, pixels)
    write_csv(rows, options.results / "runs.csv")
    text = page(rows, pixels)
    (options.results / "fidelity.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
