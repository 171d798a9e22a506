"""Trains methods by the protocols of two tables, one run after the other, and writes a row for each.

    python benchmarks/fidelity/methods.py                         SET, RigL and CHTs on 784-1568-1568-1568-10
    python benchmarks/fidelity/methods.py --method chts --seed 1  one run of it
    python benchmarks/fidelity/methods.py --table lenet           LeNet-300-100 at 95, 98, 99 and 99.6 %

Fashion-MNIST is found as by every gossamer command. Stop it whenever you like: started again it goes on, and
several may work at a time on different methods or seeds. Each finished run is a JSON file in the folder of
runs; `methods.csv` and `methods_lenet.csv` beside this file have one row for each of them.

The first protocol is that of Zhang et al. 2025 (arXiv 2501.19107, tables 4 and 7, and its code for what
the text leaves open): the three hidden matrices 99 % sparse, the output dense, batch 32, 100 epochs,
learning rate 0.025 falling linearly to 2.5e-4, momentum 0.9, l2 5e-4, zeta 0.3 an epoch, pixels less
their mean over their deviation, initial weights normal by the actual fan-in. Published: SET 89.00, RigL
89.91, CHTs (CH2-L3n) 90.67; its code keeps the best epoch on test. Every row has the last one as well.
"""

import argparse
import csv
import json
import os
from pathlib import Path

import numpy as np

from gossamer.data import Dataset, fetch, from_arrays
from gossamer.data.idx import read_idx
from gossamer.evolve import (
    EveryEpoch,
    Magnitude,
    Method,
    Uniform,
    accset_method,
    cht_method,
    chts_method,
    deep_r_method,
    dsr_method,
    itop_method,
    mest_method,
    rigl_method,
    set_method,
    snfs_method,
    srigl_method,
    static_method,
    top_kast_method,
)
from gossamer.topology import ERK, Correlation, UniformDensity
from gossamer.train.config import NetworkConfig, OptimizerConfig, RunConfig, TrainingConfig
from gossamer.train.schedule import ScheduleConfig
from gossamer.train.session import train

HERE = Path(__file__).parent
PUBLISHED = {"set": 0.8900, "rigl": 0.8991, "chts": 0.9067}
DENSITIES = (0.05, 0.02, 0.01, 0.004)
MEAN, DEVIATION = 0.2860, 0.3530  # of the pixels divided by 255, as the published code has them


def fashion_mnist() -> Dataset:
    """All 60,000 and 10,000 images, every pixel less the mean over the deviation of all pixels."""
    train_images, train_labels, test_images, test_labels = map(read_idx, fetch("fashion-mnist"))

    def normalised(images: np.ndarray) -> np.ndarray:
        return (images.astype(np.float32) / np.float32(255) - np.float32(MEAN)) / np.float32(DEVIATION)

    train, test = (normalised(train_images), train_labels), (normalised(test_images), test_labels)
    return from_arrays(train, test, name="fashion-mnist-normalised")


def wide(name: str, options: argparse.Namespace) -> Method:
    """A method of the first protocol: updates once an epoch with zeta 0.3, new links start at zero.

    `set_drawn` is SET with new links drawn like first weights.
    """
    uniform = UniformDensity(sparsity=0.99, dense_output=True)
    start = Correlation(budget=uniform) if options.start == "correlation" else uniform
    if name in ("set", "set_drawn"):
        value = "init" if name == "set_drawn" else "zero"
        return set_method(start=uniform, drop=Magnitude(), grow=Uniform(value=value))
    if name == "rigl":
        return rigl_method(start=uniform).model_copy(update={"when": EveryEpoch(until=0.75)})
    if name == "chts":
        return chts_method(start=start)
    if name == "cht":
        return cht_method(start=start)
    return static_method(start=uniform)


def lenet(name: str, density: float) -> Method:
    """A method with its published defaults on LeNet-300-100, links by ERK.

    `set_zero` is SET with new links at zero, as in the code of later comparisons; SET itself draws them. Of
    Top-KAST the forward set has the density, which half of twice as many links are. DEEP R is updated every
    10 steps in place of every step, which would take most of the time of the whole table.
    """
    start = ERK(sparsity=1 - density)
    makers = {
        "static": static_method,
        "set": set_method,
        "set_zero": lambda **o: set_method(grow=Uniform(value="zero"), **o),
        "deep_r": lambda **o: deep_r_method(every=10, **o),
        "top_kast": lambda start, **o: top_kast_method(start=ERK(sparsity=1 - 2 * density), **o),
        "rigl": rigl_method,
        "snfs": snfs_method,
        "dsr": dsr_method,
        "mest": mest_method,
        "itop": lambda **o: itop_method(over="set", **o),
        "srigl": srigl_method,
        "cht": cht_method,
        "chts": chts_method,
        "accset": accset_method,
    }
    return makers[name](start=start)


WIDE = ("set", "rigl", "chts")
LENET = (
    "static",
    "set",
    "set_zero",
    "deep_r",
    "top_kast",
    "rigl",
    "snfs",
    "dsr",
    "mest",
    "itop",
    "srigl",
    "cht",
    "chts",
)


