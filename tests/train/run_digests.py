"""Digests of whole run folders: every byte under result/ of a handful of configurations.

Usage: ``python run_digests.py`` prints one line a configuration, so that two versions of the program can be
compared by running it with the sources of each: ``PYTHONPATH=OTHER/src python tests/train/run_digests.py``.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

from gossamer.train.config import RunConfig
from gossamer.train.overrides import with_overrides
from gossamer.train.session import train

SMALL = {
    "dataset": "digits",
    "hidden": [24, 16],
    "data.validation_samples": 200,
    "epochs": 3,
    "epsilon": 5.0,
    "threads": 1,
    "batch_size": 50,
}
CONFIGS = {
    "set": {"zeta": 0.4},
    "static": {"method": "static"},
    "paper_threshold": {"method.drop": "paper_threshold", "zeta": 0.2},
    "magnitude": {"method.drop": "magnitude", "zeta": 0.5, "method.start.dense_output": True},
    "adam_dropout": {"optimizer": "adam", "optimizer.learning_rate": 0.002, "dropout": 0.2},
    "float64_tanh": {"network.dtype": "float64", "activation": "tanh", "seed": 7},
    "no_validation": {"data.validation_samples": 0, "hidden": [20], "momentum": 0.9},
    "teacher": {"dataset": "teacher", "hidden": [12], "epochs": 2},
}


def digest_of(changes: dict, folder: Path) -> str:
    """SHA-256 over names and contents of all files that a run leaves under result/."""
    train(with_overrides(RunConfig(), {**SMALL, **changes}), folder=folder)
    whole = hashlib.sha256()
    for path in sorted((folder / "result").iterdir()):
        whole.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Digest of every configuration, trained into folders below `folder`."""
    return {name: digest_of(changes, folder / name) for name, changes in CONFIGS.items()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for name, value in digests(Path(place)).items():
            sys.stdout.write(f"{value}  {name}\n")
