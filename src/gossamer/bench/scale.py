"""The scale run: a network of a million neurons, built and trained in a process of its own."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from gossamer import _native
from gossamer.bench.machine import describe
from gossamer.bench.problem import Problem, epoch_order
from gossamer.bench.results import Claim, Results
from gossamer.bench.timing import Say
from gossamer.engine.inputs import Inputs
from gossamer.errors import GossamerError

HIDDEN, EPSILON, SAMPLES, EPOCHS = (500_000, 500_000), 5.0, 1000, 3
# Variance by the links that exist: by half a million dense ones the first signals would be lost.
CHANGES: dict[str, Any] = {
    "hidden": HIDDEN,
    "epsilon": EPSILON,
    "network.init": "glorot_uniform",
    "network.fan_in": "actual",
    "data.train_samples": SAMPLES,
    "data.validation_samples": 0,
    "optimizer.learning_rate": 0.01,
}


def measure_scale(*, data_dir: Path | None, say: Say) -> Results:
    """Build and train the large network in a fresh process, so that its peak memory is its own.

    Raises
    ------
    GossamerError
        The process failed; the message is its last line.
    """
    say(f"training {SAMPLES} samples for {EPOCHS} epochs in a process of its own")
    command = [sys.executable, "-m", "gossamer.bench.scale", *([str(data_dir)] if data_dir else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise GossamerError(f"The scale run ended with code {done.returncode}: {last}")
    found = json.loads(done.stdout)
    losses = found["losses"]
    sizes = "-".join(map(str, found["sizes"]))
    return Results(
        title="Scale",
        command="make bench",
        machine=describe(),
        conditions=(
            f"Network {sizes}, {sum(found['sizes']):,} neurons, {found['links']:,} links, batch "
            f"{found['batch']}, dropout, momentum, one thread; {SAMPLES:,} samples of {found['images']}.",
            f"Training loss by epoch: {', '.join(f'{loss:.4f}' for loss in losses)}.",
            f"Seconds by epoch: {', '.join(f'{seconds:.1f}' for seconds in found['epoch_s'])}.",
            "Build: sampling the patterns, initial weights, making the network. Memory: peak of the whole "
            "process, the interpreter, its libraries and the data set included.",
        ),
        claims=(
            Claim("build", found["build_s"], "at most", 20, unit="s"),
            Claim("slowest epoch", max(found["epoch_s"]), "at most", 60, unit="s"),
            Claim("loss of the last epoch / first epoch", losses[-1] / losses[0], "at most", 0.95),
            Claim("peak memory", found["peak_gb"], "at most", 1.2, unit="GB"),
        ),
        rows=(),
    )


def run_scale(data_dir: Path | None) -> dict[str, Any]:
    """Build, train, and tell times, losses and this process's peak memory."""
    _native.set_threads(1)
    start = time.perf_counter()
    problem = Problem.paper(data_dir, CHANGES)
    build_s = time.perf_counter() - start
    inputs = Inputs.of(problem.dataset.train, problem.dataset)
    labels, batch = problem.dataset.train.labels, problem.config.training.batch_size
    order = epoch_order(problem.config, len(labels))
    rates = np.full(len(order) // batch, problem.config.optimizer.learning_rate)
    losses, epoch_s = [], []
    for epoch in range(EPOCHS):
        start = time.perf_counter()
        record = problem.network.train(inputs, labels, order, batch, rates, epoch * len(rates), 1)
        epoch_s.append(time.perf_counter() - start)
        losses.append(float(record.loss.mean()))
    return {
        "sizes": problem.network.sizes,
        "images": problem.images,
        "links": problem.links,
        "batch": batch,
        "build_s": build_s,
        "epoch_s": epoch_s,
        "losses": losses,
        "peak_gb": peak_memory_bytes() / 1e9,
    }


def peak_memory_bytes() -> int:
    """Largest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    sys.stdout.write(json.dumps(run_scale(folder)))