def config_of(options: argparse.Namespace, name: str, density: float, seed: int) -> RunConfig:
    """The configuration of a run."""
    wide_table = options.table == "wide"
    return RunConfig(
        network=NetworkConfig(
            hidden=(1568, 1568, 1568) if wide_table else (300, 100), init="he_normal", fan_in="actual"
        ),
        method=wide(name, options) if wide_table else lenet(name, density),
        optimizer=OptimizerConfig(
            learning_rate=0.025,
            momentum=0.9,
            weight_decay=5e-4,
            schedule=ScheduleConfig(kind="linear", final=0.01),
        ),
        training=TrainingConfig(
            epochs=options.epochs, batch_size=32, train_evaluation_epochs=(), snapshot_epochs=()
        ),
        seed=seed,
    )


def row_of(options: argparse.Namespace, name: str, density: float, seed: int, data: Dataset) -> dict:
    """Train a run, or go on with it; its row."""
    config = config_of(options, name, density, seed)
    start = f"-{options.start}" if options.table == "wide" and name in ("chts", "cht") else ""
    folder = options.folder / f"{options.table}-{name}{start}-{density:g}-{options.epochs}-{seed}"
    said = [-1]

    def tell(progress) -> None:
        if progress.epoch > said[0] and progress.record is not None:
            said[0] = progress.epoch
            accuracy = progress.record.test.scores[progress.score.name]
            print(f"{folder.name}: epoch {progress.epoch}, {accuracy:.4f}", flush=True)

    run = train(config, data, folder=folder, progress=tell)
    test = run.history.test_accuracy
    active = [int((np.diff(p.target_offsets) > 0).sum()) for p in run.network.patterns]
    row = {
        "table": options.table,
        "method": name,
        "start": config.method.start.kind,
        "density": density,
        "seed": seed,
        "epochs": len(test),
        "state": run.state,
        "links": sum(run.network.nnz),
        "sparsity": 1 - sum(run.network.nnz) / sum(p.n_in * p.n_out for p in run.network.patterns),
        "last": test[-1] if len(test) else None,
        "best_on_test": test.max() if len(test) else None,
        "best_epoch": int(test.argmax()) + 1 if len(test) else None,
        "last_10": test[-10:].mean() if len(test) else None,
        "active_neurons": sum(active) / sum(p.n_out for p in run.network.patterns),
        "seconds": sum(attempt.get("seconds", 0.0) for attempt in run.measured["attempts"]),
        "identity": run.identity,
    }
    (options.folder / f"{folder.name}.json").write_text(json.dumps(row))
    return row


def write_csv(options: argparse.Namespace) -> None:
    """One row for each finished run of the table, in the order of their names."""
    found = [json.loads(path.read_text()) for path in sorted(options.folder.glob(f"{options.table}-*.json"))]
    path = options.results / ("methods.csv" if options.table == "wide" else "methods_lenet.csv")
    partial = path.with_suffix(f".{os.getpid()}")
    with partial.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    partial.replace(path)


def summary(options: argparse.Namespace) -> str:
    """A Markdown table of means over seeds."""
    rows = [json.loads(path.read_text()) for path in sorted(options.folder.glob(f"{options.table}-*.json"))]
    lines = ["| method | start | sparsity | seeds | best on test | last | published | difference |"]
    lines.append("|---|---|---:|---:|---:|---:|---:|---:|")
    for key in dict.fromkeys((row["method"], row["start"], row["density"], row["epochs"]) for row in rows):
        name, start, density, epochs = key
        own = [r for r in rows if (r["method"], r["start"], r["density"], r["epochs"]) == key]
        best = np.array([row["best_on_test"] for row in own])
        last = np.mean([row["last"] for row in own])
        said = PUBLISHED.get(name) if options.table == "wide" and epochs == 100 else None
        spread = f" (SD {100 * best.std(ddof=1):.2f})" if len(best) > 1 else ""
        compared = f"{100 * said:.2f} | {100 * (best.mean() - said):+.2f}" if said else " | "
        lines.append(
            f"| {name} | {start} | {100 * (1 - density):g} % | {len(own)} "
            f"| {100 * best.mean():.2f}{spread} | {100 * last:.2f} | {compared} |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", choices=("wide", "lenet"), default="wide")
    parser.add_argument("--method", nargs="+", help="methods; all of the table if not given")
    parser.add_argument("--seed", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--density", nargs="+", type=float, default=list(DENSITIES), help="of --table lenet")
    parser.add_argument(
        "--start", choices=("correlation", "uniform"), default="correlation", help="start of CHT and CHTs"
    )
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument(
        "--folder", type=Path, default=Path("studies/methods"), help="where the runs are kept"
    )
    parser.add_argument("--results", type=Path, default=HERE, help="folder that gets the CSV")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    data = fashion_mnist()
    names = options.method or (WIDE if options.table == "wide" else LENET)
    for seed in options.seed:
        for density in [0.01] if options.table == "wide" else options.density:
            for name in names:
                row_of(options, name, density, seed, data)
                write_csv(options)
    print(summary(options))


if __name__ == "__main__":
    main()
