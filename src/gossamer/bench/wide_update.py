"""RigL's update of a wide layer, and the memory that it takes in a process of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from gossamer import _native
from gossamer.bench.problem import Problem
from gossamer.data import from_arrays
from gossamer.errors import GossamerError
from gossamer.train.overrides import with_overrides
from gossamer.train.presets import preset

NEURONS, BATCH, SPARSITY, OUTPUTS = 10_000, 40, 0.999, 10
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def problem() -> Problem:
    """A network whose first layer is wide, and samples for it; about half of their values are 0."""
    changes = {
        "hidden": [NEURONS],
        "method": "rigl",
        "method.start": {"kind": "uniform", "sparsity": SPARSITY, "dense_output": True},
        "training.batch_size": BATCH,
        "data.validation_samples": 0,
    }
    config = with_overrides(preset("paper"), changes)
    random = np.random.default_rng(0)
    values = np.maximum(random.normal(size=(2 * BATCH, NEURONS)), 0).astype(np.float32)
    labels = np.arange(2 * BATCH, dtype=np.uint32) % OUTPUTS
    half = (values[:BATCH], labels[:BATCH]), (values[BATCH:], labels[BATCH:])
    dataset = from_arrays(*half, name="generated numbers")
    return Problem.of(config, dataset)


def megabytes() -> float:
    """Memory of an update above the resting state, in MB, measured in a process of its own.

    Raises
    ------
    GossamerError
        If that process fails; the message is its last line.
    """
    command = [sys.executable, "-m", "gossamer.bench.wide_update"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise GossamerError(f"The measurement of an update ended with code {done.returncode}: {last}")
    return float(done.stdout)


def measured() -> float:
    """The same in this process, which is best a fresh one; 0 where the system does not tell."""
    _native.set_threads(1)
    update = problem().rewiring()
    try:
        # From here on the largest resident size is that since now.
        _RESET.write_text("5")
        before = _resident()
        update(1)
        return (_resident() - before) / 1e6
    except OSError:
        return 0.0


def _resident() -> int:
    """Largest resident size in bytes since it was reset."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    sys.stdout.write(str(measured()))
